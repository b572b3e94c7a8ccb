"""The figures, from small numbers that can be checked by hand."""

from __future__ import annotations

from array import array
from decimal import Decimal as D
from math import sqrt

import pytest

from adapters.backtest import Options, Result, measure
from adapters.backtest.metrics import daily, drawdowns
from adapters.backtest.result import Round
from fsm.book import Trade

from .markets import START, by_hand

DAY = 86_400_000


def _result(equity: list[float], pnl: list[float] = [], *, days: bool = False) -> Result:  # noqa: B006
    history = by_hand(*[(100, 100, 100, 100)] * len(equity))
    if days:
        bars = [bar._replace(time=START + i * DAY) for i, bar in enumerate(history.bars)]
        history = history._replace(bars=bars, interval=DAY)
    rounds = tuple(Round(_trade(D(str(p)), i), None) for i, p in enumerate(pnl))
    return Result(
        history=history,
        options=Options(cash=D(100)),
        signals=(),
        rounds=rounds,
        episodes=(),
        equity=array("d", equity),
        cash=D(100),
        coins=D(0),
        holding=None,
    )


def _trade(pnl: D, i: int) -> Trade:
    opened = START / 1000 + 600 * i
    return Trade(f"s{i}", opened, opened + 300, D(1), D(10), D(11), D("0.5"), pnl, pnl * 10, "signal")


def test_return_and_drawdown() -> None:
    """100 to 120 to 90 to 110: the deepest fall is a quarter, below the high for the last two candles."""
    m = measure(_result([120, 90, 110], days=True))
    assert (m.return_pct, m.max_drawdown_pct, m.max_drawdown_days) == pytest.approx((10, -25, 2))


def test_a_fall_below_the_opening_cash_is_a_drawdown() -> None:
    assert list(drawdowns(100, [90, 100, 110])) == pytest.approx([-0.1, 0, 0])


def test_trades() -> None:
    m = measure(_result([100] * 12, [10, -5, -5, 0, -2, -1, -1, 4]))
    assert (m.trades, m.win_rate_pct, m.profit_factor) == (8, 25.0, 1.0)
    assert (m.expectancy, m.best, m.worst, m.longest_losing_streak, m.fees) == (0.0, 10.0, -5.0, 3, 4.0)
    assert m.exposure_pct == pytest.approx(100 * 8 / 12)


def test_ratios_of_daily_returns() -> None:
    """+10 %, -10 %, +20 %: mean 6.67 %, deviation 15.28 %, downside deviation 5.77 %."""
    m = measure(_result([110, 99, 118.8], days=True))
    mean = 0.2 / 3
    assert m.sharpe == pytest.approx(
        mean / sqrt(((0.1 - mean) ** 2 + (0.1 + mean) ** 2 + (0.2 - mean) ** 2) / 2) * sqrt(365)
    )
    assert m.sortino == pytest.approx(mean / sqrt(0.01 / 3) * sqrt(365))


def test_cagr_needs_a_month() -> None:
    assert measure(_result([110] * 29, days=True)).cagr_pct is None
    assert measure(_result([121] * 730, days=True)).cagr_pct == pytest.approx(10)


def test_nothing_is_made_up_from_nothing() -> None:
    m = measure(_result([100, 100], days=True))
    assert (m.sharpe, m.sortino, m.win_rate_pct, m.profit_factor, m.expectancy, m.best) == (None,) * 6
    assert measure(_result([100] * 4, [3, 0])).profit_factor is None


def test_a_day_ends_with_its_last_candle() -> None:
    result = _result([float(i) for i in range(300)])
    assert list(daily(result)) == [(START // DAY, 287.0), (START // DAY + 1, 299.0)]
