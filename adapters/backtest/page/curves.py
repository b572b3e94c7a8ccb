"""Equity, the fall from its peak, and when the breakers held."""

from __future__ import annotations

from ..metrics import drawdowns
from ..result import Result
from ..words import moment
from .svg import Frame, thin

WIDTH, LEFT, RIGHT = 1080, 64, 1064
POINTS = 1200


def curves(result: Result) -> str:
    """Two plots over one time axis."""
    bars, interval = result.history.bars, result.history.interval
    start, end = bars[0].time / 1000, result.history.end / 1000
    cash = float(result.options.cash)

    def when(i: int) -> float:
        return (bars[i].time + interval) / 1000

    everything = [cash, *result.equity]
    low, high = min(everything), max(everything)
    margin = (high - low or high or 1) * 0.06
    upper = Frame.of((start, end), (low - margin, high + margin), (LEFT, 12, RIGHT, 300))
    falls = [100 * fall for fall in drawdowns(cash, result.equity)]
    lower = Frame.of((start, end), (min(*falls, -1.0), 0.0), (LEFT, 326, RIGHT, 420))
    equity = [(start, cash), *((when(i), v) for i, v in thin(result.equity, POINTS))]
    fallen = [(start, 0.0), *((when(i), v) for i, v in thin(falls, POINTS)), (end, 0.0)]
    return "".join(
        [
            f'<div class="wide"><svg viewBox="0 0 {WIDTH} 446" role="img" aria-label="Equity and drawdown">',
            *_breakers(result, upper),
            *upper.rows(5),
            f'<path class="equity" d="{upper.line(equity)}"/>',
            *lower.rows(3, " %"),
            f'<path class="fall" d="{lower.line(fallen)}Z"/>',
            *lower.dates(9),
            "</svg></div>",
        ]
    )


def _breakers(result: Result, frame: Frame) -> list[str]:
    return [
        f'<rect class="{"killed" if e.state == "killed" else "breaker"}" x="{frame.x(e.start):.1f}" y="12" '
        f'width="{max(frame.x(e.end) - frame.x(e.start), 1):.1f}" height="408">'
        f"<title>{e.state} {moment(e.start)} to {moment(e.end)}: {', '.join(e.why)}</title></rect>"
        for e in result.episodes
    ]
