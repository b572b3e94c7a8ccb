"""What is wrong at this moment: told when it begins and when it ends."""

from __future__ import annotations

from decimal import Decimal as D

from adapters.health import Vitals
from adapters.notifications import Troubles
from fsm.commands import Stop
from fsm.events import OrderSeen, OrderUnresolved
from fsm.ledger import Report, Status

from ..driving import BOOT, NOW, filled
from .hand import Hand


def test_an_outage_of_the_exchange_is_told_when_it_lasts_and_when_it_ends(hand: Hand) -> None:
    hand.fire(*BOOT)
    vitals, now = Vitals(started_at=NOW, exchange_connected=True), [NOW]
    troubles = Troubles(hand.runner, vitals, lambda: now[0])

    def look(at: float, connected: bool) -> list[str]:
        now[0], vitals.exchange_connected = at, connected
        return list(troubles.look())

    assert look(NOW, True) == []
    assert look(NOW + 1, False) == look(NOW + 15, False) == look(NOW + 15.5, True) == []  # a hiccup
    assert look(NOW + 20, False) == []
    (told,) = look(NOW + 35, False)
    assert told.startswith("❌ ERROR: exchange_unreachable — the exchange does not answer.")
    assert look(NOW + 60, False) == []
    assert look(NOW + 500, True) == ["✅ RECOVERED: the exchange answers again after 8 min"]
    assert look(NOW + 501, True) == []


def test_a_journal_that_cannot_be_written_is_told(hand: Hand) -> None:
    vitals = Vitals(started_at=NOW, exchange_connected=True, database="disk full")
    troubles = Troubles(hand.runner, vitals, lambda: NOW)
    (told,) = troubles.look()
    assert told.startswith("❌ ERROR: database — the journal cannot be written (disk full).")
    assert list(troubles.look()) == []
    vitals.database = None
    assert list(troubles.look()) == ["✅ RECOVERED: the journal can be written again"]


def test_any_other_trouble_is_told_when_it_begins_and_when_it_ends(hand: Hand) -> None:
    vitals = Vitals(started_at=NOW, exchange_connected=True, troubles=["scheduler: job audit failed"])
    troubles = Troubles(hand.runner, vitals, lambda: NOW)
    assert list(troubles.look()) == ["❌ ERROR: scheduler — job audit failed"]
    assert list(troubles.look()) == []
    vitals.troubles.clear()
    assert list(troubles.look()) == ["✅ RECOVERED: no more of this: scheduler: job audit failed"]


def test_an_alarm_that_rises_while_halted_is_told_and_its_end_too(hand: Hand) -> None:
    hand.in_position()
    vitals = Vitals(started_at=NOW, exchange_connected=True)
    troubles = Troubles(hand.runner, vitals, lambda: NOW)
    hand.fire(Stop(at=NOW))
    for n in range(5):
        hand.fire(OrderUnresolved(at=NOW + n, cid=hand.stop.cid))
    assert list(troubles.look()) == []  # a confirmed stop still watches
    hand.fire(OrderSeen(at=NOW + 5, cid=hand.stop.cid, report=Report(Status.CANCELED, asked_at=NOW + 5)))
    exit_ = hand.placed
    for n in range(5):
        hand.fire(OrderUnresolved(at=NOW + 6 + n, cid=exit_.cid))
    (told,) = troubles.look()
    assert told.startswith("❌ ERROR: lost — an order has had no definite answer")
    assert list(troubles.look()) == []
    hand.fire(filled(exit_, D(64_000), at=NOW + 12))
    assert list(troubles.look()) == ["✅ RECOVERED: every order has its answer again; /resume when you have looked"]


def test_an_alarm_that_the_journal_told_is_not_told_again(hand: Hand) -> None:
    hand.in_position()
    troubles = Troubles(hand.runner, Vitals(started_at=NOW, exchange_connected=True), lambda: NOW)
    list(hand.trouble("lost"))
    assert list(troubles.look({"lost"})) == []
    assert list(Troubles(hand.runner, Vitals(started_at=NOW, exchange_connected=True), lambda: NOW).look()) == []
