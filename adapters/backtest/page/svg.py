"""Scales, axes and paths: just enough SVG for the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import floor, log10
from typing import NamedTuple

HOUR, DAY = 3600.0, 86_400.0
ROUND_TIMES = (300.0, 900.0, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)  # seconds


class Scale(NamedTuple):
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        width = self.high - self.low
        return self.start + (value - self.low) / width * (self.end - self.start) if width else self.start


class Frame(NamedTuple):
    """A plot: where its values go, in pixels. `x` is time in epoch seconds."""

    x: Scale
    y: Scale

    @classmethod
    def of(
        cls, times: tuple[float, float], values: tuple[float, float], box: tuple[float, float, float, float]
    ) -> Frame:
        """`box`: left, top, right, bottom."""
        left, top, right, bottom = box
        return cls(Scale(*times, left, right), Scale(*values, bottom, top))

    def line(self, points: Iterable[tuple[float, float]]) -> str:
        """The `d` of a path through (time, value)."""
        return "M" + "L".join(f"{self.x(t):.1f} {self.y(v):.1f}" for t, v in points)

    def rows(self, wanted: int, unit: str = "") -> Iterator[str]:
        """Horizontal grid lines with their values."""
        size, letter = _magnitude(max(abs(self.y.low), abs(self.y.high)))
        for value in nice(self.y.low, self.y.high, wanted):
            y = self.y(value)
            yield f'<line class="grid" x1="{self.x.start}" x2="{self.x.end}" y1="{y:.1f}" y2="{y:.1f}"/>'
            label = f"{value / size:,g}{letter}{unit}"
            yield f'<text x="{self.x.start - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'

    def dates(self, wanted: int) -> Iterator[str]:
        """The time axis along the bottom."""
        y = self.y.start
        yield f'<line class="axis" x1="{self.x.start}" x2="{self.x.end}" y1="{y}" y2="{y}"/>'
        for moment, label in calendar(self.x.low, self.x.high, wanted):
            x = self.x(moment)
            anchor = "end" if x > self.x.end - 16 else "middle"
            yield f'<text x="{x:.1f}" y="{y + 18}" text-anchor="{anchor}">{label}</text>'


def nice(low: float, high: float, wanted: int) -> list[float]:
    """Round values between two bounds, about as many as wanted."""
    if high <= low:
        return [low]
    rough = (high - low) / wanted
    size = 10 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough)
    first = int(-(-low // step))
    return [i * step for i in range(first, int(high // step) + 1)]


def calendar(low: float, high: float, wanted: int) -> Iterator[tuple[float, str]]:
    """Round moments and their labels: times, days or months, whichever fits."""
    step = next((s for s in ROUND_TIMES if (high - low) / s <= wanted), None)
    if step is None:
        yield from _months(low, high, wanted)
        return
    moment = -(-low // step) * step
    while moment <= high:
        when = datetime.fromtimestamp(moment, UTC)
        yield moment, f"{when:%H:%M}" if step < DAY and moment % DAY else f"{when.day} {when:%b}"
        moment += step


def thin(values: Sequence[float], wanted: int) -> list[tuple[int, float]]:
    """Fewer points for a long line that still shows every peak and trough: the extremes of each stretch, in order."""
    size = max(1, 2 * len(values) // wanted)
    kept: list[tuple[int, float]] = []
    for start in range(0, len(values), size):
        stretch = range(start, min(start + size, len(values)))
        ends = {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
        kept += [(i, values[i]) for i in sorted(ends)]
    last = len(values) - 1
    return kept if kept[-1][0] == last else [*kept, (last, values[last])]


def _months(low: float, high: float, wanted: int) -> Iterator[tuple[float, str]]:
    month = datetime.fromtimestamp(low, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    firsts = []
    while month.timestamp() <= high:
        if month.timestamp() >= low:
            firsts.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    for month in firsts[:: -(-len(firsts) // wanted) or 1]:
        yield month.timestamp(), f"{month:%b %Y}" if month.month == 1 or month is firsts[0] else f"{month:%b}"


def _magnitude(value: float) -> tuple[float, str]:
    """In which unit numbers of this size are short."""
    return next(
        ((size, letter) for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if value >= 10 * size), (1.0, "")
    )
