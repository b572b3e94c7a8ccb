"""Stops: placed, doubted, replaced, and never twice over the same coins."""

from __future__ import annotations

from decimal import ROUND_DOWN
from decimal import Decimal as D

import pytest

from fsm.bot import State
from fsm.commands import Choice
from fsm.effects import Cancel, Place
from fsm.events import Child, Marked, Market, OrderSeen
from fsm.ledger import WOULD_TRIGGER, Purpose, Report, Status
from tests.world.desk import BTC, KRAKEN, OPO, Desk

ENTRY, STOP, EXIT = Purpose


def bought(desk: Desk) -> Desk:
    """The entry is filled and its stop decided, but not sent."""
    desk.buy("tv-1")
    desk.send()
    desk.send()
    return desk


def rich(coins: str, market: Market = BTC) -> Desk:
    """The owner keeps coins of his own on the account."""
    desk = Desk(market=market).open()
    desk.meddle(D(coins), paid=False)
    desk.wait(65)
    desk.resolve(Choice.KEEP)
    desk.resume()
    assert desk.state is State.IDLE
    return desk


def test_a_stop_the_venue_does_not_know_is_replaced_at_once_where_coins_are_locked() -> None:
    desk = bought(Desk().open())
    desk.send("never_arrives")
    desk.wait(3)
    first, second = (o for o in desk.bot.ledger.orders if o.purpose is STOP)
    assert (first.status, second.status) == (Status.PLANNED, Status.OPEN)
    assert desk.worst <= 3
    assert desk.state is State.ORDERING  # the loser is tracked until it is final
    desk.wait(30)
    assert desk.state is State.IN_POSITION


def test_the_loser_of_two_stops_is_refused_by_the_lock_and_the_first_counts_again() -> None:
    desk = bought(Desk().open())
    desk.exchange.lags = (3,)  # the stop stands, but queries do not know it yet
    desk.send("reply_lost")
    desk.wait(8)
    assert [o.status for o in desk.bot.ledger.orders if o.purpose is STOP] == [Status.OPEN, Status.REJECTED]
    assert desk.exchange.offered() == desk.bot.sellable(desk.bot.held)
    assert desk.state is State.IN_POSITION
    assert desk.worst == 0


def test_so_it_does_where_both_were_placed_in_the_same_instant() -> None:
    """A restart so quick that the clock shows the same moment: the order in the ledger says which came first."""
    desk = bought(Desk().open())
    desk.exchange.lags = (3,)
    desk.perform()
    desk.crash()
    desk.calm()
    assert [o.status for o in desk.bot.ledger.orders if o.purpose is STOP] == [Status.PLANNED, Status.REJECTED]
    desk.wait(6)
    assert desk.state is State.IN_POSITION


def test_it_is_not_replaced_where_other_coins_would_let_both_in() -> None:
    """The lock does not help when the owner's coins lie beside ours: both stops would be taken, and sell his."""
    desk = bought(rich("0.5"))
    desk.exchange.lags = (3,)
    desk.send("reply_lost")
    desk.wait(8)
    assert len([o for o in desk.bot.ledger.orders if o.purpose is STOP]) == 1
    assert desk.state is State.IN_POSITION


def test_nor_where_nothing_is_locked() -> None:
    desk = Desk(market=KRAKEN).open()
    desk.hold()
    desk.wait(7)
    (child,) = (o for o in desk.exchange.orders.values() if o.purpose is STOP)
    child.status = Status.CANCELED  # so that the next one is ours, not the venue's
    desk.wire.show(child)
    desk.deliver()
    desk.send()
    desk.send("never_arrives")
    desk.wait(10)
    assert len([o for o in desk.bot.ledger.orders if o.purpose is STOP]) == 2
    desk.wait(10)
    assert len([o for o in desk.bot.ledger.orders if o.purpose is STOP]) == 3
    desk.wait(2)
    assert desk.state is State.IN_POSITION


# -- the same for exits
def leaving(desk: Desk) -> Desk:
    """The stop is gone and the exit decided, but not sent."""
    desk.hold()
    desk.sell("tv-2")
    for _ in range(2):
        desk.send()
    assert desk.order(EXIT).status is Status.PLANNED
    return desk


def exits(desk: Desk) -> list[Status]:
    return [o.status for o in desk.bot.ledger.orders if o.purpose is EXIT]


def test_an_exit_the_venue_does_not_know_is_sent_again_where_coins_are_locked() -> None:
    desk = leaving(Desk().open())
    desk.send("never_arrives")
    desk.wait(3)
    assert exits(desk) == [Status.PLANNED, Status.FILLED]
    assert desk.worst <= 3
    desk.wait(20)
    assert desk.state is State.IDLE


def test_an_exit_that_was_only_slow_to_be_seen_is_not_sold_twice() -> None:
    desk = leaving(Desk().open())
    desk.exchange.lags = (3,)
    desk.send("reply_lost")
    desk.wait(3)
    assert exits(desk) == [Status.PLANNED, Status.REJECTED]  # there was nothing left to sell
    desk.wait(5)
    assert (desk.state, desk.exchange.ours()) == (State.IDLE, desk.bot.coins)


def test_an_exit_is_not_sent_again_beside_other_coins() -> None:
    desk = leaving(rich("0.5"))
    desk.exchange.lags = (3,)
    desk.send("reply_lost")
    desk.wait(3)
    assert exits(desk) == [Status.PLANNED]
    desk.wait(5)
    assert (desk.state, desk.exchange.base) == (State.IDLE, D("0.5") + desk.bot.coins)


@pytest.mark.parametrize("market", [BTC, KRAKEN, OPO], ids=["locks", "attached", "paid"])
def test_a_position_is_naked_for_no_time_when_all_goes_well(market: Market) -> None:
    desk = Desk(market=market).open().hold()
    desk.wait(120)
    assert (desk.state, desk.worst) == (State.IN_POSITION, 0)


def test_coins_that_paid_a_fee_for_us_are_given_back() -> None:
    """Where an entry pays for its stop the venue takes the fee from other coins, and the stop sells more than was left
    of the entry. The next trade keeps as much back, which is no position, however much it is worth."""
    desk = rich("0.5", OPO).hold()
    desk.wait(7)
    desk.price(62_000)
    desk.wait(7)
    assert desk.bot.book.dust == -D("0.00007786")
    assert (desk.state, desk.exchange.base) == (State.IDLE, D("0.5") + desk.bot.book.dust)

    desk.price(64_900)  # what was kept back would be worth more than the smallest order
    desk.hold("tv-2")
    desk.wait(7)
    desk.sell("tv-3")
    desk.calm()
    desk.wait(7)
    assert desk.state is State.IDLE
    assert abs(desk.exchange.base - D("0.5")) < OPO.lot
    assert desk.bot.book.dust == desk.exchange.base - D("0.5")


def effects(desk: Desk) -> list[object]:
    return [e for _, e in desk.wire.todo]


def test_the_stop_belongs_under_what_was_paid_wherever_the_market_is_by_now() -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.perform()
    desk.price(70_000)
    desk.deliver()
    assert desk.order(STOP).trigger == D("62925.80")


def test_the_second_try_is_priced_under_the_market_if_that_is_lower() -> None:
    desk = bought(Desk().open())
    desk.price(63_500)
    desk.exchange.no_stops = True
    desk.send()
    assert [o.trigger for o in desk.bot.ledger.orders if o.purpose is STOP] == [D("62925.80"), D("62230.00")]


def test_one_odd_bid_does_not_put_the_second_try_far_under_the_first() -> None:
    desk = bought(Desk().open())
    desk.exchange.no_stops = True
    desk.perform()
    desk.tell(Marked(at=desk.now, price=D(1_000)))
    desk.deliver()
    first, second = (o.trigger for o in desk.bot.ledger.orders if o.purpose is STOP)
    assert (first, second) == (D("62925.80"), D("61667.28"))


def test_one_odd_bid_while_leaving_makes_no_position_dust() -> None:
    """Closed in the books and bare on the account, it was bought a second time by the next signal."""
    desk = Desk().open().hold()
    desk.sell("tv-2")
    desk.tell(Marked(at=desk.now, price=D("0.5")))
    desk.calm()
    assert (desk.state, desk.exchange.ours()) == (State.IDLE, desk.bot.coins)
    assert desk.bot.sellable(desk.bot.coins) == 0


def test_coins_that_vanished_are_in_no_stop_and_no_exit_however_few_they_are() -> None:
    """With one lot too many in it the venue refuses every order, and too few to be sold were never looked for."""
    desk = bought(Desk().open())
    desk.exchange.base -= D("0.00002")
    desk.laws.meddled = True
    desk.wait(40)
    assert desk.exchange.offered() == desk.exchange.base.quantize(BTC.lot, ROUND_DOWN)
    assert desk.bot.orphan == 0
    desk.sell("tv-2")
    desk.wait(10)
    assert desk.exchange.base < BTC.lot


def test_a_stop_that_would_have_triggered_says_where_the_market_is() -> None:
    """Nobody can leave, and our price is old: the next stop goes under the one that was refused."""
    desk = Desk().open().hold()
    desk.exchange.no_exits = True
    desk.sell("tv-2")
    for _ in range(3):
        desk.send()
    desk.exchange.price = D(62_000)
    desk.wait(12)
    stops = [(o.trigger, o.status) for o in desk.bot.ledger.orders if o.purpose is STOP][1:]
    assert stops == [(D("62925.80"), Status.REJECTED), (D("61667.28"), Status.OPEN)]


def test_known_fills_of_an_entry_without_an_end_get_their_stop_after_five_seconds() -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    entry = desk.order(ENTRY)
    desk.wire.todo.clear()
    desk.seen(entry.cid, Status.OPEN, D("0.03"))
    desk.wait(4, answered=False)
    assert not desk.bot.ledger.live(STOP)
    desk.wait(1, answered=False)
    assert [o.qty for o in desk.bot.ledger.live(STOP)] == [D("0.03")]


def test_an_entry_nobody_wants_any_more_is_cancelled_at_once() -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.wire.todo.clear()
    desk.seen(desk.order(ENTRY).cid, Status.OPEN)
    desk.stop()
    assert effects(desk) == [Cancel(desk.order(ENTRY).cid)]


def test_an_entry_that_lingers_is_called_back() -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.wire.todo.clear()
    desk.seen(desk.order(ENTRY).cid, Status.OPEN)
    desk.wait(14, answered=False)
    assert Cancel(desk.order(ENTRY).cid) not in effects(desk)
    desk.wait(1, answered=False)
    assert Cancel(desk.order(ENTRY).cid) in effects(desk)


def test_an_order_that_has_not_been_acknowledged_is_not_cancelled() -> None:
    """The cancel could overtake it, and leave it behind."""
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.stop()
    assert [type(e).__name__ for e in effects(desk)] == ["Place"]


def test_a_confirmed_stop_that_the_venue_no_longer_knows_is_replaced_and_given_up() -> None:
    """Binance renames what it cancels: after a cancel by hand and a restart nobody can find it under our id."""
    desk = Desk().open().hold("tv-1")
    stop = desk.order(STOP)
    desk.exchange.orders[stop.cid].status = Status.CANCELED
    desk.exchange.orders[stop.cid].forgotten = True
    desk.wait(10)
    assert desk.order(STOP).cid != stop.cid
    assert desk.exchange.offered() == desk.bot.sellable(desk.bot.held)
    assert desk.worst <= 8
    assert desk.state is State.ORDERING
    desk.wait(20)
    assert desk.bot.ledger.get(stop.cid).status is Status.CANCELED  # type: ignore[union-attr]
    assert desk.state is State.IN_POSITION


def test_one_answer_that_does_not_know_a_confirmed_stop_changes_nothing() -> None:
    desk = Desk().open().hold("tv-1")
    desk.absent(desk.order(STOP).cid, asked_at=desk.now)
    assert desk.state is State.IN_POSITION
    desk.wait(6)
    assert len([o for o in desk.bot.ledger.orders if o.purpose is STOP]) == 1


def test_an_order_given_up_that_is_open_after_all_is_an_orphan() -> None:
    desk = Desk().open().hold("tv-1")
    stop = desk.order(STOP)
    desk.exchange.orders[stop.cid].forgotten = True  # alive, but no query finds it
    desk.laws.meddled = True
    desk.wait(90)
    assert desk.state is State.HALTED
    assert stop.cid in desk.bot.strays


def test_the_stops_that_the_venue_makes_carry_the_price_of_their_entry() -> None:
    desk = Desk(market=KRAKEN).open().hold("tv-1")
    desk.wait(8)  # the answer to the order does not show them, the first question does
    entry, stop = desk.order(ENTRY), desk.order(STOP)
    assert entry.trigger is not None
    assert stop.trigger == entry.trigger


def test_two_stops_dead_at_birth_because_the_price_was_through_them_are_an_exit_and_no_alarm() -> None:
    desk = Desk(market=KRAKEN).open()
    desk.buy("tv-1")
    desk.send()
    entry = desk.order(ENTRY)
    half = entry.qty / 2
    dead = tuple(
        Child(cid, half, Report(Status.REJECTED, asked_at=desk.now, reason=WOULD_TRIGGER)) for cid in ("V-1", "V-2")
    )
    filled = Report(Status.FILLED, entry.qty, entry.qty * desk.exchange.price, asked_at=desk.now)
    decision = desk.tell(OrderSeen(at=desk.now, cid=entry.cid, report=filled, children=dead))
    assert decision.bot.state is State.ORDERING
    assert [e.purpose for e in decision.effects if isinstance(e, Place)] == [EXIT]
