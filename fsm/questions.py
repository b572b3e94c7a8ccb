"""What we ought to ask the venue about by now. Silence becomes a question, doubt asks ever more slowly."""

from __future__ import annotations

from .bot import Bot
from .guards import MAX_STOPS, PATIENCE, RETRY, in_flux
from .ledger import ARRIVAL, GRACE, NEVER, Order, Purpose, Status

SLOWEST = 10.0  # the longest pause between two questions about a doubtful order
AUDIT_EVERY, AUDIT_SOON = 60.0, 2.0


def _pause(bot: Bot, order: Order) -> float:
    """How long to wait before asking again. Doubt asks soon and then ever more slowly."""
    if order.missed_at != NEVER or _hit(bot, order) or _unfilled(order) or _vanishing(order):
        return RETRY
    return min(2.0 ** (order.doubts + order.misses), SLOWEST) if order.doubts else PATIENCE


def _hit(bot: Bot, order: Order) -> bool:
    """The market has passed this stop, so it should have filled."""
    return order.trigger is not None and bot.mark is not None and bot.mark <= order.trigger


def _unfilled(order: Order) -> bool:
    """A market order that rests, and no doubt about it: it should have filled by now."""
    return order.purpose is not Purpose.STOP and order.status is Status.OPEN and not order.doubts


def _vanishing(order: Order) -> bool:
    """It was seen before, and now the venue does not know it."""
    return order.misses > 0 and order.status is not Status.PLANNED


def _provable(bot: Bot, order: Order) -> bool:
    """From now on the answer is a proof, of absence or of missing stops: ask at once."""
    if order.final:
        return order.checked <= order.since + GRACE < bot.now
    return order.misses > 0 and order.checked <= order.expires + ARRIVAL < bot.now


def questions(bot: Bot) -> list[Order]:
    """Orders to ask about now."""
    open_ = {o.cid: o for o in (*bot.ledger.live(), *bot.ledger.childless())}
    return [o for o in open_.values() if bot.now - o.checked >= _pause(bot, o) or _provable(bot, o)]


def overdue(bot: Bot) -> bool:
    return bool(questions(bot))


def audit_due(bot: Bot) -> bool:
    """Not while it would prove nothing: it would only take the venue's allowance from the questions about orders."""
    if in_flux(bot):
        return False
    calm = bot.audited and not bot.suspect and not _unexplained(bot)
    return bot.now - bot.audit_at >= (AUDIT_EVERY if calm else AUDIT_SOON)


def _unexplained(bot: Bot) -> bool:
    refused = bot.ledger.refused(Purpose.EXIT) + bot.ledger.refused(Purpose.STOP)[MAX_STOPS - 1 :]
    return any(o.since > bot.pictured for o in refused)
