"""The figures people compare backtests by. They are estimates, so they are floats; money that was booked is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

from msgspec import Struct

from .result import Result

YEAR = 365.0  # days: crypto trades every day
SHORT = 30.0  # days; a growth rate of a shorter time, put on a year, would mislead
DAY_MS = 86_400_000


class Metrics(Struct, frozen=True, kw_only=True):
    """Percentages are of the equity, money is in quote. None: there is too little to say."""

    return_pct: float
    buy_and_hold_pct: float  # all the cash into coins at the first open, held to the last close, without fees
    cagr_pct: float | None
    max_drawdown_pct: float  # from the highest close before, at candle closes
    max_drawdown_days: float  # the longest time below an earlier high
    sharpe: float | None  # of daily returns, a year of 365 days, no risk-free rate
    sortino: float | None
    trades: int
    win_rate_pct: float | None
    profit_factor: float | None  # None without a loss
    expectancy: float | None  # profit a trade
    best: float | None
    worst: float | None
    exposure_pct: float  # of the time, in a position
    longest_losing_streak: int
    fees: float
    signals: int
    refused: int


def measure(result: Result) -> Metrics:
    """Everything at once."""
    start, bars = float(result.options.cash), result.history.bars
    equity = result.equity
    total = equity[-1] / start - 1
    days = (result.history.end - bars[0].time) / DAY_MS
    returns = [b / a - 1 for a, b in pairwise([start, *(v for _, v in daily(result))]) if a > 0]
    profits = [float(r.trade.pnl) for r in result.rounds]
    wins, losses = [p for p in profits if p > 0], [p for p in profits if p < 0]
    deepest, longest = _drawdown(start, equity)
    return Metrics(
        return_pct=100 * total,
        buy_and_hold_pct=100 * (float(bars[-1].close / bars[0].open) - 1),
        cagr_pct=100 * ((1 + total) ** (YEAR / days) - 1) if days >= SHORT and total > -1 else None,
        max_drawdown_pct=100 * deepest,
        max_drawdown_days=longest * result.history.interval / DAY_MS,
        sharpe=_ratio(returns, stdev(returns)) if len(returns) > 1 else None,
        sortino=_ratio(returns, sqrt(fmean(min(r, 0.0) ** 2 for r in returns))) if len(returns) > 1 else None,
        trades=len(profits),
        win_rate_pct=100 * len(wins) / len(profits) if profits else None,
        profit_factor=sum(wins) / -sum(losses) if losses else None,
        expectancy=fmean(profits) if profits else None,
        best=max(profits, default=None),
        worst=min(profits, default=None),
        exposure_pct=100 * _held(result) / (days * DAY_MS / 1000),
        longest_losing_streak=_streak(profits),
        fees=float(sum(r.trade.fees for r in result.rounds)),
        signals=len(result.signals),
        refused=sum(s.verdict == "refused" for s in result.signals),
    )


def daily(result: Result) -> Iterator[tuple[int, float]]:
    """Each UTC day (days since the epoch) and the equity at its last close."""
    days = [bar.time // DAY_MS for bar in result.history.bars]
    for i, day in enumerate(days):
        if i + 1 == len(days) or days[i + 1] != day:
            yield day, result.equity[i]


def drawdowns(start: float, equity: Sequence[float]) -> Iterator[float]:
    """The fall from the highest value so far, as a fraction (0 at a new high, else negative), for each value."""
    peak = start
    for value in equity:
        peak = max(peak, value)
        yield value / peak - 1


def _drawdown(start: float, equity: Sequence[float]) -> tuple[float, int]:
    """The deepest fall, and the most values in a row below an earlier high."""
    deepest, longest, below = 0.0, 0, 0
    for fall in drawdowns(start, equity):
        deepest = min(deepest, fall)
        below = below + 1 if fall < 0 else 0
        longest = max(longest, below)
    return deepest, longest


def _ratio(returns: Sequence[float], risk: float) -> float | None:
    return fmean(returns) / risk * sqrt(YEAR) if risk > 0 else None


def _held(result: Result) -> float:
    """Seconds in a position."""
    open_ = result.history.end / 1000 - result.holding.opened_at if result.holding else 0.0
    return open_ + sum(r.trade.closed_at - r.trade.opened_at for r in result.rounds)


def _streak(profits: Sequence[float]) -> int:
    longest = run = 0
    for profit in profits:
        run = run + 1 if profit < 0 else 0
        longest = max(longest, run)
    return longest
