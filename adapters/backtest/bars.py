"""Candles from a file: exports of Binance and Kraken, and plain OHLC(V), with or without a header.

What the first five columns mean is the same everywhere (time, open, high, low, close); a header may name them in any
order. A file with a bad row is refused as a whole, and every bad row is named by its line.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MANY = 10  # bad rows that are shown one by one
NAMES = {
    "time": ("open_time", "opentime", "time", "timestamp", "unix", "date", "datetime"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
}
EXPORTS = {12: "Binance", 7: "Kraken", 8: "Kraken (API)"}  # by columns, where there is no header
SECONDS, MILLISECONDS, MICROSECONDS = 10**11, 10**14, 10**17  # epoch numbers of our age are smaller than these


class BadCandlesError(ValueError):
    """What is wrong with the file, a line for each problem."""


class Bar(NamedTuple):
    """One candle: `time` is when it opened, in epoch milliseconds; prices in quote."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


class History(NamedTuple):
    """Candles in order, `interval` milliseconds long each; some may be missing."""

    name: str  # of the file, and which export it looks like
    bars: Sequence[Bar]
    interval: int

    @property
    def missing(self) -> int:
        """Candles that would be there, had there been trades (or had the exchange been up) all the time."""
        return (self.bars[-1].time - self.bars[0].time) // self.interval + 1 - len(self.bars)

    @property
    def end(self) -> int:
        """When the last candle closed, epoch milliseconds."""
        return self.bars[-1].time + self.interval

    def part(self, start: int, stop: int) -> History:
        return self._replace(bars=self.bars[start:stop])


def read(path: Path) -> History:
    """Raises BadCandlesError, and OSError if the file cannot be opened."""
    problems: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            kind, bars, lines = _rows(csv.reader(file), problems)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadCandlesError(f"{path.name} is not a CSV file: {error}") from None
    interval = _interval(bars, lines, problems) if len(bars) > 1 else 0
    if problems:
        shown = [*problems[:MANY], *([f"and {len(problems) - MANY} more"] if len(problems) > MANY else [])]
        raise BadCandlesError("\n".join(shown))
    if len(bars) < 2:
        raise BadCandlesError(f"{path.name} holds {len(bars)} candles: at least two are needed")
    return History(f"{path.name} ({kind})", bars, interval)


def _rows(rows: Iterable[list[str]], problems: list[str]) -> tuple[str, list[Bar], list[int]]:
    kind, columns = "", [0, 1, 2, 3, 4]
    bars: list[Bar] = []
    lines: list[int] = []
    for line, row in enumerate(rows, 1):
        if not row:
            continue
        if not kind:
            kind, columns, data = _layout(row)
            if not data:
                continue
        try:
            bar = _bar([row[i] for i in columns], bars[-1].time if bars else 0)
        except IndexError:
            problems.append(f"line {line}: it has only {len(row)} columns")
        except ValueError as error:
            problems.append(f"line {line}: {error}")
        else:
            bars.append(bar)
            lines.append(line)
    return kind, bars, lines


def _layout(row: list[str]) -> tuple[str, list[int], bool]:
    """What the file is, where its columns are, and whether this first row holds data already."""
    if row[0].strip()[:1].isdigit():
        return EXPORTS.get(len(row), "OHLCV"), [0, 1, 2, 3, 4], True
    names = [cell.strip().lower().replace(" ", "_") for cell in row]
    found = [next((names.index(alias) for alias in aliases if alias in names), None) for aliases in NAMES.values()]
    columns = [index for index in found if index is not None]
    if len(columns) < len(NAMES):
        absent = ", ".join(name for name, index in zip(NAMES, found, strict=True) if index is None)
        raise BadCandlesError(f"line 1: no column is called {absent}; there is {', '.join(row)}")
    return EXPORTS.get(len(row), "OHLCV"), columns, False


def _bar(cells: list[str], before: int) -> Bar:
    try:
        open_, high, low, close = (Decimal(cell) for cell in cells[1:])
        sane = 0 < low <= open_ <= high and low <= close <= high and high.is_finite()
    except ArithmeticError:
        raise ValueError(f"not all prices are numbers: {', '.join(cells[1:])}") from None
    if not sane:
        raise ValueError(f"impossible prices: open {open_}, high {high}, low {low}, close {close}")
    time = _time(cells[0].strip())
    if time <= before:
        raise ValueError("its time is not later than that of the candle before it: sort the file oldest first")
    return Bar(time, open_, high, low, close)


def _time(text: str) -> int:
    """Epoch seconds, milliseconds or microseconds (Binance, since 2025), told apart by their size; or ISO 8601."""
    try:
        number = int(text) if text.isdigit() else int(float(text))
    except (ValueError, OverflowError):
        return _iso(text)
    if number < SECONDS:
        return number * 1000
    if number < MILLISECONDS:
        return number
    if number < MICROSECONDS:
        return number // 1000
    raise ValueError(f"the time {text} is no epoch time")


def _iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        raise ValueError(f"the time {text!r} is neither epoch nor ISO 8601") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _interval(bars: list[Bar], lines: list[int], problems: list[str]) -> int:
    """The most common distance between two candles; every candle must stand on that grid."""
    interval = Counter(b.time - a.time for a, b in pairwise(bars)).most_common(1)[0][0]
    for bar, line in zip(bars, lines, strict=True):
        if (bar.time - bars[0].time) % interval:
            problems.append(f"line {line}: not on the grid of {interval // 1000} s that most candles are on")
    return interval
