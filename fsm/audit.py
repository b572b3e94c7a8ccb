"""Comparing our books with the account: what it shows that they do not."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from .bot import Bot, Suspect
from .events import Audited
from .guards import in_flux
from .ledger import NEVER, ZERO

CENT = Decimal("0.01")  # quote: venues round what they tell of costs and fees (Kraken to 5 decimals)


def doubt_all(bot: Bot) -> Bot:
    for order in bot.ledger.live():
        bot = bot.record(replace(order, doubts=max(order.doubts, 1), checked=NEVER))
    return bot


def audited(bot: Bot, audit: Audited) -> Bot:
    """One difference makes us ask again about everything; the same difference twice is real."""
    if bot.book.cash is None:
        bot = replace(bot, book=bot.book.open(audit.cash))
    if audit.market is not None and not bot.ledger.orders:
        bot = replace(bot, market=audit.market)
    if audit.asked < bot.ledger.changed:
        return bot  # the picture may be older than our books: no evidence
    found = _difference(bot, audit)
    if bot.witness:
        bot = replace(bot, witness=bot.witness.compared(strange=bool(found.base or found.cash)))
    if in_flux(bot) or bot.wiped:
        return bot  # it may be older, too; and what a wiped account holds is in no books of ours
    bot = replace(bot, pictured=bot.now)
    if not found.base and not found.cash and not found.orders:
        return replace(bot, audited=True, suspect=None)
    old = bot.suspect
    if old is None or replace(old, seq=found.seq) != found or old.seq < bot.ledger.changed:
        return doubt_all(replace(bot, suspect=found, witness=bot.witness and bot.witness.doubted()))
    if audit.asked <= old.seq:
        return bot  # the same picture again
    if bot.witness and not bot.witness.vouched:
        return bot  # perhaps the test network began anew
    crumbs = ZERO if bot.sellable(abs(found.base)) else found.base
    return replace(
        bot,
        audited=True,
        suspect=None,
        orphan=bot.orphan + found.base - crumbs,
        strays=bot.strays + found.orders,
        book=bot.book.move(found.cash, bot.equity).miss(crumbs),
    )


def _difference(bot: Bot, audit: Audited) -> Suspect:
    """What the account shows that our books do not. Coins too few to be sold do not matter, but that one lot is missing
    does: with it in the quantity the venue refuses every stop and every exit."""
    base, cash = audit.base - bot.coins - bot.book.foreign - bot.orphan, audit.cash - bot.cash
    ours = {o.cid for o in bot.ledger.live()} | set(bot.strays) | set(bot.book.foreign_orders)
    return Suspect(
        base if base <= -bot.market.lot or bot.sellable(abs(base)) else ZERO,
        cash if abs(cash) >= CENT else ZERO,
        tuple(sorted(set(audit.open) - ours)),
        bot.seq,
    )
