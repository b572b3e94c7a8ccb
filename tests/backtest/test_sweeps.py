"""A sweep chooses on one part, proves on the other, and keeps silent where it cannot know."""

from __future__ import annotations

import json
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.backtest import Grid, Options, Study, as_json, report, run, sweep
from adapters.backtest.page.heat import heat
from adapters.backtest.sweeps import Cell, Score, judge
from adapters.strategy import Lengths

from .markets import walk, write

STOPS = (D(1), D(2), D(3))
LENGTHS = (Lengths(5, 13), Lengths(9, 21), Lengths(12, 26))
GRID = Grid(STOPS, (D(1),), LENGTHS)
RETURNS = ((1.0, 2.0, 3.0), (4.0, 9.0, 5.0), (2.0, 6.0, 1.0))  # rows are stops


def _study(returns: tuple[tuple[float, ...], ...] = RETURNS, trades: int = 50, tested: float = 3.0) -> Study:
    cells = tuple(
        Cell(stop, D(1), lengths, Score(value, -5, 50), Score(tested, -5, trades))
        for stop, row in zip(STOPS, returns, strict=True)
        for lengths, value in zip(LENGTHS, row, strict=True)
    )
    return judge(GRID, 0, cells)


def test_the_best_comes_with_its_neighbours_and_the_part_held_back() -> None:
    study = _study()
    assert study.best is not None
    assert (study.best.stop_pct, study.best.lengths) == (D(2), Lengths(9, 21))
    assert sorted(cell.learned.return_pct for cell in study.neighbours) == [2, 4, 5, 6]
    assert "neighbours made +4.2 % on average, +2.0 % at worst" in study.verdict
    assert "held back the same setting made +3.0 %" in study.verdict
    assert "luck" in study.verdict  # 4.25 is less than half of 9


def test_a_broad_peak_is_not_called_luck() -> None:
    study = _study(((6, 7, 6), (7, 9, 7), (6, 7, 6)))
    assert "luck" not in study.verdict
    assert "do not trade it" not in study.verdict


def test_what_did_not_hold_is_said_so() -> None:
    assert "It did not hold" in _study(tested=-1.0).verdict


@pytest.mark.parametrize(
    ("returns", "edges"),
    [
        (((9, 1, 1), (1, 1, 1), (1, 1, 1)), "stop and lengths"),
        (((1, 9, 1), (1, 1, 1), (1, 1, 1)), "stop:"),
        (((1, 1, 1), (1, 1, 9), (1, 1, 1)), "lengths:"),
    ],
)
def test_a_best_cell_at_the_edge_is_not_presented(returns: tuple[tuple[float, ...], ...], edges: str) -> None:
    study = _study(returns)
    assert study.best is None
    assert f"at the edge of {edges}" in study.verdict


def test_a_few_trades_say_nothing() -> None:
    study = _study(trades=29)
    assert study.best is None
    assert "No best" in study.verdict or "no best" in study.verdict


def test_the_cells_are_runs_of_the_two_parts(tmp_path: Path) -> None:
    history = walk(11, 700)
    path = write(history, tmp_path / "walk.csv")
    seen: list[tuple[int, int]] = []
    study = sweep(path, Options(), GRID, processes=2, progress=lambda *done: seen.append(done))
    assert seen[-1] == (9, 9)
    assert study.split == history.bars[490].time
    part = write(history.part(0, 490), tmp_path / "part.csv")
    alone = run(part)
    middle = next(c for c in study.cells if c.place == (D(2), D(1), Lengths(9, 21)))
    assert middle.learned.trades == len(alone.rounds)
    assert middle.learned.return_pct == pytest.approx(100 * (alone.equity[-1] / 10_000 - 1))
    result = run(path)
    document = json.loads(as_json(result, study))
    assert len(document["sweep"]["cells"]) == 9
    page = report(result, study)
    assert page.count('<table class="heat">') == 3  # months, chosen on, held back
    assert study.verdict in page


def test_the_presented_cell_and_its_neighbours_are_marked() -> None:
    page = heat(_study())
    assert page.count('best"') == 2
    assert page.count('near"') == 8
