"""Letting a fact in: what an input says, merged into the bot, before anything is decided on it."""

from __future__ import annotations

from msgspec.structs import replace

from .audit import audited, doubt_all
from .bot import Bot, Heard
from .breakers import sunk
from .commands import AnyCommand, Signal
from .cover import bare
from .events import AnyEvent, Assessed, Audited, Booted, Marked, OrderAbsent, OrderSeen, OrderUnresolved
from .gates import WINDOW
from .ledger import NEVER, Order, Purpose, Status
from .witness import Witness


def fold(bot: Bot, input: AnyCommand | AnyEvent) -> Bot:
    """Let a fact in. Total: unknown orders and stale news change nothing. Time never runs backwards, except over a
    restart: a clock that was set back meanwhile is not waited for."""
    if isinstance(input, Booted) and input.at < bot.now:
        bot = bot.set_clock(input.at - bot.now)
    now = max(bot.now, input.at)
    heard = tuple(h for h in bot.heard if now - h.at <= WINDOW)
    bot = replace(bot, seq=bot.seq + 1, now=now, heard=heard, book=bot.book.roll(now, bot.realised_equity))
    bot = _facts(bot, input)
    since = bot.bare_since if bot.bare_since is not None else bot.now
    return replace(bot, bare_since=since) if bare(bot) else replace(bot, bare_since=None, bare_told=False)


def _facts(bot: Bot, input: AnyCommand | AnyEvent) -> Bot:
    match input:
        case Signal():
            return replace(bot, heard=(*bot.heard, Heard(input, bot.now)))
        case Booted(pair=pair, limits=limits, tag=tag, epoch=epoch, testnet=testnet):
            bot = replace(bot, pair=pair, limits=limits, tag=tag, epoch=epoch, testnet=testnet)
            return _distrust(doubt_all(replace(bot, audited=False, suspect=None, sunk_at=None, audit_at=NEVER)))
        case Marked():
            return _marked(bot, input)
        case Assessed(signal_id=signal_id) if (
            bot.signal and bot.signal.signal_id == signal_id and not bot.ledger.orders
        ):
            return replace(bot, facts=input)
        case OrderSeen():
            return _seen(bot, input)
        case OrderUnresolved(cid=cid) if order := bot.ledger.get(cid):
            return bot.record(replace(order, doubts=order.doubts + 1))
        case OrderAbsent():
            return _absent(bot, input)
        case Audited():
            return audited(bot, input)
        case _:
            return bot


def _distrust(bot: Bot) -> Bot:
    """The clock may have been set while nobody watched it: what was on its way then may have left just now."""
    for order in bot.ledger.live():
        bot = bot.record(replace(order, expires=max(order.expires, bot.now)))
    for entry in bot.childless:
        bot = bot.record(replace(entry, since=bot.now))
    return bot


def _marked(bot: Bot, mark: Marked) -> Bot:
    bot = replace(bot, mark=mark.price, marked_at=bot.now, trading=mark.trading)
    first = bot.sunk_at if bot.sunk_at is not None else bot.now
    return replace(bot, sunk_at=first if sunk(bot, bot.equity) else None)


def _seen(bot: Bot, seen: OrderSeen) -> Bot:
    """On a test network the first entry that filled is the witness. That it was found counts if we asked."""
    asked_at = seen.report.asked_at
    if asked_at is not None:
        bot = bot.testified(seen.cid, lambda witness: witness.found(asked_at))
    order = bot.ledger.get(seen.cid)
    if order is None:
        return bot
    order = order.merge(seen.report, bot.now)
    if bot.testnet and bot.witness is None and order.purpose is Purpose.ENTRY and order.status is Status.FILLED:
        bot = replace(bot, witness=Witness(order.cid))
    return _children(bot, seen).record(order)


def _absent(bot: Bot, absent: OrderAbsent) -> Bot:
    """Where everything was forgotten, that an order is unknown says nothing about it. So one that was seen vanishes
    only after the witness, if there is one, was found again."""
    cid, asked_at = absent.cid, absent.asked_at
    bot = bot.testified(cid, lambda witness: witness.missing(asked_at))
    order = bot.ledger.get(cid)
    if order is None or bot.wiped:
        return bot
    gone, witness = order.absent(asked_at, bot.now), bot.witness
    if witness and order.status is not Status.PLANNED:
        if not order.misses:
            bot = replace(bot, witness=witness.doubted())
        elif gone.final and not witness.vouched:
            return bot
    return bot.record(gone)


def _children(bot: Bot, seen: OrderSeen) -> Bot:
    """The stops that the venue made for an entry of ours, at the price that the entry carried."""
    entry = bot.ledger.get(seen.cid)
    trigger = entry.trigger if entry else None
    for child in seen.children:
        order = bot.ledger.get(child.cid) or Order(
            child.cid, Purpose.STOP, child.qty, bot.now, bot.now, trigger, parent=seen.cid, checked=bot.now
        )
        bot = bot.record(order.merge(child.report, bot.now))
    return bot
