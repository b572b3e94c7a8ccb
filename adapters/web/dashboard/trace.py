"""The price as it went, for a drawing: the past from the journal, then mark by mark, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable

CAPACITY = 600  # points
FINEST = 1.0  # seconds between two points


class Trace:
    """Points of (at, price). When it is full, every other one goes, and new ones are taken half as often."""

    def __init__(self, past: Iterable[tuple[float, float]] = ()) -> None:
        self.points: list[tuple[float, float]] = []
        self._gap = FINEST
        for at, price in past:
            self.add(at, price)

    def add(self, at: float, price: float) -> None:
        if self.points and at - self.points[-1][0] < self._gap:
            return
        self.points.append((at, price))
        if len(self.points) > CAPACITY:
            del self.points[-2::-2]
            self._gap *= 2
