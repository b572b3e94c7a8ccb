"""step(bot, input) -> Decision: the only door into the core, and it is pure."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from transitions import MachineError

from .book import Trade
from .bot import Bot
from .commands import AnyCommand, Command
from .effects import AnyEffect, Audit, Query
from .events import AnyEvent, Booted
from .fold import fold
from .ledger import Order
from .lifecycle import MACHINE, rows
from .reasons import WHY, not_while
from .scratch import Step, Verdict

MAX_SETTLES = 30
BLANK = Bot()
DRIFTING = (  # change by themselves, and are no news
    *("seq", "now", "mark", "marked_at", "sunk_at", "heard"),
    *("audit_at", "pictured", "bare_since"),
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
        return isinstance(self.input, Command | Booted) or not asks_only or news(self.before) != news(self.bot)


def news(bot: Bot) -> Bot:
    """The bot without what changes by itself."""
    orders = tuple(replace(o, checked=0.0, asked_at=0.0) for o in bot.ledger.orders)
    idle = {name: getattr(BLANK, name) for name in DRIFTING}
    witness = bot.witness and bot.witness.unasked
    return replace(bot, ledger=replace(bot.ledger, orders=orders), witness=witness, **idle)


class Unsettled(Exception):
    """The table has a cycle: a bug, caught by the tests."""


def step(bot: Bot, input: AnyCommand | AnyEvent) -> Decision:
    """Fold the input in, fire its trigger if it is a command, then settle. Total: never raises for any input."""
    scratch = Step(fold(bot, input), input)
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
