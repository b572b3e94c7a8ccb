"""step(bot, input) -> Decision: the only door into the core, and it is pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace
from transitions import MachineError

from .book import Trade
from .bot import Bot, Heard, Suspect
from .breakers import sunk
from .commands import AnyCommand, Command, Signal
from .effects import AnyEffect, Audit, Query
from .events import (
    AnyEvent,
    Assessed,
    Audited,
    Booted,
    Marked,
    OrderAbsent,
    OrderSeen,
    OrderUnresolved,
)
from .gates import WINDOW
from .ledger import NEVER, ZERO, Order, Purpose, Status
from .lifecycle import MACHINE, rows
from .reasons import WHY, not_while
from .scratch import Step, Verdict

MAX_SETTLES = 30
BLANK = Bot()
CENT = Decimal("0.01")  # quote: venues round what they tell of costs and fees (Kraken to 5 decimals)
DRIFTING = (  # change by themselves, and are no news
    *("seq", "now", "mark", "marked_at", "sunk_at", "heard"),
    *("audit_at", "pictured"),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one input led to. `bot` and `effects` are to be made durable before anything else happens."""

    before: Bot
    input: AnyCommand | AnyEvent
    bot: Bot
    effects: tuple[AnyEffect, ...]
    accepted: bool
    reasons: tuple[str, ...]
    verdicts: tuple[Verdict, ...] = ()
    trades: tuple[Trade, ...] = ()
    orders: tuple[Order, ...] = ()  # those this step changed, as it left them

    @property
    def newsworthy(self) -> bool:
        """False where nothing changed but the time and the price, and nothing left but questions: to lose one of
        those is harmless, because the next boot asks about everything."""
        asks_only = all(isinstance(e, Query | Audit) for e in self.effects)
        return isinstance(self.input, Command | Booted) or not asks_only or _news(self.before) != _news(self.bot)


def _news(bot: Bot) -> Bot:
    """The bot without what changes by itself."""
    orders = tuple(replace(o, checked=0.0, asked_at=0.0) for o in bot.ledger.orders)
    idle = {name: getattr(BLANK, name) for name in DRIFTING}
    return replace(bot, ledger=replace(bot.ledger, orders=orders), **idle)


class Unsettled(Exception):
    """The table has a cycle: a bug, caught by the tests."""


def step(bot: Bot, input: AnyCommand | AnyEvent) -> Decision:
    """Fold the input in, fire its trigger if it is a command, then settle. Total: never raises for any input."""
    scratch = Step(_fold(bot, input), input)
    if isinstance(input, Command):
        trigger = type(input).__name__.lower()
        if not _fire(trigger, scratch):
            scratch.accepted, scratch.reasons = False, explain(trigger, scratch.bot)
    for _ in range(MAX_SETTLES):
        if not _fire("settle", scratch):
            return Decision(
                bot,
                input,
                scratch.bot,
                tuple(scratch.effects),
                scratch.accepted,
                tuple(scratch.reasons),
                tuple(scratch.verdicts),
                tuple(scratch.trades),
                _changed(bot, scratch),
            )
    raise Unsettled(scratch.bot)


def _changed(before: Bot, scratch: Step) -> tuple[Order, ...]:
    left = {o.cid: o for o in (*scratch.archive, *scratch.bot.ledger.orders)}
    return tuple(o for o in left.values() if o != before.ledger.get(o.cid))


def _fire(trigger: str, scratch: Step) -> bool:
    try:
        return bool(MACHINE.events[trigger].trigger(scratch))
    except MachineError:  # no row of this trigger starts here
        return False


def explain(trigger: str, bot: Bot) -> list[str]:
    """Why no row took the command: every guard that failed, of the row that came nearest."""
    failing = (
        [why for g in row.when if g in WHY and not g(bot) and (why := WHY[g](bot))] for row in rows(trigger, bot.state)
    )
    return min(filter(None, failing), key=len, default=[not_while(bot)])


def _fold(bot: Bot, input: AnyCommand | AnyEvent) -> Bot:
    """Let a fact in. Total: unknown orders and stale news change nothing. Time never runs backwards."""
    now = max(bot.now, input.at)
    heard = tuple(h for h in bot.heard if now - h.at <= WINDOW)
    bot = replace(bot, seq=bot.seq + 1, now=now, heard=heard, book=bot.book.roll(now, bot.realised_equity))
    return _facts(bot, input)


def _facts(bot: Bot, input: AnyCommand | AnyEvent) -> Bot:
    match input:
        case Signal():
            return replace(bot, heard=(*bot.heard, Heard(input, bot.now)))
        case Booted(pair=pair, limits=limits, tag=tag, epoch=epoch):
            bot = replace(bot, pair=pair, limits=limits, tag=tag, epoch=epoch)
            return _doubt_all(replace(bot, audited=False, suspect=None, sunk_at=None, audit_at=NEVER))
        case Marked():
            return _marked(bot, input)
        case Assessed(signal_id=signal_id) if (
            bot.signal and bot.signal.signal_id == signal_id and not bot.ledger.orders
        ):
            return replace(bot, facts=input)
        case OrderSeen(cid=cid) if order := bot.ledger.get(cid):
            return _children(bot, input).record(order.merge(input.report, bot.now))
        case OrderUnresolved(cid=cid) if order := bot.ledger.get(cid):
            return bot.record(replace(order, doubts=order.doubts + 1))
        case OrderAbsent(cid=cid, asked_at=asked_at) if order := bot.ledger.get(cid):
            return bot.record(order.absent(asked_at, bot.now))
        case Audited():
            return _audited(bot, input)
        case _:
            return bot


def _marked(bot: Bot, mark: Marked) -> Bot:
    bot = replace(bot, mark=mark.price, marked_at=bot.now, trading=mark.trading)
    first = bot.sunk_at if bot.sunk_at is not None else bot.now
    return replace(bot, sunk_at=first if sunk(bot, bot.equity) else None)


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


def _doubt_all(bot: Bot) -> Bot:
    for order in bot.ledger.live():
        bot = bot.record(replace(order, doubts=max(order.doubts, 1), checked=NEVER))
    return bot


def _audited(bot: Bot, audit: Audited) -> Bot:
    """One difference makes us ask again about everything; the same difference twice is real."""
    if bot.book.cash is None:
        bot = replace(bot, book=bot.book.open(audit.cash))
    if audit.market is not None and not bot.ledger.orders:
        bot = replace(bot, market=audit.market)
    in_flux = any(_in_flux(o) for o in bot.ledger.live()) or bool(bot.ledger.childless())
    if audit.asked < bot.ledger.changed or in_flux:
        return bot  # the picture may be older than our books: no evidence
    bot = replace(bot, pictured=bot.now)
    found = _difference(bot, audit)
    if not found.base and not found.cash and not found.orders:
        return replace(bot, audited=True, suspect=None)
    old = bot.suspect
    if old is None or replace(old, seq=found.seq) != found or old.seq < bot.ledger.changed:
        return _doubt_all(replace(bot, suspect=found))
    if audit.asked <= old.seq:
        return bot  # the same picture again
    return replace(
        bot,
        audited=True,
        suspect=None,
        orphan=bot.orphan + found.base,
        strays=bot.strays + found.orders,
        book=bot.book.move(found.cash, bot.equity),
    )


def _difference(bot: Bot, audit: Audited) -> Suspect:
    """What the account shows that our books do not."""
    base, cash = audit.base - bot.coins - bot.book.foreign - bot.orphan, audit.cash - bot.cash
    ours = {o.cid for o in bot.ledger.live()} | set(bot.strays) | set(bot.book.foreign_orders)
    return Suspect(
        base if bot.sellable(abs(base)) else ZERO,
        cash if abs(cash) >= CENT else ZERO,
        tuple(sorted(set(audit.open) - ours)),
        bot.seq,
    )


def _in_flux(order: Order) -> bool:
    settled = order.purpose is Purpose.STOP and order.status is Status.OPEN
    return not settled or order.cancel_asked or order.doubts > 0
