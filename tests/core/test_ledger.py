"""Merging is monotone: facts may come late, twice and in any order, and leave the same order behind."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fsm.ledger import ARRIVAL, GRACE, NEVER, VANISHED, ZERO, Ledger, Order, Purpose, Report, Status, average

QTY = D(10)
PLANNED = Order("a", Purpose.ENTRY, QTY, at=0.0, expires=5.0)
PROVABLE = PLANNED.expires + ARRIVAL


@st.composite
def histories(draw: st.DrawFn) -> list[Report]:
    """What one order may have told over its life: fills only grow, and the last word is one word."""
    fills = sorted(draw(st.lists(st.integers(1, 10), max_size=4)))
    reports = [Report(Status.OPEN)] + [Report(Status.OPEN, D(f), D(f) * 100, fee_quote=D(f) / 10) for f in fills]
    filled = fills[-1] if fills else 0
    last = Status.FILLED if filled == QTY else draw(st.sampled_from([Status.OPEN, Status.CANCELED]))
    if not fills and draw(st.booleans()):
        return [Report(Status.REJECTED, reason="filter")]
    asked = 100.0 if last is Status.CANCELED else None
    reports.append(Report(last, D(filled), D(filled) * 100, fee_quote=D(filled) / 10, asked_at=asked))
    return reports


def merged(order: Order, reports: list[Report]) -> Order:
    for n, report in enumerate(reports):
        order = order.merge(report, now=50.0 + n)
    return order


def money(o: Order) -> tuple[object, ...]:
    return o.status, o.filled, o.cost, o.fee_base, o.fee_quote, o.final, o.net, o.flow


@given(histories(), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(reports: list[Report], random: object) -> None:
    shuffled = list(reports)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert money(merged(PLANNED, shuffled)) == money(merged(PLANNED, reports))


@given(histories(), st.data())
def test_repetition_does_not_matter(reports: list[Report], data: st.DataObject) -> None:
    repeated = [r for r in reports for _ in range(data.draw(st.integers(1, 3)))]
    assert money(merged(PLANNED, repeated)) == money(merged(PLANNED, reports))


@given(histories(), st.sampled_from(list(Status)), st.decimals(0, 10, places=1), st.booleans())
def test_nothing_ever_goes_down(reports: list[Report], status: Status, filled: D, own: bool) -> None:
    """Whatever a confused venue adds."""
    before = merged(PLANNED, reports)
    after = before.merge(Report(status, filled, filled * 100, asked_at=1.0 if own else None), now=99.0)
    assert after.status >= before.status
    assert after.filled >= before.filled
    assert after.cost >= before.cost
    assert after.final or not before.final


@given(histories())
def test_a_report_already_known_changes_no_money(reports: list[Report]) -> None:
    known = merged(PLANNED, reports)
    for report in reports:
        assert money(known.merge(report, now=99.0)) == money(known)


def test_cumulative_amounts_not_averages() -> None:
    """Three fills at prices whose average has no end."""
    order = merged(PLANNED, [Report(Status.OPEN, D(1), D("100.01")), Report(Status.FILLED, D(3), D("300.02"))])
    assert (order.cost, order.flow) == (D("300.02"), D("-300.02"))


def test_fees_in_coins_are_coins_we_do_not_own() -> None:
    order = PLANNED.merge(Report(Status.FILLED, QTY, D(1_000), fee_base=D("0.01")), 1.0)
    assert (order.net, order.flow) == (D("9.99"), D(-1_000))


# -- cancels
def test_the_acknowledgement_of_a_cancel_is_not_final_but_the_answer_to_a_question_is() -> None:
    told = PLANNED.merge(Report(Status.OPEN), 1.0).merge(Report(Status.CANCELED), 2.0)
    assert (told.status, told.final, told.checked, told.doubts) == (Status.CANCELED, False, NEVER, 1)
    late_fill = told.merge(Report(Status.CANCELED, D(4), D(400), asked_at=3.0), 4.0)
    assert (late_fill.final, late_fill.filled, late_fill.remaining) == (True, D(4), ZERO)


def test_hearsay_of_a_cancel_is_asked_about_at_once_and_once() -> None:
    """A venue that repeats it must not use up what it allows us to ask."""
    told = replace(PLANNED, checked=1.0).merge(Report(Status.CANCELED), 2.0)
    assert told.checked == NEVER
    asked = replace(told, checked=3.0)
    assert asked.merge(Report(Status.CANCELED), 4.0).checked == 3.0


def test_an_open_order_in_our_own_answer_withdraws_the_cancel_so_that_it_is_sent_again() -> None:
    asked = replace(PLANNED.merge(Report(Status.OPEN), 1.0), cancel_asked=True)
    assert asked.merge(Report(Status.OPEN), 2.0).cancel_asked
    assert not asked.merge(Report(Status.OPEN, asked_at=2.0), 3.0).cancel_asked


def test_an_old_answer_does_not_end_a_newer_doubt() -> None:
    doubted = replace(PLANNED.merge(Report(Status.OPEN), 1.0), doubts=3, asked_at=20.0)
    assert doubted.merge(Report(Status.OPEN, asked_at=10.0), 21.0).doubts == 3
    assert doubted.merge(Report(Status.OPEN, asked_at=20.0), 21.0).doubts == 0


# -- absence
@pytest.mark.parametrize(
    ("questions", "absent"),
    [
        ([], False),
        ([1.0, 4.0, PROVABLE], False),  # all asked while it could still arrive
        ([PROVABLE + 0.1], False),  # once is an accident
        ([1.0, PROVABLE + 0.1], False),
        ([PROVABLE + 0.1, PROVABLE + 0.1], False),  # the same question, answered twice
        ([PROVABLE + 2.1, PROVABLE + 0.1], False),  # the second question was asked before the first
        ([PROVABLE + 0.1, PROVABLE + 2.1], True),
        ([1.0, PROVABLE + 0.1, 2.0, PROVABLE + 2.1], True),
    ],
)
def test_absence_needs_two_questions_asked_after_it_could_arrive(questions: list[float], absent: bool) -> None:
    order = PLANNED
    for asked_at in questions:
        order = order.absent(asked_at, now=500.0)  # when the answer came is no matter
    assert (order.status is Status.ABSENT, order.final) == (absent, absent)


def test_a_sign_of_life_starts_the_proof_of_absence_anew() -> None:
    order = PLANNED.absent(PROVABLE + 1, 20.0).merge(Report(Status.OPEN), 21.0).absent(PROVABLE + 3, 22.0)
    assert not order.final


@pytest.mark.parametrize("status", [Status.OPEN, Status.FILLED, Status.CANCELED, Status.REJECTED])
def test_existence_outranks_absence(status: Status) -> None:
    gone = PLANNED.absent(PROVABLE + 1, 20.0).absent(PROVABLE + 3, 23.0)
    seen = gone.merge(Report(status, asked_at=30.0), 30.0)
    assert seen.status is status
    assert seen.final is (status is not Status.OPEN)


def test_an_order_we_have_seen_is_never_absent_only_doubtful() -> None:
    order = PLANNED.merge(Report(Status.OPEN), 1.0)
    for at in (PROVABLE + 1, PROVABLE + 3, PROVABLE + 5):
        order = order.absent(at, at)
    assert (order.status, order.final, order.doubts, order.misses) == (Status.OPEN, False, 1, 3)


def test_an_order_we_have_seen_has_vanished_when_five_questions_do_not_find_it_and_it_is_no_longer_young() -> None:
    """Asked while a replica may still lag behind the acknowledgement, no number of answers is enough."""
    young = PLANNED.merge(Report(Status.OPEN), 1.0)
    for at in (1.0, 3.0, 5.0, 7.0, 9.0, 11.0, PROVABLE):
        young = young.absent(at, at)
    assert (young.status, young.final, young.misses) == (Status.OPEN, False, 7)
    gone = young.absent(PROVABLE + 1, PROVABLE + 1)
    assert (gone.status, gone.final) == (Status.CANCELED, True)


def test_the_same_question_answered_twice_counts_once_for_an_order_we_have_seen() -> None:
    order = PLANNED.merge(Report(Status.OPEN), 1.0)
    for at in (PROVABLE + 1, PROVABLE + 3, PROVABLE + 5):
        order = order.absent(at, at).absent(at, at + 2)
    assert (order.final, order.misses) == (False, 3)


@pytest.mark.parametrize(
    ("hearsay", "gone"),
    [(Status.CANCELED, True), (Status.OPEN, False), (Status.FILLED, False), (Status.REJECTED, False)],
)
def test_hearsay_that_an_order_ended_does_not_refute_that_it_can_no_longer_be_found(
    hearsay: Status, gone: bool
) -> None:
    """A cancel that was late, or repeated, is acknowledged again and again; every other word is of an order that is
    there."""
    order = PLANNED.merge(Report(Status.OPEN), 1.0)
    for at in (PROVABLE + n for n in range(1, VANISHED)):
        order = order.absent(at, at).merge(Report(hearsay), at)
    assert (order.misses == VANISHED - 1, order.missed_at == PROVABLE + VANISHED - 1) == (gone, gone)
    last = order.absent(PROVABLE + VANISHED, PROVABLE + VANISHED)
    assert (last.status is Status.CANCELED and last.final) is gone


# -- the trade
def test_position_and_flow_are_derived() -> None:
    ledger = Ledger()
    ledger = ledger.put(PLANNED.merge(Report(Status.FILLED, QTY, D(1_000), fee_base=D("0.1")), 1.0), 1)
    exit_ = Order("b", Purpose.EXIT, D(4), 2.0, 7.0).merge(Report(Status.FILLED, D(4), D(420), fee_quote=D(1)), 3.0)
    ledger = ledger.put(exit_, 2)
    assert (ledger.position, ledger.flow, ledger.entry_price) == (D("5.9"), D(-581), D(100))
    assert average(ledger.orders) == D(1_420) / D(14)


def test_changed_is_the_step_that_moved_money_not_the_one_that_moved_status() -> None:
    ledger = Ledger().put(PLANNED, 1)
    ledger = ledger.put(PLANNED.merge(Report(Status.OPEN), 1.0), 2)
    assert ledger.changed == 0
    ledger = ledger.put(PLANNED.merge(Report(Status.OPEN, D(1), D(100)), 1.0), 3)
    assert ledger.changed == 3
    shown_late = replace(PLANNED, cid="b", purpose=Purpose.STOP).merge(Report(Status.OPEN, D("0.1"), D(10)), 1.0)
    assert ledger.put(shown_late, 4).changed == 4


def _decided(cid: str, status: Status) -> Order:
    return replace(PLANNED, cid=cid, purpose=Purpose.STOP, status=status, final=True)


def test_refused_counts_the_latest_decided_orders_only() -> None:
    """One in flight does not break the row, nor one that never arrived; one that was taken does."""
    for statuses, count in (
        ([Status.REJECTED], 1),
        ([Status.REJECTED, Status.REJECTED], 2),
        ([Status.REJECTED, Status.CANCELED], 0),
        ([Status.REJECTED, Status.CANCELED, Status.REJECTED], 1),
        ([Status.REJECTED, Status.ABSENT, Status.REJECTED], 2),
        ([Status.ABSENT], 0),
    ):
        orders = tuple(_decided(f"{n}", s) for n, s in enumerate(statuses))
        in_flight = replace(_decided("x", Status.OPEN), final=False)
        assert len(Ledger((*orders, in_flight)).refused(Purpose.STOP)) == count


# -- stops that the venue makes
def attached(filled: int) -> Order:
    return replace(
        PLANNED, attached=True, trigger=D(98), status=Status.FILLED, filled=D(filled), final=True, since=10.0
    )


def test_an_entry_with_attached_stops_is_childless_until_all_are_shown_or_proven_missing() -> None:
    entry, child = attached(10), replace(PLANNED, cid="c", purpose=Purpose.STOP, qty=D(6), parent="a")
    assert Ledger((entry,)).childless(D(1)) == (entry,)
    assert Ledger((entry, child)).childless(D(1)) == (entry,)
    assert Ledger((entry, child, replace(child, cid="d", qty=D(4)))).childless(D(1)) == ()
    early = entry.merge(Report(Status.FILLED, D(10), asked_at=10.0 + GRACE), 16.0)
    late = entry.merge(Report(Status.FILLED, D(10), asked_at=10.1 + GRACE), 16.0)
    assert (early.complete, late.complete) == (False, True)
    assert Ledger((late,)).childless(D(1)) == ()


def test_the_stop_of_an_entry_that_paid_its_fee_in_coins_is_smaller_and_a_whole_number_of_lots() -> None:
    entry, child = replace(attached(10), fee_base=D("0.4")), replace(PLANNED, cid="c", purpose=Purpose.STOP, parent="a")
    assert Ledger((entry, replace(child, qty=D(9)))).childless(D(1)) == ()
    assert Ledger((entry, replace(child, qty=D(8)))).childless(D(1)) == (entry,)
    assert Ledger((entry, replace(child, qty=D("8.6")))).childless(D(1)) == (entry,)


def test_the_same_fill_told_twice_is_one_fill() -> None:
    fill = Report(Status.FILLED, D("0.1"), D(6400))
    once = Order("x", Purpose.ENTRY, D("0.1"), 0.0, 5.0).merge(fill, 1.0)
    assert (once.filled, once.merge(fill, 2.0).filled) == (D("0.1"), D("0.1"))


def test_a_late_report_of_an_order_as_open_does_not_open_it_again() -> None:
    done = Order("x", Purpose.ENTRY, D("0.1"), 0.0, 5.0).merge(Report(Status.FILLED, D("0.1"), D(6400)), 1.0)
    assert done.merge(Report(Status.OPEN, D("0.05"), D(3200)), 2.0).status is Status.FILLED
