"""Trades drawn on candles: all of them over the whole time, and the ones that mattered most close up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ..bars import Bar
from ..result import Result, Round
from ..words import moment, number, percent
from .svg import Frame

WIDE = 220  # candles of the overview
CLOSE = 3  # trades shown close up, of the best and of the worst
AROUND, MOST = 12, 120  # candles before and after a trade; and in all


def overview(result: Result) -> str:
    """The whole history in a few candles, and a line from each entry to its exit."""
    history = result.history
    bars = _merged(history.bars, WIDE)
    width = (history.end - bars[0].time) / 1000 / len(bars)
    frame = _frame(bars, history.end / 1000, (64, 12, 1064, 340))
    trips = "".join(_trip(r, frame) for r in result.rounds)
    return "".join(
        [
            '<div class="wide"><svg viewBox="0 0 1080 366" role="img" aria-label="Trades on candles">',
            *frame.rows(7),
            *_candles(bars, frame, width, " pale"),
            f'<g class="trip">{trips}</g>',
            *frame.dates(9),
            "</svg></div>",
        ]
    )


def close_ups(result: Result) -> str:
    """The best and the worst trades, candle by candle, with the stop that watched them."""
    ranked = sorted(result.rounds, key=lambda r: r.trade.pnl, reverse=True)
    chosen = ranked if len(ranked) <= 2 * CLOSE else [*ranked[:CLOSE], *ranked[-CLOSE:]]
    return f'<div class="zooms">{"".join(_close_up(result, r) for r in chosen)}</div>' if chosen else ""


def _close_up(result: Result, round_: Round) -> str:
    trade, history = round_.trade, result.history
    first = bisect_left(history.bars, trade.opened_at * 1000, key=lambda bar: bar.time)
    last = bisect_left(history.bars, trade.closed_at * 1000, key=lambda bar: bar.time)
    bars = _merged(history.bars[max(first - AROUND, 0) : last + AROUND], MOST)
    end = (bars[-1].time + history.interval) / 1000
    frame = _frame(bars, end, (58, 8, 392, 190), float(round_.stop) if round_.stop else None)
    width = (end - bars[0].time / 1000) / len(bars)
    x1, x2 = frame.x(trade.opened_at), frame.x(trade.closed_at)
    y1, y2 = frame.y(float(trade.entry_price)), frame.y(float(trade.exit_price))
    stop = frame.y(float(round_.stop)) if round_.stop else None
    sign = "up" if trade.pnl > 0 else "down"
    return "".join(
        [
            '<figure><svg viewBox="0 0 400 214" role="img" aria-label="One trade">',
            *frame.rows(4),
            *_candles(bars, frame, width),
            f'<line class="stop" x1="{x1:.1f}" x2="{x2:.1f}" y1="{stop:.1f}" y2="{stop:.1f}"/>' if stop else "",
            f'<line class="path" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>',
            f'<path class="in" d="M{x1:.1f} {y1:.1f}l-6 10h12Z"/><path class="out" d="M{x2:.1f} {y2:.1f}l-6 -10h12Z"/>',
            *frame.dates(4),
            f'</svg><figcaption><b class="{sign}">{number(trade.pnl, sign="+")} ({percent(trade.pnl_pct)})</b> '
            f"{moment(trade.opened_at)}, out by {trade.reason}</figcaption></figure>",
        ]
    )


def _frame(bars: Sequence[Bar], end: float, box: tuple[float, float, float, float], also: float | None = None) -> Frame:
    lows, highs = [float(bar.low) for bar in bars], [float(bar.high) for bar in bars]
    low, high = min(*lows, lows[0] if also is None else also), max(highs)
    margin = (high - low or high) * 0.04
    return Frame.of((bars[0].time / 1000, end), (low - margin, high + margin), box)


def _candles(bars: Sequence[Bar], frame: Frame, seconds: float, style: str = "") -> list[str]:
    """Wick and body of each; `seconds` is the width of one."""
    drawn = []
    width = max((frame.x(bars[0].time / 1000 + seconds) - frame.x.start) * 0.66, 0.8)
    for bar in bars:
        x = frame.x(bar.time / 1000 + seconds / 2)
        top, bottom = sorted((frame.y(float(bar.open)), frame.y(float(bar.close))))
        kind = "rise" if bar.close >= bar.open else "sink"
        drawn.append(
            f'<g class="{kind}{style}"><line x1="{x:.1f}" x2="{x:.1f}" y1="{frame.y(float(bar.high)):.1f}" '
            f'y2="{frame.y(float(bar.low)):.1f}"/><rect stroke="none" x="{x - width / 2:.1f}" y="{top:.1f}" '
            f'width="{width:.1f}" height="{max(bottom - top, 1):.1f}"/></g>'
        )
    return drawn


def _trip(round_: Round, frame: Frame) -> str:
    trade = round_.trade
    x1, x2 = frame.x(trade.opened_at), frame.x(trade.closed_at)
    y1, y2 = frame.y(float(trade.entry_price)), frame.y(float(trade.exit_price))
    return (
        f'<line class="{"win" if trade.pnl > 0 else "loss"}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}">'
        f"<title>{moment(trade.opened_at)}: {number(trade.pnl, sign='+')} by {trade.reason}</title></line>"
    )


def _merged(bars: Sequence[Bar], wanted: int) -> list[Bar]:
    """Neighbouring candles made one, until there are at most as many as wanted."""
    size = -(-len(bars) // wanted)
    groups = (bars[i : i + size] for i in range(0, len(bars), size))
    return [Bar(g[0].time, g[0].open, max(b.high for b in g), min(b.low for b in g), g[-1].close) for g in groups]
