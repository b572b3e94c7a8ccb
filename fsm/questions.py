"""What we ought to ask the venue about by now. Silence becomes a question, doubt asks ever more slowly."""

from __future__ import annotations

from .bot import Bot
from .guards import MAX_STOPS, PATIENCE, RETRY, in_flux
from .ledger import ARRIVAL, GRACE, NEVER, Order, Purpose, Status

SLOWEST = 10.0  # the longest pause between two questions about a doubtful order
AUDIT_EVERY, AUDIT_SOON = 60.0, 2.0


def _pause(bot: Bot, order: Order) -> float:
    """How long to wait before asking again. Doubt asks soon and then ever more slowly. What the venue has forgotten
    with everything else waits until the witness has spoken: questions are counted, and that one comes first."""
    if bot.amnesia and order.misses:
        return SLOWEST
    if order.missed_at != NEVER or _hit(bot, order) or _unfilled(order) or _vanishing(order):
        return min(RETRY * 2.0 ** max(order.doubts - order.misses - 1, 0), SLOWEST)
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


def _summoned(bot: Bot) -> bool:
    """The witness is to say whether the venue remembers us at all."""
    witness = bot.witness
    if witness is None:
        return False
    contradicted = bot.suspect is not None and not witness.vouched
    vanishing = any(_vanishing(o) for o in (*bot.ledger.live(), *bot.childless))
    return contradicted or vanishing or bot.amnesia


def questions(bot: Bot) -> list[str]:
    """Orders to ask about now. After a wipe that is the witness alone."""
    open_ = {} if bot.wiped else {o.cid: o for o in (*bot.ledger.live(), *bot.childless)}
    due = [cid for cid, o in open_.items() if bot.now - o.checked >= _pause(bot, o) or _provable(bot, o)]
    witness = bot.witness
    if witness and witness.cid not in due and _summoned(bot):
        pause = AUDIT_EVERY if bot.wiped else min(RETRY * 2.0**witness.silences, SLOWEST)
        due += [witness.cid] if bot.now - witness.asked_at >= pause else []
    return due


def overdue(bot: Bot) -> bool:
    return bool(questions(bot))


def audit_due(bot: Bot) -> bool:
    """Not while it would prove nothing: it would only take the venue's allowance from the questions about orders."""
    soon = _uncompared(bot)
    if in_flux(bot) and not soon and not bot.wiped:
        return False
    calm = bot.wiped or (bot.audited and not bot.suspect and not _unexplained(bot) and not soon)
    return bot.now - bot.audit_at >= (AUDIT_EVERY if calm else AUDIT_SOON)


def _uncompared(bot: Bot) -> bool:
    """An order is gone: are its coins?"""
    return bot.witness is not None and not bot.witness.strange and _summoned(bot)


def _unexplained(bot: Bot) -> bool:
    refused = bot.ledger.refused(Purpose.EXIT) + bot.ledger.refused(Purpose.STOP)[MAX_STOPS - 1 :]
    return any(o.since > bot.pictured for o in refused)
