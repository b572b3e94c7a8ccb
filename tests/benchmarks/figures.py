"""What a benchmark hands back, and how it is written for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct


class Figure(Struct, frozen=True):
    """One number of one case. A unit of "" is a count or a ratio."""

    case: str
    what: str
    value: float
    unit: str = ""

    @property
    def shown(self) -> str:
        digits = 0 if self.value >= 100 or self.value == int(self.value) else 2 if self.value < 10 else 1
        return f"{self.value:,.{digits}f} {self.unit}".strip()


class Result(Struct, frozen=True):
    """One benchmark's figures, and how long it took (seconds)."""

    name: str
    title: str
    took: float
    figures: tuple[Figure, ...]


def quantile(samples: Sequence[float], part: float) -> float:
    """The smallest sample that so large a part of all does not exceed."""
    return sorted(samples)[max(0, math.ceil(len(samples) * part) - 1)]


def spread(case: str, what: str, seconds: Sequence[float], unit: str = "ms") -> list[Figure]:
    """Median and 99th percentile of times in seconds."""
    scale = {"s": 1, "ms": 1e3, "us": 1e6}[unit]
    return [Figure(case, f"{what}, p{part}", quantile(seconds, part / 100) * scale, unit) for part in (50, 99)]


def table(result: Result) -> Iterable[str]:
    """A Markdown table: a row for each case, a column for each figure."""
    columns = list(dict.fromkeys(figure.what for figure in result.figures))
    cases = list(dict.fromkeys(figure.case for figure in result.figures))
    shown = {(figure.case, figure.what): figure.shown for figure in result.figures}
    rows = [["", *columns], ["---", *("---:" for _ in columns)]]
    rows += [[case, *(shown.get((case, what), "") for what in columns)] for case in cases]
    return (f"| {' | '.join(row)} |" for row in rows)
