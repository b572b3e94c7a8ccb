"""What a row does: change the scratch Step, emit effects. Never touches the world."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from . import guards, sizing
from .bot import Leave, Want
from .breakers import ALARMS
from .commands import Choice, Rearm, Resolve, Signal, Stop
from .cover import uncovered
from .effects import Assess, Audit, Cancel, Query
from .gates import GATES
from .ledger import WOULD_TRIGGER, ZERO, Ledger, Order, Purpose, Status
from .questions import questions
from .round_trip import round_trip
from .scratch import Step, Verdict

NOT_READY = "not_ready"  # ask again: the account has not been audited yet


# -- commands
def drop_silently(step: Step) -> None:
    step.accepted = False
    step.reasons.append("duplicate_signal")
    step.change(heard=step.bot.heard[:-1])


def ask_again(step: Step) -> None:
    """Leaves no trace, so that the resend is not a duplicate."""
    step.accepted = False
    step.reasons.append(NOT_READY)
    step.change(heard=step.bot.heard[:-1])


def assess(step: Step) -> None:
    signal = step.as_(Signal)
    step.change(signal=signal, facts=None)
    step.emit(Assess(signal.signal_id))


def withdraw_entry(step: Step) -> None:
    step.decide("refused", "withdrawn by a SELL")
    step.verdicts.append(Verdict(step.as_(Signal).signal_id, "closed", ("nothing was bought",)))


def begin_exit(step: Step) -> None:
    step.change(leave=Leave("signal", step.as_(Signal).signal_id))


def want_halt(step: Step) -> None:
    by = step.as_(Stop).by
    step.change(want=Want.HALT, leave=step.bot.leave or Leave("stop"), why=(f"stopped by {by}" if by else "stopped",))


def want_run(step: Step) -> None:
    step.change(want=Want.RUN, why=(), book=replace(step.bot.book, streak=0))


def new_peak(step: Step) -> None:
    step.change(
        want=Want.HALT,
        why=(f"rearmed: {step.as_(Rearm).reason}",),
        sunk_at=None,
        book=replace(step.bot.book, peak=step.bot.equity),
    )


def settle_orphan(step: Step) -> None:
    """Coins that stay foreign move nothing; coins that become or cease to be ours do so at the mark.
    Orders are either left alone or cancelled: a stop of our own cannot share the coins they lock."""
    bot, choice = step.bot, step.as_(Resolve).choice
    foreign = max(bot.orphan, -bot.book.foreign) if bot.orphan < 0 else bot.orphan if choice is Choice.KEEP else ZERO
    kept, cancelled = (bot.strays, ()) if choice is Choice.KEEP else ((), bot.strays)
    for cid in cancelled:
        step.emit(Cancel(cid))
    book = replace(
        bot.book,
        foreign=bot.book.foreign + foreign,
        foreign_orders=(*bot.book.foreign_orders, *kept),
    )
    step.change(orphan=ZERO, strays=(), book=book)
    if bot.orphan != foreign:
        _transfer(step, bot.orphan - foreign)
    if choice is Choice.EXIT and bot.orphan > 0:
        step.change(leave=step.bot.leave or Leave("orphan"))


def _transfer(step: Step, coins: Decimal) -> None:
    """In kind, at the mark: an order nobody sent, paid for by moving the baseline."""
    bot, purpose = step.bot, Purpose.ENTRY if coins > 0 else Purpose.EXIT
    worth = coins * (bot.mark or ZERO)
    order = Order(
        f"transfer-{bot.seq}",
        purpose,
        abs(coins),
        bot.now,
        bot.now,
        status=Status.FILLED,
        filled=abs(coins),
        cost=abs(worth),
        final=True,
        since=bot.now,
        complete=True,
    )
    step.bot = replace(bot, book=bot.book.move(worth, bot.equity)).record(order)


# -- breakers
def flatten_for_good(step: Step) -> None:
    step.reasons.append("drawdown")
    step.change(want=Want.KILL, leave=step.bot.leave or Leave("drawdown"), why=("drawdown",))


def alarm(step: Step) -> None:
    reasons = tuple(check.__name__ for check in ALARMS if check(step.bot))
    step.reasons += reasons
    step.change(want=Want.HALT, why=reasons)


def trip_daily(step: Step) -> None:
    step.reasons.append("daily_loss_limit")
    step.change(want=Want.HALT, why=("daily_loss_limit",))


def report_streak(step: Step) -> None:
    step.reasons.append("losing_streak")
    step.change(why=("losing_streak",))


# -- asking
def query_overdue(step: Step) -> None:
    for cid in questions(step.bot):
        step.emit(Query(cid, step.bot.now))


def audit(step: Step) -> None:
    step.emit(Audit(step.bot.seq))


# -- safety work
def leave_at_stop(step: Step) -> None:
    step.change(leave=Leave("stop_loss"))


def flee(step: Step) -> None:
    step.change(leave=Leave("stop_refused"))


def tell_bare(step: Step) -> None:
    step.reasons.append("naked")
    step.change(bare_told=True)


def place_stop(step: Step) -> None:
    """Under the real average price paid; after a refused stop or failed exits, under the market if that is lower: one
    more step down at most where we can still leave, for that may be one odd bid. A stop that would have triggered says
    where the market is, too."""
    bot, refused = step.bot, step.bot.ledger.refused(Purpose.STOP)
    price = bot.ledger.entry_price or bot.mark or ZERO
    if bot.mark and guards.cooling(bot):
        price = min(price, bot.mark)
    elif bot.mark and refused:
        price = min(price, max(bot.mark, sizing.stop_price(bot, price)))
    price = min([price, *(o.trigger for o in refused if o.trigger and o.reason == WOULD_TRIGGER)])
    step.place(Purpose.STOP, uncovered(bot), sizing.stop_price(bot, price))


def _cancel(step: Step, purpose: Purpose) -> None:
    for order in guards.cancellable(step.bot, purpose):
        step.emit(Cancel(order.cid))


def cancel_entry(step: Step) -> None:
    _cancel(step, Purpose.ENTRY)


def cancel_exit(step: Step) -> None:
    _cancel(step, Purpose.EXIT)


def cancel_stop(step: Step) -> None:
    _cancel(step, Purpose.STOP)


def place_exit(step: Step) -> None:
    step.place(Purpose.EXIT, step.bot.sellable(step.bot.held + max(step.bot.book.dust, ZERO)))


# -- judging and settling
def refuse_stale(step: Step) -> None:
    step.decide("refused", "facts_late")


def place_entry(step: Step) -> None:
    """The row's gates have all agreed."""
    qty, facts, signal = sizing.entry_qty(step.bot), sizing.known(step.bot), step.bot.signal
    step.change(market=facts.market, opener=signal.signal_id if signal else "", ledger=Ledger(changed=step.bot.seq))
    if facts.market.attached:
        step.place(Purpose.ENTRY, qty, sizing.stop_price(step.bot, facts.price), sizing.dearest(step.bot))
    else:
        step.place(Purpose.ENTRY, qty)


def refuse_entry(step: Step) -> None:
    step.decide("refused", *(reason for gate in GATES if (reason := gate.veto(step.bot))))


def report_entry(step: Step) -> None:
    if step.bot.ledger.filled(Purpose.ENTRY):
        step.decide("opened")
    else:
        refusals = [o.reason for o in step.bot.ledger.orders if o.reason]
        step.decide("refused", *(refusals or ["the venue did not fill it"]))


def close_trade(step: Step) -> None:
    """Flat and quiet: the trade is history, and history is the journal's business."""
    bot = step.bot
    if bot.signal:
        step.decide("refused", f"{bot.state.value} before it was sent")
    if bot.leave and bot.leave.signal_id:
        step.verdicts.append(Verdict(bot.leave.signal_id, "closed"))
    book = bot.book
    if any(o.filled > 0 for o in bot.ledger.orders):
        book = book.close(bot.ledger.flow, bot.ledger.position, bot.now)
        step.trades += [trade] if (trade := round_trip(bot)) else []
    step.archive += bot.ledger.orders
    step.change(book=book, ledger=Ledger(changed=bot.seq), leave=None, facts=None, opener="", sunk_at=None)
