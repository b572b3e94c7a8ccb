"""A test network that begins anew, told from everything that merely looks like it."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from fsm.bot import State
from fsm.breakers import testnet_wiped as wiped
from fsm.commands import Choice
from fsm.effects import Audit
from fsm.events import Audited, OrderSeen
from fsm.ledger import Purpose, Report, Status
from fsm.picture import picture
from tests.world.desk import KRAKEN, Desk

ENTRY, STOP, EXIT = Purpose
NOTICED = 75  # seconds: an audit a minute, two questions, and the audit that follows


def flat(*, testnet: bool = True) -> Desk:
    return Desk(testnet=testnet).open().lose("tv-1")


def holding(*, testnet: bool = True) -> Desk:
    return Desk(testnet=testnet).open().hold("tv-1")


def quarantined(desk: Desk, placed: int) -> None:
    assert (desk.state, desk.bot.why) == (State.HALTED, ("testnet_wiped",))
    assert "testnet_wiped" in picture(desk.bot).alarms
    assert len(desk.laws.placed) == placed
    assert (desk.bot.orphan, desk.bot.strays) == (0, ())


@pytest.mark.parametrize("begin", [flat, holding])
def test_a_wipe_halts_and_changes_nothing_in_the_books(begin: type[Desk]) -> None:
    desk = begin()
    book, ledger, placed = desk.bot.book, desk.bot.ledger.position, len(desk.laws.placed)
    desk.wipe()
    desk.wait(NOTICED)
    quarantined(desk, placed)
    assert (desk.bot.book, desk.bot.ledger.position) == (book, ledger)


def test_the_same_on_a_venue_that_makes_the_stops_itself() -> None:
    desk = Desk(market=KRAKEN, testnet=True).open().hold("tv-1")
    placed = len(desk.laws.placed)
    desk.wipe()
    desk.wait(NOTICED)
    quarantined(desk, placed)


@pytest.mark.parametrize("begin", [flat, holding])
def test_on_a_live_exchange_the_same_is_an_orphan(begin: type[Desk]) -> None:
    desk = begin(testnet=False)  # type: ignore[call-arg]
    desk.wipe()
    desk.wait(NOTICED)
    assert (desk.state, "orphaned" in picture(desk.bot).alarms) == (State.HALTED, True)
    assert not wiped(desk.bot)


def test_a_process_that_was_down_meanwhile_finds_out() -> None:
    desk = holding()
    placed = len(desk.laws.placed)
    desk.wipe()
    desk.crash()
    desk.wait(NOTICED)
    quarantined(desk, placed)
    desk.crash()
    desk.wait(NOTICED)
    quarantined(desk, placed)


def test_a_buy_before_it_is_noticed_does_not_vouch_for_the_new_account() -> None:
    desk = flat()
    desk.wipe(coins=0)
    desk.hold("tv-2")
    assert desk.order(ENTRY).status is Status.FILLED
    desk.wait(NOTICED)
    assert desk.bot.why == ("testnet_wiped",)


def test_nothing_is_believed_before_the_witness_has_answered() -> None:
    """Its answers get lost; those of the audits do not."""
    desk = flat()
    book = desk.bot.book
    desk.wipe(cash=5_000, coins=0)
    for _ in range(80):
        desk.pass_time(1.0)
        audits = [effect for _, effect in desk.wire.todo if isinstance(effect, Audit)]
        desk.wire.todo.clear()
        for audit in audits:
            desk.tell(Audited(at=desk.now, asked=audit.asked, base=desk.exchange.base, cash=desk.exchange.cash))
    assert desk.bot.book == book
    assert desk.buy("tv-2").reasons == ("not_ready",)


# -- what merely looks like it
def test_a_deposit_on_a_test_network_is_a_deposit() -> None:
    desk = flat()
    desk.exchange.cash += 500
    desk.wait(NOTICED)
    assert (desk.state, desk.bot.book.cash) == (State.IDLE, desk.exchange.cash)


def test_coins_by_hand_on_a_test_network_are_an_orphan() -> None:
    desk = flat()
    desk.meddle(D("0.5"))
    desk.wait(NOTICED)
    assert (desk.bot.why, desk.bot.orphan) == (("orphaned",), D("0.5"))


def test_a_venue_that_forgets_for_a_while_but_shows_our_money_was_not_wiped() -> None:
    desk = holding()
    placed = len(desk.laws.placed)
    for order in desk.exchange.orders.values():
        order.shown_at = desk.now + 12
    desk.wait(12)
    assert desk.bot.witness is not None
    assert desk.bot.witness.misses == 2
    desk.wait(10)
    assert (desk.state, len(desk.laws.placed)) == (State.IN_POSITION, placed)


def test_one_not_found_is_not_enough() -> None:
    desk = flat()
    entry = desk.bot.witness
    assert entry is not None
    desk.exchange.cash += 500
    desk.exchange.orders[entry.cid].shown_at = desk.now + 61  # the audit after a minute asks about it
    desk.wait(62)
    desk.exchange.orders[entry.cid].shown_at = 0.0
    desk.wait(10)
    assert (desk.state, desk.bot.book.cash) == (State.IDLE, desk.exchange.cash)


def test_the_same_not_found_twice_is_one() -> None:
    desk = flat()
    witness = desk.bot.witness
    assert witness is not None
    desk.exchange.cash += 500
    desk.wait(61, answered=False)
    for _ in range(3):
        desk.absent(witness.cid, desk.now)
    desk.calm()
    assert not wiped(desk.bot)


def test_without_a_trade_there_is_nothing_to_tell_it_by() -> None:
    desk = Desk(testnet=True).open()
    desk.wipe()
    desk.wait(NOTICED)
    assert desk.bot.why == ("orphaned",)


def test_while_the_witness_is_silent_no_stop_is_replaced() -> None:
    """Its coins may be those that a new network gave to everybody. Where nothing begins anew, it has vanished."""
    for testnet in (True, False):
        desk = Desk(market=KRAKEN, testnet=testnet).open().hold("tv-1")
        desk.wait(30)
        (stop,), placed = desk.bot.ledger.live(STOP), len(desk.laws.placed)
        for _ in range(8):
            desk.wait(1, answered=False)
            desk.absent(stop.cid, desk.now)
        assert (len(desk.laws.placed) == placed) is testnet


# -- quarantine
def test_nothing_but_a_new_database_leads_out_of_it() -> None:
    desk = holding()
    desk.wipe()
    desk.wait(NOTICED)
    placed = len(desk.laws.placed)
    assert "the test network was wiped: begin with a new database" in desk.resume().reasons
    assert desk.resolve(Choice.EXIT).reasons == ("there is no orphan",)
    assert desk.sell("tv-2").reasons == ("nothing_to_sell",)
    desk.stop()
    desk.wait(200)
    assert (desk.state, len(desk.laws.placed)) == (State.HALTED, placed)


def test_a_position_that_is_no_more_cannot_sink() -> None:
    desk = holding()
    desk.wipe()
    desk.wait(NOTICED)
    desk.price(20_000)
    desk.wait(10)
    desk.price(20_000)
    assert (desk.state, desk.bot.book.realised) == (State.HALTED, 0)


def test_existence_outranks_it() -> None:
    """The network had only lost its memory: the witness is found again, and the account is the old one."""
    desk = holding()
    orders, base, cash = desk.exchange.orders, desk.exchange.base, desk.exchange.cash
    desk.wipe()
    desk.wait(NOTICED)
    assert wiped(desk.bot)
    desk.exchange.orders, desk.exchange.base, desk.exchange.cash, desk.exchange.anew = orders, base, cash, False
    desk.wait(NOTICED)
    assert not wiped(desk.bot)
    desk.resume()
    assert desk.state is State.IN_POSITION


def test_answers_from_before_the_wipe_do_not_undo_it() -> None:
    desk = holding()
    witness = desk.bot.witness
    assert witness is not None
    asked, base, cash = desk.now, desk.exchange.base, desk.exchange.cash
    desk.wipe()
    desk.wait(NOTICED)
    desk.tell(Audited(at=desk.now, asked=desk.bot.seq, base=base, cash=cash))
    assert wiped(desk.bot)
    desk.tell(OrderSeen(at=desk.now, cid=witness.cid, report=Report(Status.FILLED, asked_at=asked)))
    assert wiped(desk.bot)


def test_a_quarantine_asks_once_a_minute_and_fills_no_journal() -> None:
    desk = holding()
    desk.wipe()
    desk.wait(NOTICED)
    saved = desk.saved
    questions = 0
    for _ in range(600):
        desk.pass_time(1.0)
        questions += len(desk.wire.todo)
        desk.calm()
    assert 18 <= questions <= 22  # the witness and the account
    assert desk.saved == saved
