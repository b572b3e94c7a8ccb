"""How numbers and times are written, in the table and in the report alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from .metrics import Metrics
from .options import Options


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def percent(value: float | Decimal | None, places: int = 1) -> str:
    """With its sign, and a blank that does not break the line."""
    return "–" if value is None else f"{value:+.{places}f}\u00a0%".replace("-0.0\u00a0", "+0.0\u00a0")


def number(value: float | Decimal | None, places: int = 2, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign},.{places}f}"


def plain(value: Decimal) -> str:
    """Without an exponent and without zeros that say nothing."""
    return f"{value.normalize():f}"


def duration(seconds: float) -> str:
    """Roughly, in one unit."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min"


def span(milliseconds: int) -> str:
    """A candle's length: "5 min", "4 h", "1 d"."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds // 1000} s"


def settings(o: Options) -> str:
    """The options in one line."""
    limits = o.limits
    return (
        f"{o.pair}, EMA {o.lengths} with RSI {o.lengths.rsi}; risk {plain(limits.risk_pct)} %, "
        f"stop {plain(limits.stop_pct)} %; fee {plain(o.fee_pct)} % and slippage {plain(o.slippage_pct)} % a fill; "
        f"breakers at {limits.streak} losses in a row, {plain(limits.daily_loss_pct)} % a day, "
        f"{plain(limits.drawdown_pct)} % under the peak; "
        + ("the operator resumes at 00:00 UTC" if o.resume else "nobody resumes")
    )


def figures(m: Metrics) -> list[tuple[str, str]]:
    """Name and value of every figure, in the order people look for them."""
    return [
        ("Return", percent(m.return_pct)),
        ("Buy and hold", percent(m.buy_and_hold_pct)),
        ("CAGR", percent(m.cagr_pct)),
        ("Max drawdown", percent(m.max_drawdown_pct)),
        ("Longest below a high", f"{m.max_drawdown_days:,.1f} d"),
        ("Sharpe", number(m.sharpe)),
        ("Sortino", number(m.sortino)),
        ("Trades", f"{m.trades:,}"),
        ("Win rate", "–" if m.win_rate_pct is None else f"{m.win_rate_pct:.1f} %"),
        ("Profit factor", number(m.profit_factor)),
        ("Expectancy", number(m.expectancy, sign="+")),
        ("Best trade", number(m.best, sign="+")),
        ("Worst trade", number(m.worst, sign="+")),
        ("Longest losing streak", f"{m.longest_losing_streak}"),
        ("Exposure", f"{m.exposure_pct:.1f} %"),
        ("Fees", number(m.fees)),
        ("Signals", f"{m.signals:,}"),
        ("of them refused", f"{m.refused:,}"),
    ]
