"""The seven gates, in order. Pure questions to one snapshot: a reason to veto, or nothing.

Law: a gate that raises vetoes.  Law: a gate is a guard of the one row that places an entry; there is no other way in.
"""

from __future__ import annotations

from collections.abc import Callable

from .bot import Bot
from .commands import Signal
from .ledger import ZERO
from .sizing import entry_qty, known, stop_price

WINDOW = 60.0  # seconds in which the same side and id is the same signal, whatever its time stamp


class Gate:
    """A guard that can say why it does not hold."""

    def __init__(self, vetoes: Callable[[Bot], bool], reason: str) -> None:
        self.vetoes, self.reason, self.__name__ = vetoes, reason, vetoes.__name__

    def __call__(self, bot: Bot) -> bool:
        return self.veto(bot) is None

    def veto(self, bot: Bot) -> str | None:
        try:
            return self.reason if self.vetoes(bot) else None
        except Exception as error:  # fail closed: what cannot be judged is not allowed
            return f"{self.reason}: {type(error).__name__}"


def gate(reason: str) -> Callable[[Callable[[Bot], bool]], Gate]:
    return lambda vetoes: Gate(vetoes, reason)


def repeats(bot: Bot, signal: Signal) -> bool:
    """Heard before: the same side and id within the window, or the same side, id and time stamp ever."""
    twins = [h for h in bot.heard if h.signal.side is signal.side and h.signal.signal_id == signal.signal_id]
    return signal.repeated or sum(bot.now - h.at <= WINDOW for h in twins) > 1


@gate("position_already_open")
def max_positions(bot: Bot) -> bool:
    unknown = known(bot).base - bot.coins - bot.book.foreign
    return bool(bot.ledger.orders) or bot.sellable(unknown) > 0


@gate("daily_loss_limit")
def daily_loss_limit(bot: Bot) -> bool:
    return bot.book.day_pnl <= -bot.book.day_open * bot.limits.daily_loss_pct / 100


@gate("duplicate_signal")
def not_duplicate(bot: Bot) -> bool:
    return bot.signal is None or repeats(bot, bot.signal)


@gate("balance_too_low")
def min_balance(bot: Bot) -> bool:
    return bot.equity < bot.limits.min_equity


@gate("exchange_unreachable")
def exchange_reachable(bot: Bot) -> bool:
    return not known(bot).reachable


@gate("below_min_notional")
def min_notional(bot: Bot) -> bool:
    """The size, or what is left of it under its stop once the fee was taken from the coins."""
    qty, market = entry_qty(bot), known(bot).market
    worth = qty * (1 - 2 * market.fee) * stop_price(bot, known(bot).price)
    return qty <= ZERO or qty < market.min_qty or worth < max(market.min_notional, bot.limits.min_notional)


@gate("pair_unavailable")
def pair_available(bot: Bot) -> bool:
    ours = bot.signal is not None and bot.signal.symbol == bot.pair
    return not (ours and known(bot).listed and known(bot).trading)


GATES = (
    max_positions,
    daily_loss_limit,
    not_duplicate,
    min_balance,
    exchange_reachable,
    min_notional,
    pair_available,
)
