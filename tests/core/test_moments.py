"""To the millisecond and to the cent: where each level tips over, on both sides."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from msgspec.structs import replace

from fsm import breakers, cover, gates, guards, questions
from fsm.audit import audited
from fsm.book import Book
from fsm.bot import Bot, Heard, Leave, State, Suspect, Want
from fsm.commands import Choice, Resolve, Side, Signal
from fsm.events import Assessed, Audited, Tick
from fsm.fold import fold
from fsm.ledger import NEVER, TRIGGERED, WOULD_TRIGGER, Ledger, Order, Purpose, Status
from fsm.limits import Limits
from fsm.step import step
from fsm.witness import Witness
from tests.core import places
from tests.world.desk import BTC, KRAKEN

ENTRY, STOP, EXIT = Purpose
T = 1_000_000.0
MS = 0.001
QTY = D("0.1")


def order(purpose: Purpose, **more: Any) -> Order:
    fields: dict[str, Any] = {"cid": f"{purpose}-{len(more)}", "qty": QTY, "at": T, "expires": T + 5, "checked": T}
    return Order(**{"purpose": purpose, **fields, **more})


def bot(*orders: Order, **more: Any) -> Bot:
    fields: dict[str, Any] = {"market": BTC, "mark": D(64_000), "now": T, "audited": True, "audit_at": T, "pictured": T}
    return Bot(**{**fields, "ledger": Ledger(orders), **more})


def held(*orders: Order, **more: Any) -> Bot:
    """With coins, bought long ago."""
    entry = order(ENTRY, cid="bought", status=Status.FILLED, filled=QTY, cost=D(6400), final=True, at=T - 99)
    return bot(entry, *orders, **more)


def refused(purpose: Purpose, times: int, reason: str = "no", **more: Any) -> list[Order]:
    fields: dict[str, Any] = {"status": Status.REJECTED, "final": True, "since": T, "reason": reason}
    return [order(purpose, **{"cid": f"{purpose}-{n}", **fields, **more}) for n in range(times)]


def heard(stamp: float = T, **more: Any) -> dict[str, Any]:
    signal = Signal(at=T, side=Side.BUY, signal_id="a", stamp=stamp, **more)
    return {"heard": (Heard(signal, T),), "signal": signal}


TIPS: list[tuple[str, Callable[[Bot], bool], Bot, float]] = [
    # the guard begins to hold so many seconds after T
    ("cooled", guards.cooled, bot(book=Book(lost_at=T), limits=Limits(cooldown=30.0)), 30),
    ("stale", guards.stale, bot(**heard()), 5 + MS),
    ("told of as naked", guards.bare_long, held(bare_since=T), 15),
    ("an entry is let go of", lambda b: not guards.entering(b), bot(order(ENTRY)), 5),
    ("an exit lingers", guards.exit_lingers, held(order(EXIT, status=Status.OPEN)), 15),
    ("cooled down", lambda b: not guards.cooling(b), held(*refused(EXIT, 3)), 30),
    ("asked about", questions.overdue, held(order(STOP, status=Status.OPEN)), 5),
    ("doubted once", questions.overdue, bot(order(ENTRY, doubts=1)), 2),
    ("doubted twice, unknown once", questions.overdue, bot(order(ENTRY, doubts=2, misses=1, checked=T)), 8),
    ("doubted for long", questions.overdue, bot(order(STOP, doubts=4, status=Status.OPEN)), 10),
    ("half proven absent", questions.overdue, bot(order(ENTRY, misses=3, missed_at=T, doubts=4)), 2),
    ("half proven absent, then silence", questions.overdue, bot(order(ENTRY, misses=1, missed_at=T, doubts=4)), 8),
    ("a stop at its price", questions.overdue, held(order(STOP, status=Status.OPEN, trigger=D(64_000))), 2),
    ("a stop above its price", questions.overdue, held(order(STOP, status=Status.OPEN, trigger=D(63_999))), 5),
    ("an entry that rests", questions.overdue, bot(order(ENTRY, status=Status.OPEN)), 2),
    ("an entry that rests, in doubt", questions.overdue, bot(order(ENTRY, status=Status.OPEN, doubts=2)), 4),
    ("a stop that vanishes", questions.overdue, held(order(STOP, status=Status.OPEN, misses=2, doubts=3)), 2),
    ("and then silence", questions.overdue, held(order(STOP, status=Status.OPEN, misses=1, doubts=3)), 4),
    ("absence is provable", questions.overdue, bot(order(ENTRY, misses=1, doubts=4, checked=T + 14)), 15 + MS),
    ("audited", questions.audit_due, bot(), 60),
    ("audited for the first time", questions.audit_due, bot(audited=False), 2),
    ("audited again", questions.audit_due, bot(suspect=Suspect(D(1), D(0), (), 1)), 2),
    ("audited after a refused exit", questions.audit_due, held(*refused(EXIT, 1, since=T + MS)), 2),
    ("audited after two refused stops", questions.audit_due, held(*refused(STOP, 2, since=T + MS)), 2),
    ("not for one refused stop", questions.audit_due, held(*refused(STOP, 1, since=T + MS)), 60),
    ("not for one that the picture has seen", questions.audit_due, held(*refused(EXIT, 1)), 60),
    ("waited, and looked", lambda b: guards.waited(b, b.ledger.refused(EXIT), 2), held(*refused(EXIT, 1)), 2),
    (
        "waited, and not looked",
        lambda b: guards.waited(b, b.ledger.refused(EXIT), 2),
        held(*refused(EXIT, 1), pictured=T - MS),
        10,
    ),
    (
        "waited, and looked at something odd",
        lambda b: guards.waited(b, b.ledger.refused(EXIT), 2),
        held(*refused(EXIT, 1), suspect=Suspect(D(1), D(0), (), 1)),
        10,
    ),
    (
        "waited, and looked before the last refusal",
        lambda b: guards.waited(b, b.ledger.refused(EXIT), 2),
        held(*refused(EXIT, 1, since=T - 50), *refused(EXIT, 1, cid="last"), pictured=T - MS),
        10,
    ),
    (
        "a third stop, while nobody can leave",
        guards.naked,
        held(*refused(EXIT, 3), *refused(STOP, 2), leave=Leave("signal")),
        2,
    ),
    *(
        (
            f"the witness, after {n} questions without an answer",
            questions.overdue,
            bot(suspect=Suspect(D(1), D(0), (), 1), witness=Witness("w", asked_at=T, silences=n)),
            pause,
        )
        for n, pause in enumerate((2, 4, 8, 10, 10))
    ),
    ("absence is provable at once", questions.overdue, bot(order(ENTRY, misses=1, doubts=4, checked=T + 15)), 15 + MS),
    ("a signal grows old", lambda b: not guards.fresh(b), bot(**heard()), 60 + MS),
    ("a signal from the future", guards.fresh, bot(**heard(stamp=T + 61)), 1),
]


@pytest.mark.parametrize(("name", "level", "found", "after"), TIPS, ids=[tip[0] for tip in TIPS])
def test_when_it_tips(name: str, level: Callable[[Bot], bool], found: Bot, after: float) -> None:
    assert not level(replace(found, now=T + after - MS))
    assert level(replace(found, now=T + after))


def test_the_same_id_is_the_same_signal_for_a_minute() -> None:
    signal = Signal(at=T, side=Side.BUY, signal_id="a", stamp=T + 60)
    twice = bot(heard=(Heard(replace(signal, stamp=T), T), Heard(signal, T + 60)))
    assert gates.repeats(replace(twice, now=T + 60), signal)
    assert not gates.repeats(replace(twice, now=T + 60 + MS), signal)
    for other in (replace(signal, side=Side.SELL), replace(signal, signal_id="b")):
        assert not gates.repeats(replace(twice, now=T + 60), other)


# -- counted
def test_how_many_refusals_it_takes() -> None:
    for n in range(1, 4):
        assert guards.unprotectable(held(*refused(STOP, n))) == (n >= 2)
        assert not guards.unprotectable(held(*refused(STOP, n, WOULD_TRIGGER)))
        assert guards.overrun(held(*refused(STOP, n, WOULD_TRIGGER)))
        assert not guards.overrun(held(*refused(STOP, n)))
        assert breakers.cannot_leave(held(*refused(EXIT, n))) == guards.cooling(held(*refused(EXIT, n))) == (n >= 3)


def test_refusals_of_stops_for_coins_that_are_watched_or_gone_are_no_reason_to_leave() -> None:
    """A stop that was thought lost has sold, or shows up: what was refused beside it was refused rightly."""
    watching = order(STOP, cid="watching", status=Status.OPEN)
    for stop in (watching, replace(watching, status=Status.FILLED, filled=QTY, final=True)):
        assert not guards.unprotectable(held(stop, *refused(STOP, 2)))
        assert not guards.overrun(held(stop, *refused(STOP, 2, WOULD_TRIGGER)))


def test_the_last_refusal_says_whether_the_price_was_through_the_stop() -> None:
    other, through = refused(STOP, 1, cid="other"), refused(STOP, 1, WOULD_TRIGGER)
    assert guards.overrun(held(*other, *through))
    assert not guards.overrun(held(*through, *other))


def test_a_stop_whose_limit_was_jumped_over_protects_nothing() -> None:
    for reason, mark, jumped in ((TRIGGERED, 64_000, True), (TRIGGERED, 64_001, False), ("", 64_000, False)):
        stop = order(STOP, status=Status.OPEN, trigger=D(64_000), reason=reason)
        found = held(stop, mark=D(mark))
        assert guards.overrun(found) == jumped
        assert cover.bare(found) == (QTY if jumped else 0)
        assert cover.uncovered(found) == 0  # its coins are locked by it
        assert not guards.overrun(replace(found, leave=Leave("signal")))


def test_the_second_stop_does_not_wait() -> None:
    assert guards.naked(held(*refused(STOP, 1)))


def test_how_many_doubts_call_a_person() -> None:
    for n in range(3, 7):
        assert breakers.lost(bot(order(ENTRY, doubts=n))) == (n >= 5)
        assert breakers.lost(held(order(STOP, doubts=n))) == (n >= 5)
        assert not breakers.lost(held(order(STOP, doubts=n, status=Status.OPEN)))


def test_how_often_a_stop_must_be_unknown_before_another_is_tried() -> None:
    for misses in range(3):
        planned, shown = (order(STOP, misses=misses, status=s) for s in (Status.PLANNED, Status.OPEN))
        assert cover.standing(held(planned), STOP) == ((planned,) if misses < 1 else ())
        assert cover.standing(held(shown), STOP) == ((shown,) if misses < 2 else ())


def test_as_many_foreign_coins_as_the_stop_needs_would_let_both_in() -> None:
    stop = order(STOP, misses=1)
    assert cover.standing(held(stop, orphan=QTY), STOP) == (stop,)
    assert cover.standing(held(stop, orphan=QTY / 2, book=Book(foreign=QTY / 2)), STOP) == (stop,)
    assert cover.standing(held(stop, orphan=QTY - D("0.001")), STOP) == ()


def test_a_refusal_by_the_lock_brings_back_only_older_ones() -> None:
    """The ledger, not the clock, says which came first."""
    stop = order(STOP, misses=1)
    (locked,) = refused(STOP, 1, at=T)
    assert cover.standing(held(stop, locked), STOP) == (stop,)
    assert cover.standing(held(locked, stop), STOP) == ()
    assert cover.standing(held(stop, replace(locked, reason=WOULD_TRIGGER)), STOP) == ()


def test_what_is_called_back() -> None:
    assert guards.cancellable(bot(shown := order(EXIT, status=Status.OPEN)), EXIT) == [shown]
    for other in (order(EXIT), order(EXIT, status=Status.OPEN, cancel_asked=True), order(STOP, status=Status.OPEN)):
        assert guards.cancellable(bot(other), EXIT) == []


@pytest.mark.parametrize(
    ("change", "unwanted"),
    [
        ({}, False),
        ({"want": Want.HALT}, True),
        ({"leave": Leave("signal")}, True),
        ({"now": T + 15}, True),
        ({"now": T + 15 - MS}, False),
    ],
)
def test_an_entry_that_nobody_wants(change: dict[str, Any], unwanted: bool) -> None:
    assert guards.entry_unwanted(replace(bot(order(ENTRY, status=Status.OPEN)), **change)) == unwanted


@pytest.mark.parametrize(
    ("change", "guarded"),
    [
        ({}, True),
        ({"cancel_asked": True}, False),
        ({"status": Status.PLANNED}, False),
        ({"misses": 1}, True),
        ({"misses": 2}, False),
        ({"qty": QTY / 2}, False),
        ({"purpose": EXIT}, False),
    ],
)
def test_what_counts_as_guarded(change: dict[str, Any], guarded: bool) -> None:
    found = held(replace(order(STOP, status=Status.OPEN), **change))
    assert guards.guarded(found) == guarded
    assert guards.unguarded(found) != guarded


def test_a_stop_unknown_twice_watches_nothing_also_where_another_could_be_taken_beside_it() -> None:
    for misses in range(4):
        found = held(order(STOP, status=Status.OPEN, misses=misses), market=KRAKEN)
        assert cover.uncovered(found) == 0
        assert guards.guarded(found) == (misses < 2)


def test_what_a_stop_has_sold_it_no_longer_watches() -> None:
    stop = order(STOP, status=Status.OPEN, qty=QTY / 2, filled=QTY / 4, cost=D(1600))
    assert cover.uncovered(held(stop)) == cover.bare(held(stop)) == QTY / 2


# -- money
def test_the_drawdown_to_the_cent() -> None:
    for cash, killed in ((D("8500.01"), False), (D(8500), True)):
        assert breakers.drawdown_breached(bot(book=Book(cash=cash, peak=D(10_000)))) == killed
    assert not breakers.drawdown_breached(bot(book=Book(cash=D(0), peak=D(0))))


def test_two_marks_five_seconds_apart() -> None:
    for apart, killed in ((5 - MS, False), (5.0, True)):
        assert breakers.drawdown_breached(held(sunk_at=T, marked_at=T + apart)) == killed


def test_the_daily_loss_to_the_cent() -> None:
    for pnl, over in ((D("-299.99"), False), (D(-300), True)):
        book = Book(day_open=D(10_000), day_pnl=pnl)
        assert breakers.daily_loss_breached(bot(book=book)) == over
        assert breakers.no_breach(bot(book=book)) != over
    assert not breakers.daily_loss_breached(bot(book=Book()))


def test_an_account_of_less_than_one_unit_of_quote() -> None:
    """Half a bitcoin, where bitcoin is what things cost."""
    for cash, killed in ((D("0.425001"), False), (D("0.425"), True)):
        assert breakers.drawdown_breached(bot(book=Book(cash=cash, peak=D("0.5")))) == killed
    for pnl, over in ((D("-0.01499"), False), (D("-0.015"), True)):
        assert breakers.daily_loss_breached(bot(book=Book(day_open=D("0.5"), day_pnl=pnl))) == over


def test_the_losing_streak() -> None:
    for streak in range(3, 7):
        assert breakers.losing_streak(bot(book=Book(streak=streak))) == (streak >= 5)


def test_the_smallest_account() -> None:
    assert gates.min_balance(bot(book=Book(cash=D(50))))
    assert not gates.min_balance(bot(book=Book(cash=D("49.99"))))


def test_the_smallest_order() -> None:
    """The stop's worth decides: size less the fee twice, at the stop's price."""
    facts = Assessed(at=T, signal_id="a", price=D(100), cash=D(1000), market=replace(BTC, min_notional=D("9.78")))
    limits = Limits(min_notional=D(1))  # the venue's own is higher
    for cash, fits in ((D("20.01"), True), (D("19.99"), False)):
        found = bot(book=Book(cash=cash), facts=facts, limits=limits)
        assert gates.min_notional(found) == fits
    assert not gates.min_notional(bot(book=Book(cash=D("20.01")), facts=facts, limits=Limits(min_notional=D(10))))
    worth = D("0.10005") * (1 - 2 * BTC.fee) * 98
    for least, fits in ((worth, True), (worth + D("0.00001"), False)):
        exact = replace(facts, market=replace(BTC, min_notional=least))
        assert gates.min_notional(bot(book=Book(cash=D("20.01")), facts=exact, limits=limits)) == fits
    for min_qty, fits in ((D("0.10005"), True), (D("0.10006"), False)):
        market = replace(facts.market, min_qty=min_qty)
        assert (
            gates.min_notional(bot(book=Book(cash=D("20.01")), facts=replace(facts, market=market), limits=limits))
            is fits
        )


# -- evidence
def test_an_audit_asked_together_with_the_questions_about_a_difference_does_not_confirm_it() -> None:
    """It may be as old as the picture in which the difference was seen."""
    odd = Audited(at=T, asked=7, base=D("0.5"), cash=D(10_000))
    suspicious = audited(bot(seq=9, book=Book(cash=D(10_000))), odd)
    assert suspicious.suspect is not None
    assert audited(suspicious, replace(odd, asked=9)).orphan == 0
    assert audited(suspicious, replace(odd, asked=10)).orphan == D("0.5")


@pytest.mark.parametrize(("first", "last"), [(T + 20, T + 24), (T + 11 + MS, T + 15 + MS), (T + 11, T + 16)])
def test_a_confirmed_stop_is_given_up_at_the_fifth_answer_in_a_row_once_it_is_no_longer_young(
    first: float, last: float
) -> None:
    stop, asked = order(STOP, status=Status.OPEN, missed_at=NEVER), first
    while asked < last:
        stop = stop.absent(asked, asked)
        assert not stop.final
        asked += 1
    stop = stop.absent(last, last)
    assert (stop.final, stop.status, stop.since, stop.doubts) == (True, Status.CANCELED, last, 0)


def test_an_audit_asked_when_the_coins_last_changed_is_evidence_and_an_older_one_is_not() -> None:
    for asked, evidence in ((7, True), (6, False)):
        seen = audited(
            bot(seq=9, book=Book(cash=D(10_000)), ledger=Ledger((), changed=7), pictured=NEVER),
            Audited(at=T, asked=asked, base=D(0), cash=D(10_000)),
        )
        assert seen.pictured == (T if evidence else NEVER)


def test_two_different_differences_confirm_nothing() -> None:
    odd = Audited(at=T, asked=7, base=D("0.5"), cash=D(10_000))
    suspicious = audited(bot(seq=9, book=Book(cash=D(10_000))), odd)
    other = audited(replace(suspicious, seq=11), replace(odd, asked=10, base=D("0.4")))
    assert (other.orphan, other.suspect) == (0, Suspect(D("0.4"), D(0), (), 11))


def test_dust_of_ours_is_no_position_that_nobody_knows() -> None:
    dust = D("0.00005")  # too little to be sold, and twice as much would not be
    facts = Assessed(at=T, signal_id="a", price=D(64_000), base=dust, market=BTC)
    assert gates.max_positions(bot(facts=facts, book=Book(dust=dust)))
    assert not gates.max_positions(bot(facts=replace(facts, base=2 * dust)))


def test_one_denial_heard_twice_is_one() -> None:
    stop = order(STOP, status=Status.OPEN, missed_at=NEVER).absent(T + 20, T + 20)
    assert stop.absent(T + 20, T + 21) == stop


def test_absence_to_the_millisecond() -> None:
    entry = order(ENTRY)  # expires at T + 5, and may arrive for ten seconds more
    early = entry.absent(T + 15, T + 16)
    assert (early.missed_at, early.misses, early.doubts) == (NEVER, 1, 1)
    once = early.absent(T + 15 + MS, T + 16)
    assert (once.final, once.missed_at) == (False, T + 15 + MS)
    assert not once.absent(T + 15 + MS, T + 17).final
    gone = once.absent(T + 15 + 2 * MS, T + 17)
    assert (gone.final, gone.status, gone.since, gone.doubts) == (True, Status.ABSENT, T + 17, 0)


def test_a_signal_is_remembered_for_a_minute_and_no_longer() -> None:
    known = bot(**heard())
    assert fold(known, Tick(at=T + 60)).heard == known.heard
    assert fold(known, Tick(at=T + 60 + MS)).heard == ()


def test_what_was_heard_before_a_signal_that_is_to_be_sent_again_stays() -> None:
    desk = places.idle()
    desk.sell("a")
    desk.bot = replace(desk.bot, audited=False)
    assert desk.buy("b").reasons == ("not_ready",)
    assert [h.signal.signal_id for h in desk.bot.heard] == ["a"]


def test_resume_forgets_the_losses_in_a_row() -> None:
    desk = places.paused()
    assert desk.bot.book.streak == 2
    assert desk.resume().bot.book.streak == 0


def test_to_sell_coins_that_are_missing_sells_nothing() -> None:
    desk = places.in_position()
    missing = replace(desk.bot, state=State.HALTED, orphan=D("-0.01"))
    assert step(missing, Resolve(at=desk.now, choice=Choice.EXIT)).bot.leave is None
    found = replace(missing, orphan=D("0.01"))
    assert step(found, Resolve(at=desk.now, choice=Choice.EXIT)).bot.leave == Leave("orphan")


def test_what_was_heard_before_a_duplicate_stays() -> None:
    desk = places.idle()
    desk.sell("a")
    desk.sell("b")
    desk.sell("b")
    assert [h.signal.signal_id for h in desk.bot.heard] == ["a", "b"]


def test_a_price_under_half_of_what_was_paid_does_not_make_coins_dust() -> None:
    for qty, lots in ((QTY, QTY), (D("0.00016"), D("0.00016")), (D("0.00015"), D(0))):  # paid: 64,000
        assert held(mark=D(1)).sellable(qty) == lots
        assert bot(mark=D(1)).sellable(qty) == 0


@pytest.mark.parametrize(
    ("order_", "failed"),
    [
        (order(EXIT, status=Status.REJECTED, final=True), True),
        (order(EXIT, status=Status.CANCELED, final=True), True),
        (order(EXIT, status=Status.CANCELED, final=True, cancel_asked=True), False),
        (order(EXIT, status=Status.CANCELED, final=True, filled=QTY / 2), False),
        (order(STOP, status=Status.CANCELED, final=True), False),
        (order(EXIT, status=Status.FILLED, filled=QTY, final=True), False),
    ],
)
def test_what_came_to_nothing(order_: Order, failed: bool) -> None:
    """A market order that the venue ended by itself, unfilled, is tried again as a refused one is: a while later."""
    assert order_.failed == failed
    assert len(Ledger((order_,)).refused(order_.purpose)) == failed


def test_where_nobody_bid_the_next_exit_is_at_once_and_the_one_after_that_is_not() -> None:
    expired = refused(EXIT, 2, "", status=Status.CANCELED)
    for found, patient in (((), True), (expired[:1], True), (expired, False), (refused(EXIT, 1), False)):
        assert guards.clear_to_exit(held(*found, leave=Leave("signal"))) == patient
        assert guards.clear_to_exit(held(*found, leave=Leave("signal"), now=T + 2))


def test_missing_crumbs_are_first_those_that_are_not_ours() -> None:
    book = Book(dust=D("0.3"), foreign=D("0.2"))
    assert book.miss(D("-0.1")) == Book(dust=D("0.3"), foreign=D("0.1"))
    assert book.miss(D("-0.6")) == Book(dust=D("-0.1"), foreign=D(0))
    assert book.miss(D(0)) == book


def test_what_can_be_sold() -> None:
    market = replace(BTC, lot=D("0.01"), min_qty=D("0.02"), min_notional=D(5))
    cheap, unknown = bot(market=market, mark=D(100)), bot(market=market, mark=None)
    for qty, lots in (("0.0599", "0.05"), ("0.05", "0.05"), ("0.0499", "0"), ("0", "0")):
        assert cheap.sellable(D(qty)) == D(lots)
    for qty, lots in (("0.0299", "0.02"), ("0.02", "0.02"), ("0.0199", "0")):
        assert unknown.sellable(D(qty)) == D(lots)
