"""Which of our coins are watched: by the sell orders that count, and by the stops that the exchange has confirmed."""

from __future__ import annotations

from decimal import Decimal

from .bot import Bot
from .ledger import TRIGGERED, WOULD_TRIGGER, ZERO, Order, Purpose, Status


def standing(bot: Bot, purpose: Purpose) -> tuple[Order, ...]:
    """The sell orders that count. One in doubt counts, unless it is replaceable: then another may be tried, and if the
    venue refuses that, the first one counts again."""
    refused = bot.ledger.refused(Purpose.STOP) + bot.ledger.refused(Purpose.EXIT)
    place = bot.ledger.orders.index  # two orders may share one reading of the clock
    locked = max((place(r) for r in refused if r.reason != WOULD_TRIGGER), default=-1)
    return tuple(o for o in bot.ledger.live(purpose) if not _replaceable(bot, o) or place(o) < locked)


def _replaceable(bot: Bot, order: Order) -> bool:
    """The venue does not know it, and cannot take both it and another: the coins are locked by, or sold to, whichever
    comes first, and not enough others lie beside them. One that was seen before must be unknown twice, and the
    venue not be one that has forgotten everything."""
    spare = bot.orphan + bot.book.foreign
    missing = order.misses > (0 if order.status is Status.PLANNED else 1)
    return bot.market.locks and spare < order.remaining and missing and not bot.amnesia


def uncovered(bot: Bot) -> Decimal:
    """How much that could be sold no stop is watching."""
    return bot.sellable(bot.held - sum((o.remaining for o in standing(bot, Purpose.STOP)), ZERO))


def jumped(bot: Bot) -> tuple[Order, ...]:
    """Stops with a limit that the price has jumped over: the exchange shows them as open, and they sell nothing."""
    stops = (o for o in bot.ledger.live(Purpose.STOP) if o.reason == TRIGGERED)
    return tuple(o for o in stops if o.trigger is not None and bot.mark is not None and bot.mark <= o.trigger)


def bare(bot: Bot) -> Decimal:
    """How much that could be sold no stop watches which the exchange has confirmed: one on its way does not count."""
    useless = jumped(bot)
    confirmed = (o.remaining for o in bot.ledger.live(Purpose.STOP) if o.status is Status.OPEN and o not in useless)
    return bot.sellable(bot.held - sum(confirmed, ZERO))
