"""A sweep as maps: a cell for each setting, coloured by what it made."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import escape

from ..sweeps import Cell, Score, Study
from ..words import moment, percent, plain
from .tables import shaded


def heat(study: Study) -> str:
    """For each risk two maps side by side: where the settings were chosen, and where they had to prove themselves."""
    strong = max((abs(s.return_pct) for c in study.cells for s in (c.learned, c.tested)), default=0) or 1.0
    maps = "".join(
        _map(study, risk, f"{name}, risk {plain(risk)} %", score, strong)
        for risk in study.grid.risk_pct
        for name, score in (("Chosen on", lambda c: c.learned), ("Held back", lambda c: c.tested))
    )
    return (
        f'<p class="verdict">{escape(study.verdict)}</p>'
        f'<p class="note">Return of every setting: chosen on the candles before {moment(study.split / 1000)} UTC, '
        f"held back after it. Rows are stops, columns lengths of the averages. Outlined: the highest cell; dashed: its "
        f'neighbours.</p><div class="maps">{maps}</div>'
    )


def _map(study: Study, risk: Decimal, title: str, score: Callable[[Cell], Score], strong: float) -> str:
    by_place = {cell.place: cell for cell in study.cells}
    head = "".join(f"<th>{lengths}</th>" for lengths in study.grid.lengths)
    rows = "".join(
        f"<tr><th>{plain(stop)} %</th>"
        + "".join(_cell(study, by_place[stop, risk, lengths], score, strong) for lengths in study.grid.lengths)
        + "</tr>"
        for stop in study.grid.stop_pct
    )
    return f'<div class="wide"><h2>{title}</h2><table class="heat"><tr><th></th>{head}</tr>{rows}</table></div>'


def _cell(study: Study, cell: Cell, score: Callable[[Cell], Score], strong: float) -> str:
    mark = "best" if cell == study.best else "near" if cell in study.neighbours else ""
    s = score(cell)
    title = f"{cell}: {s.trades} trades, drawdown {percent(s.max_drawdown_pct)}"
    return shaded(s.return_pct, strong, mark, title)
