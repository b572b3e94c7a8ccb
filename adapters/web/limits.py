"""How often: sliding windows in bounded memory. Whoever knows the secret never shares a window with strangers."""

from __future__ import annotations

from collections import OrderedDict, deque

MINUTE = 60.0  # seconds


class Window:
    """At most `limit` in any stretch of `span` seconds."""

    def __init__(self, limit: int, span: float = MINUTE) -> None:
        self._limit, self._span = limit, span
        self._times: deque[float] = deque(maxlen=limit)

    def wait(self, now: float) -> float:
        """Zero, and this one is counted; or the seconds until there is room. A clock set back empties the window."""
        while self._times and not 0 <= now - self._times[0] < self._span:
            self._times.popleft()
        if len(self._times) < self._limit:
            self._times.append(now)
            return 0.0
        return self._times[0] + self._span - now


class Windows:
    """A window for each of many; those not heard of for longest are forgotten."""

    def __init__(self, limit: int, capacity: int) -> None:
        self._limit, self._capacity = limit, capacity
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def wait(self, who: str, now: float) -> float:
        window = self._windows.pop(who, None) or Window(self._limit)
        self._windows[who] = window
        if len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
        return window.wait(now)
