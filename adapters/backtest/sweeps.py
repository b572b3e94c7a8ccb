"""Many settings over one history, and how far the best of them may be believed.

Law: settings are chosen on the first 70 % of the candles and told with their result on the last 30 %, which took no
part in the choice.
Law: a best cell is shown with its neighbours or not at all: a lone peak among losses is luck, and what lies beyond the
edge of the grid is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from ..strategy import Lengths
from .bars import History, read
from .metrics import measure
from .options import Options
from .runs import run_history

LEARN_PCT = 70  # of the candles
FEW = 30  # trades: fewer say nothing about settings


class Grid(Struct, frozen=True):
    """The values of each axis, in order. An axis with one value is not swept."""

    stop_pct: tuple[Decimal, ...]
    risk_pct: tuple[Decimal, ...]
    lengths: tuple[Lengths, ...]

    @property
    def axes(self) -> tuple[Sequence[object], ...]:
        return self.stop_pct, self.risk_pct, self.lengths


class Score(Struct, frozen=True):
    return_pct: float
    max_drawdown_pct: float
    trades: int


class Cell(Struct, frozen=True):
    """One setting: what it did where it could be chosen for it, and where it could not."""

    stop_pct: Decimal
    risk_pct: Decimal
    lengths: Lengths
    learned: Score
    tested: Score

    @property
    def place(self) -> tuple[object, ...]:
        return self.stop_pct, self.risk_pct, self.lengths

    def __str__(self) -> str:
        return f"stop {self.stop_pct} %, risk {self.risk_pct} %, lengths {self.lengths}"


class Study(Struct, frozen=True):
    """A finished sweep. `best` is only there together with its `neighbours`; `verdict` says what to think of it."""

    grid: Grid
    split: int  # when the candles begin that took no part in the choice, epoch milliseconds
    cells: tuple[Cell, ...]
    best: Cell | None
    neighbours: tuple[Cell, ...]
    verdict: str


def sweep(
    path: Path, options: Options, grid: Grid, *, progress: Callable[[int, int], None] | None = None, processes: int = 0
) -> Study:
    """Run every cell, in as many processes as there are cores unless told otherwise."""
    settings = [
        replace(options, limits=replace(options.limits, stop_pct=stop, risk_pct=risk), lengths=lengths)
        for stop, risk, lengths in product(*grid.axes)
    ]
    cells: list[Cell] = []
    workers = min(processes or os.cpu_count() or 1, len(settings))
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (path,)) as pool:
        for cell in pool.map(_cell, settings):
            cells.append(cell)
            if progress:
                progress(len(cells), len(settings))
    history = read(path)
    return judge(grid, history.bars[_split(history)].time, tuple(cells))


def judge(grid: Grid, split: int, cells: tuple[Cell, ...]) -> Study:
    """Choose by the first part, and say what its neighbours and the second part make of the choice."""
    best = max(cells, key=lambda cell: cell.learned.return_pct)
    neighbours, edges = _around(grid, cells, best)
    if edges:
        why = f"The highest cell ({best}) lies at the edge of {' and '.join(edges)}: its neighbourhood is not known."
        return Study(grid, split, cells, None, (), f"{why} No best cell is presented; widen the grid.")
    if min(best.learned.trades, best.tested.trades) < FEW:
        why = f"The highest cell made {best.learned.trades} trades, and {best.tested.trades} in the part held back."
        return Study(grid, split, cells, None, (), f"{why} Fewer than {FEW} say nothing: no best cell is presented.")
    return Study(grid, split, cells, best, neighbours, _verdict(best, neighbours))


def _around(grid: Grid, cells: Sequence[Cell], best: Cell) -> tuple[tuple[Cell, ...], list[str]]:
    """The cells one step away on each swept axis, and the axes on which a step is missing."""
    by_place = {cell.place: cell for cell in cells}
    neighbours, edges = [], []
    for axis, (values, name) in enumerate(zip(grid.axes, ("stop", "risk", "lengths"), strict=True)):
        at = values.index(best.place[axis])
        if len(values) > 1 and not 0 < at < len(values) - 1:
            edges.append(name)
        steps = [values[i] for i in (at - 1, at + 1) if 0 <= i < len(values)]
        neighbours += [by_place[(*best.place[:axis], value, *best.place[axis + 1 :])] for value in steps]
    return tuple(neighbours), edges


def _verdict(best: Cell, neighbours: Sequence[Cell]) -> str:
    around = [cell.learned.return_pct for cell in neighbours]
    text = (
        f"Highest: {best} with {best.learned.return_pct:+.1f} %. Its {len(around)} neighbours made "
        f"{fmean(around):+.1f} % on average, {min(around):+.1f} % at worst. "
        f"On the candles held back the same setting made {best.tested.return_pct:+.1f} %."
    )
    if fmean(around) < best.learned.return_pct / 2:
        text += " Its neighbours do far worse: this peak is more likely luck than a setting."
    if best.tested.return_pct <= 0:
        text += " It did not hold where it was not chosen: do not trade it."
    return text


_history: History | None = None  # of this worker process, read once


def _open(path: Path) -> None:
    global _history
    _history = read(path)


def _cell(options: Options) -> Cell:
    if _history is None:
        raise RuntimeError("the worker has no candles")
    split = _split(_history)
    learned, tested = (
        _score(part, options) for part in (_history.part(0, split), _history.part(split, len(_history.bars)))
    )
    return Cell(options.limits.stop_pct, options.limits.risk_pct, options.lengths, learned, tested)


def _split(history: History) -> int:
    return len(history.bars) * LEARN_PCT // 100


def _score(history: History, options: Options) -> Score:
    m = measure(run_history(history, options))
    return Score(m.return_pct, m.max_drawdown_pct, m.trades)
