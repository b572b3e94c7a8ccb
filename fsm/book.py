"""The money: what the account is worth, today's result, the peak it fell from, the losing streak.

Law: profit and loss is the cash a trade moved, after all fees; summed over trades it is the exchange's own delta.
Law: a deposit or a withdrawal is never profit; it scales the peak and the day's opening, so percentages stay true.
Law: the peak moves on realised equity only, so one flash print cannot raise it.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from .ledger import NEVER, ZERO

DAY = 86_400.0


class Trade(Struct, frozen=True, omit_defaults=True):
    """One round trip, closed. Prices and money in quote, quantity in base; profit is net of all fees."""

    signal_id: str
    opened_at: float
    closed_at: float
    qty: Decimal
    entry_price: Decimal
    exit_price: Decimal
    fees: Decimal
    pnl: Decimal
    pnl_pct: Decimal  # of what was paid
    reason: str  # signal | stop_loss | take_profit | stop | drawdown | stop_refused | orphan


class Book(Struct, frozen=True, omit_defaults=True):
    cash: Decimal | None = None  # None until the exchange has told us once
    dust: Decimal = ZERO  # coins of ours too few to be sold; negative: of others, that a venue took fees from
    foreign: Decimal = ZERO  # coins on the account that are not ours to trade
    foreign_orders: tuple[str, ...] = ()  # open orders a person told us to leave alone
    realised: Decimal = ZERO
    peak: Decimal = ZERO
    day: int = 0  # days since the epoch, UTC
    day_open: Decimal = ZERO
    day_pnl: Decimal = ZERO
    streak: int = 0  # losses in a row
    lost_at: float = NEVER

    def open(self, cash: Decimal) -> Book:
        return replace(self, cash=cash, peak=cash, day_open=cash)

    def roll(self, now: float, equity: Decimal) -> Book:
        """A new UTC day by the input's time, never backwards."""
        today = int(now // DAY)
        return self if today <= self.day else replace(self, day=today, day_open=equity, day_pnl=ZERO)

    def close(self, pnl: Decimal, rest: Decimal, now: float) -> Book:
        """A trade ended: `pnl` quote moved, `rest` coins stayed behind."""
        cash = (self.cash or ZERO) + pnl
        return replace(
            self,
            cash=cash,
            dust=self.dust + rest,
            realised=self.realised + pnl,
            peak=max(self.peak, cash),
            day_pnl=self.day_pnl + pnl,
            streak=0 if pnl > 0 else self.streak + (pnl < 0),
            lost_at=now if pnl < 0 else self.lost_at,
        )

    def miss(self, coins: Decimal) -> Book:
        """Coins (negative, base) too few to be sold are gone: first of those that are not ours."""
        theirs = max(coins, -self.foreign)
        return replace(self, foreign=self.foreign + theirs, dust=self.dust + coins - theirs)

    def move(self, amount: Decimal, equity: Decimal) -> Book:
        """Money came or went that no trade made. An empty account that is filled begins anew."""
        if equity <= 0:
            return self.open((self.cash or ZERO) + amount)
        scale = max(equity + amount, ZERO) / equity
        return replace(
            self,
            cash=(self.cash or ZERO) + amount,
            peak=self.peak * scale,
            day_open=self.day_open * scale,
            day_pnl=self.day_pnl * scale,
        )
