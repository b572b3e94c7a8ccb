"""What the report says in rows: months, refusals, trades."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from html import escape

from ..metrics import DAY_MS, daily
from ..refusals import refusals
from ..result import Result, Round
from ..words import moment, number, percent, plain

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STRONG = 10.0  # percent a month, from which on a cell is not coloured more deeply
NOISE = 0.05  # percent that would be written as 0.0
OPEN = 30  # trades that are shown unasked


def months(result: Result) -> str:
    """The return of each month, and of each year."""
    last: dict[tuple[int, int], float] = {}
    for day, equity in daily(result):
        when = datetime.fromtimestamp(day * DAY_MS / 1000, UTC)
        last[when.year, when.month] = equity
    years: dict[int, dict[int, float]] = defaultdict(dict)
    before, year_open, totals = float(result.options.cash), float(result.options.cash), {}
    for (year, month), equity in last.items():
        if year not in years:
            year_open = before
        years[year][month] = 100 * (equity / before - 1)
        totals[year] = 100 * (equity / year_open - 1)
        before = equity
    head = "".join(f"<th>{name}</th>" for name in (*MONTHS, "Year"))
    rows = "".join(
        f"<tr><th>{year}</th>{''.join(shaded(found.get(m), STRONG) for m in range(1, 13))}"
        f"{shaded(totals[year], 3 * STRONG)}</tr>"
        for year, found in years.items()
    )
    return f'<div class="wide"><table class="heat"><tr><th></th>{head}</tr>{rows}</table></div>'


def shaded(value: float | None, strong: float, also: str = "", title: str = "") -> str:
    """A cell coloured by its sign and size; `strong` is the value of the deepest colour."""
    if value is None:
        return "<td></td>"
    depth = 0.08 + 0.5 * min(abs(value) / strong, 1) if abs(value) >= NOISE else 0
    kind = "gain" if value > 0 else "pain"
    said = f' title="{escape(title)}"' if title else ""
    return f'<td class="{kind} {also}" style="--depth:{depth:.2f}"{said}>{percent(value)}</td>'


def gates(result: Result) -> str:
    """Which gate, guard or breaker refused how often."""
    found = refusals(result.signals)
    if not found:
        return "<p>No signal was refused.</p>"
    most = max(count for _, _, count in found)
    rows = "".join(
        f'<tr><td class="text">{side}</td><td class="text">{escape(reason)}</td>'
        f'<td class="bar"><i style="width:{100 * count / most:.1f}%"></i></td><td>{count:,}</td></tr>'
        for side, reason, count in found
    )
    return f'<div class="wide"><table class="bars">{rows}</table></div>'


def trades(result: Result) -> str:
    """Every trade. Its signal is what to look for in the journal."""
    if not result.rounds:
        return "<p>There was no trade.</p>"
    names = ("opened", "closed", "quantity", "bought at", "stop", "sold at", "out by", "fees", "P&amp;L", "", "signal")
    left = ("opened", "closed", "out by", "signal")
    head = "".join(f"<th{' class=text' if name in left else ''}>{name}</th>" for name in names)
    rows = "".join(_row(r) for r in result.rounds)
    state = " open" if len(result.rounds) <= OPEN else ""
    return (
        f"<details{state}><summary>All {len(result.rounds):,} trades</summary>"
        f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div></details>'
    )


def _row(round_: Round) -> str:
    t = round_.trade
    sign = "up" if t.pnl > 0 else "down"
    return (
        f'<tr><td class="text">{moment(t.opened_at)}</td><td class="text">{moment(t.closed_at)}</td>'
        f"<td>{plain(t.qty)}</td><td>{number(t.entry_price)}</td><td>{number(round_.stop)}</td>"
        f'<td>{number(t.exit_price)}</td><td class="text">{t.reason}</td><td>{number(t.fees)}</td>'
        f'<td class="{sign}">{number(t.pnl, sign="+")}</td><td class="{sign}">{percent(t.pnl_pct, 2)}</td>'
        f'<td class="text code">{escape(t.signal_id)}</td></tr>'
    )
