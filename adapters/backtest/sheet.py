"""A result for the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .metrics import measure
from .refusals import refusals
from .result import Result
from .sweeps import Study
from .words import duration, figures, moment, number, plain, settings, span

LATEST = 10  # trades and breakers shown


def table(result: Result, study: Study | None = None) -> RenderableType:
    """The figures, the latest trades, what was refused, the breakers, and a sweep where there was one."""
    parts: list[RenderableType] = [_heading(result), _figures(result)]
    if result.rounds:
        parts.append(_trades(result))
    if refused := refusals(result.signals):
        parts.append(_refusals(refused))
    if result.episodes:
        parts.append(_breakers(result))
    if result.holding:
        parts.append(Text(f"Still open: {plain(result.holding.qty)} bought at {number(result.holding.entry_price)}"))
    if study:
        parts += [*_maps(study), Text(study.verdict, style="bold")]
    return Group(*parts)


def _heading(result: Result) -> Text:
    history = result.history
    first, last = moment(history.bars[0].time / 1000), moment(history.end / 1000)
    missing = f", {history.missing:,} missing" if history.missing else ""
    text = Text(history.name, style="bold")
    text.append(f": {len(history.bars):,} candles of {span(history.interval)}{missing}, {first} to {last} UTC\n", "")
    return text.append(settings(result.options), "dim")


def _figures(result: Result) -> Table:
    """In two columns."""
    found = figures(measure(result))
    half = (len(found) + 1) // 2
    grid = Table.grid(padding=(0, 3))
    for column in range(4):
        grid.add_column(justify="right" if column % 2 else "left")
    for left, right in zip(found[:half], [*found[half:], ("", "")], strict=False):
        grid.add_row(*left, *right)
    return grid


def _trades(result: Result) -> Table:
    count = len(result.rounds)
    title = f"Trades, the latest {LATEST} of {count:,}" if count > LATEST else "Trades"
    grid = _grid(title, "opened", "held>", "bought at>", "sold at>", "by", "P&L>")
    for trade in (r.trade for r in result.rounds[-LATEST:]):
        grid.add_row(
            moment(trade.opened_at),
            duration(trade.closed_at - trade.opened_at),
            number(trade.entry_price),
            number(trade.exit_price),
            trade.reason,
            number(trade.pnl, sign="+"),
        )
    return grid


def _refusals(refused: list[tuple[str, str, int]]) -> Table:
    grid = _grid("Refused signals", "signal", "because", "times>")
    for side, reason, count in refused:
        grid.add_row(side, reason, f"{count:,}")
    return grid


def _breakers(result: Result) -> Table:
    count = len(result.episodes)
    title = f"Breakers, the latest {LATEST} of {count:,}" if count > LATEST else "Breakers"
    grid = _grid(title, "state", "from", "to", "because")
    for e in result.episodes[-LATEST:]:
        grid.add_row(e.state, moment(e.start), moment(e.end), ", ".join(e.why))
    return grid


def _grid(title: str, *columns: str) -> Table:
    """A plain table; a column whose name ends with > is aligned right."""
    grid = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        grid.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", no_wrap=True)
    return grid


def _maps(study: Study) -> list[Table]:
    """Return where it was learned, and held back, for every stop and lengths; a table for each risk."""
    grids = []
    by_place = {cell.place: cell for cell in study.cells}
    for risk in study.grid.risk_pct:
        columns = [f"{lengths}>" for lengths in study.grid.lengths]
        grid = _grid(f"Risk {plain(risk)} %: return in % where chosen | held back", "stop", *columns)
        for stop in study.grid.stop_pct:
            cells = [by_place[stop, risk, lengths] for lengths in study.grid.lengths]
            scores = (f"{c.learned.return_pct:+.1f} | {c.tested.return_pct:+.1f}" for c in cells)
            grid.add_row(f"{plain(stop)} %", *scores)
        grids.append(grid)
    return grids
