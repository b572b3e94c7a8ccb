"""What a backtest may be told. The defaults are the bot's own."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from fsm.limits import Limits

from ..strategy import Lengths


class Options(Struct, frozen=True, kw_only=True):
    """Percentages are of the price, money is in quote."""

    pair: str = "BTC/USDT"
    cash: Decimal = Decimal(10_000)
    fee_pct: Decimal = Decimal("0.1")  # of every fill
    slippage_pct: Decimal = Decimal("0.02")  # of every fill: half the spread and the order's own impact together
    tick: Decimal = Decimal("0.01")  # quote: the venue's price step
    lot: Decimal = Decimal("0.00001")  # base: the venue's quantity step
    resume: bool = True  # the operator sends /resume at 00:00 UTC after a pause or a halt; else never
    limits: Limits = Limits()
    lengths: Lengths = Lengths()

    def __post_init__(self) -> None:
        """Raises ValueError for what no account or venue could be."""
        limits = self.limits
        if self.pair.count("/") != 1:
            raise ValueError(f"the pair {self.pair!r} is not BASE/QUOTE, such as BTC/USDT")
        if self.cash <= 0 or self.tick <= 0 or self.lot <= 0:
            raise ValueError("cash, tick and lot must be more than zero")
        if not (0 <= self.fee_pct < 100 and 0 <= self.slippage_pct < 100):
            raise ValueError("fee and slippage are percentages, at least 0 and less than 100")
        if not (0 < limits.stop_pct < 100 and 0 < limits.risk_pct <= 100):
            raise ValueError("stop and risk are percentages, more than 0 and less than 100")
        if limits.daily_loss_pct <= 0 or limits.drawdown_pct <= 0 or limits.streak < 1:
            raise ValueError("daily loss, drawdown and losing streak must be more than zero")
        if not 1 <= self.lengths.fast < self.lengths.slow or self.lengths.rsi < 1:
            raise ValueError("the lengths must be at least 1, and the fast average shorter than the slow one")
