"""The limits the operator set. Percentages are of equity; times are seconds."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Limits(Struct, frozen=True, omit_defaults=True):
    risk_pct: Decimal = Decimal(1)  # lost when the stop is hit
    stop_pct: Decimal = Decimal(2)  # from the entry down to the stop
    daily_loss_pct: Decimal = Decimal(3)
    drawdown_pct: Decimal = Decimal(15)
    streak: int = 5  # losses in a row
    min_equity: Decimal = Decimal(50)  # quote
    min_notional: Decimal = Decimal(10)  # quote; the venue's own minimum may be higher
    max_age: float = 60.0  # of an entry signal
    cooldown: float = 0.0  # after a loss
