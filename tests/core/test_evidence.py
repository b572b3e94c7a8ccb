"""What counts as evidence: of orders, of the account, of a drawdown."""

from __future__ import annotations

import itertools
from decimal import Decimal as D

from fsm.bot import State
from fsm.commands import Choice
from fsm.effects import Audit, Query
from fsm.events import Audited, Booted, OrderSeen, Tick
from fsm.guards import COOLING, LINGER, PATIENCE, RETRY
from fsm.ledger import ARRIVAL, GRACE, Purpose, Report, Status
from fsm.limits import Limits
from fsm.scratch import TTL
from tests.core import places
from tests.world.desk import BTC, KRAKEN, Desk

ENTRY, STOP, EXIT = Purpose


def test_the_moments_on_which_the_design_rests() -> None:
    assert (TTL, ARRIVAL, PATIENCE, RETRY, GRACE, LINGER, COOLING) == (5, 10, 5, 2, 5, 15, 30)


# -- of orders
def test_silence_is_as_old_as_its_question() -> None:
    """Two answers arrive after half a minute. They answer what was asked while the order could still arrive."""
    desk = places.ordering()
    entry = desk.order(ENTRY)
    desk.send("delayed")
    desk.exchange.now += 30
    for asked_at in (entry.at + 2, entry.at + 4):
        desk.absent(entry.cid, asked_at)
    assert desk.state is State.ORDERING
    for later in (0, 2):
        desk.absent(entry.cid, desk.now + later)
    assert desk.state is State.IDLE


def test_a_late_order_is_known_again_though_its_absence_was_half_proven() -> None:
    desk = places.ordering()
    entry = desk.order(ENTRY)
    desk.send("never_arrives")
    desk.exchange.now += 20
    desk.absent(entry.cid, desk.now)
    desk.seen(entry.cid, Status.FILLED, entry.qty)
    assert desk.order(STOP).qty == entry.qty


def test_the_account_is_not_asked_for_while_its_answer_would_prove_nothing() -> None:
    """A venue counts every question. Audits that prove nothing took all that the question about the order needed, and a
    bot that died before its entry left never learned on Kraken that it had not."""
    desk = places.ordering()
    entry = desk.order(ENTRY)
    booted = desk.tell(Booted(at=desk.now))
    asked = [*booted.effects]
    for second in range(1, 12):
        asked += desk.tell(Tick(at=booted.bot.now + second)).effects
    assert not any(isinstance(e, Audit) for e in asked)
    assert any(isinstance(e, Query) for e in asked)
    done = desk.tell(OrderSeen(at=desk.bot.now, cid=entry.cid, report=Report(Status.REJECTED)))
    assert any(isinstance(e, Audit) for e in done.effects)


def test_a_confirmed_stop_whose_questions_stay_unanswered_still_watches() -> None:
    desk = places.in_position()
    for _ in range(10):
        desk.unresolved(desk.order(STOP).cid)
    assert desk.state is State.IN_POSITION


def test_an_entry_whose_questions_stay_unanswered_calls_a_person() -> None:
    desk = places.ordering()
    for _ in range(5):
        assert desk.state is State.ORDERING
        desk.unresolved(desk.order(ENTRY).cid)
    assert (desk.state, desk.bot.why) == (State.HALTED, ("lost",))


def test_an_acknowledged_entry_that_a_lagging_venue_denies_alarms_nobody() -> None:
    desk = places.ordering()
    entry = desk.order(ENTRY)
    desk.wire.todo.clear()
    desk.seen(entry.cid, Status.OPEN)
    for seconds in range(2, 14, 2):
        desk.exchange.now = entry.at + seconds
        desk.absent(entry.cid, desk.now)
    assert desk.state is State.ORDERING


def test_doubt_asks_ever_more_slowly() -> None:
    desk = places.ordering()
    desk.send("reply_lost")
    asked = []
    for _ in range(40):
        desk.pass_time(1.0)
        if desk.wire.todo:
            desk.wire.todo.clear()
            asked.append(desk.now - desk.order(ENTRY).at)
            desk.unresolved(desk.order(ENTRY).cid)
    assert asked == [2, 6, 14, 24, 34]


def test_a_stop_that_vanished_is_asked_about_ever_more_slowly_while_nobody_answers() -> None:
    """Kraken counts questions: two stops asked about every two seconds left no allowance for a single answer."""
    desk = places.in_position()
    stop = desk.order(STOP)
    desk.wait(5, answered=False)
    desk.absent(stop.cid, desk.now)
    began, asked = desk.now, []
    for _ in range(40):
        desk.pass_time(1.0)
        if any(isinstance(effect, Query) for _, effect in desk.wire.todo):
            asked.append(desk.now - began)
            desk.unresolved(stop.cid)
        desk.wire.todo.clear()
    pauses = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10


def test_a_market_order_that_rests_is_asked_about_sooner_than_a_stop() -> None:
    desk = places.ordering()
    desk.wire.todo.clear()
    desk.seen(desk.order(ENTRY).cid, Status.OPEN)
    desk.wait(3, answered=False)
    assert [e.cid for _, e in desk.wire.todo] == [desk.order(ENTRY).cid]


def test_stops_the_venue_never_made_are_missed_as_soon_as_they_can_be() -> None:
    """Asked a moment before the grace is over, the answer proves nothing, and the next question must not wait."""
    desk = Desk(market=KRAKEN).open()
    desk.luck.random = lambda: 0.0  # type: ignore[method-assign]
    desk.exchange.whims = -1
    desk.buy("tv-1")
    desk.send()
    desk.perform()
    desk.exchange.now += 0.3
    desk.deliver()
    desk.wait(7)
    assert [o.status for o in desk.bot.ledger.live(STOP)] == [Status.OPEN]
    assert desk.worst <= 6.3


# -- of the account
def test_an_audit_asked_before_the_fill_and_told_after_it_is_no_evidence() -> None:
    desk = places.ordering()
    asked = desk.bot.seq - 1
    desk.calm()
    desk.tell(Audited(at=desk.now, asked=asked, base=D(0), cash=D(10_000)))
    assert (desk.state, desk.bot.suspect) == (State.IN_POSITION, None)


def test_an_audit_while_an_order_is_in_flight_is_no_evidence() -> None:
    desk = places.ordering()
    desk.tell(Audited(at=desk.now, asked=desk.bot.seq, base=D(50), cash=D(5_000)))
    assert desk.bot.suspect is None


def test_the_same_picture_twice_is_one_picture() -> None:
    desk = places.idle()
    desk.meddle(D("0.5"))
    picture = Audited(at=desk.now, asked=desk.bot.seq, base=desk.exchange.base, cash=desk.exchange.cash)
    for _ in range(3):
        desk.tell(picture)
    assert (desk.state, desk.bot.orphan) == (State.IDLE, 0)
    desk.wait(3)
    assert (desk.state, desk.bot.orphan) == (State.HALTED, D("0.5"))


def test_what_a_person_told_us_to_keep_is_kept() -> None:
    desk = places.idle()
    desk.meddle(D("0.5"))
    desk.meddle_order(sells=True, qty=D("0.1"))
    desk.wait(65)
    desk.resolve(Choice.KEEP)
    desk.resume()
    desk.wait(130)
    assert (desk.state, desk.bot.strays, desk.bot.orphan) == (State.IDLE, (), 0)


def test_an_orphan_that_waits_for_a_person_is_counted_once() -> None:
    desk = places.idle()
    desk.meddle(D("0.5"))
    desk.wait(200)
    assert (desk.state, desk.bot.orphan, desk.bot.suspect) == (State.HALTED, D("0.5"), None)


def test_the_rules_of_the_market_are_learned_by_the_first_audit() -> None:
    """Before it, a bitcoin's worth of coins would be measured in somebody else's lots."""
    desk = Desk()
    desk.meddle(D("0.001"))
    desk.boot()
    assert desk.bot.market != BTC
    desk.wait(3)
    assert (desk.bot.market, desk.bot.orphan, desk.state) == (BTC, D("0.001"), State.HALTED)


# -- of a drawdown
def sinking() -> Desk:
    """Deep under water, with a stop that cannot fire: the venue takes cancels only."""
    desk = Desk(limits=Limits(risk_pct=D(2), drawdown_pct=D(3))).open().hold()
    desk.exchange.cancel_only = True
    desk.price(62_000)
    return desk


def test_one_print_does_not_kill_nor_do_two_in_one_breath() -> None:
    desk = sinking()
    desk.wait(4)
    desk.price(62_000)
    assert desk.state is State.IN_POSITION


def test_two_prints_five_seconds_apart_do() -> None:
    desk = sinking()
    desk.wait(5)
    desk.price(62_000)
    assert desk.state is State.KILLED


def test_a_print_above_water_between_them_begins_anew() -> None:
    desk = sinking()
    desk.wait(3)
    desk.price(64_000)
    desk.wait(3)
    desk.price(62_000)
    assert desk.state is State.IN_POSITION


def test_prints_before_a_restart_do_not_count() -> None:
    """The print that followed, above water, was no news, and died with the process."""
    desk = sinking()
    desk.resume()
    desk.price(64_000)
    desk.crash()
    desk.wait(6)
    desk.price(62_000)
    assert desk.state is State.IN_POSITION


def test_a_realised_drawdown_kills_at_once() -> None:
    desk = sinking()
    desk.exchange.cancel_only = False
    desk.exchange.move(D(61_000))
    desk.wait(6)
    assert (desk.state, desk.bot.ledger.orders) == (State.KILLED, ())


def test_less_than_a_cent_is_how_venues_round_and_a_cent_is_not() -> None:
    desk = Desk().open()
    desk.exchange.cash += D("0.009")
    desk.wait(65)
    assert desk.bot.suspect is None
    assert desk.bot.book.cash == desk.exchange.cash - D("0.009")
    desk.exchange.cash += D("0.001")
    desk.wait(65)
    assert desk.bot.book.cash == desk.exchange.cash
