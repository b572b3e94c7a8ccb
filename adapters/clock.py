"""UTC that nobody can set while it is read.

Time is evidence here: an order is absent because it can no longer have arrived. The machine's clock may be set at any
moment, by a second or by a year, so it is read once, and from there a clock counts on that only runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SET = 1.5  # seconds: more than a clock that is merely disciplined can be off


def _running() -> float:
    """Counts while the machine sleeps, too, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SteadyClock:
    """Call it for seconds since the epoch."""

    def __init__(self, wall: Callable[[], float] = time.time, running: Callable[[], float] = _running) -> None:
        self._wall, self._running = wall, running
        self._started = wall() - running()

    def __call__(self) -> float:
        return self._started + self._running()

    def outdated(self, drift: float | None) -> bool:
        """Whether the machine's clock was set meanwhile, and rightly so. `drift`: seconds that this clock is ahead of
        the exchange's, which settles who is right; None if that is not known."""
        set_by = self._wall() - self()
        return drift is not None and abs(set_by) > SET and abs(drift + set_by) < abs(drift) - SET / 2
