"""Venue cards 10-26: orders. Each test is a card of docs/venues/cards.md, and bears its name."""

import asyncio
from decimal import Decimal

import pytest

from adapters.exchanges import Desk
from adapters.simulator import Execution, Fault, OrderRequest, OrderType, Side, SimulatedExchange
from fsm.effects import Cancel, Query
from fsm.events import OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import WOULD_TRIGGER, Purpose, Status

from .orders import ask, hold, place, release, seen
from .venues import PRICE, QTY, TRIGGER, Clock, Venue

pytestmark = pytest.mark.anyio

LARGE = QTY * 12 / 5  # meets three levels of the book


async def test_10_a_fill_is_told_with_its_money(desk: Desk, exchange: SimulatedExchange) -> None:
    entry = place(desk, Purpose.ENTRY, LARGE)

    bought = (await seen(desk, entry)).report

    assert (bought.status, bought.filled, bought.cost) == (Status.FILLED, LARGE, LARGE * PRICE)
    balances = exchange.balances()
    assert balances == {"BTC": LARGE - bought.fee_base, "USDT": 10000 - bought.cost - bought.fee_quote}
    again = await ask(desk, entry.cid)
    assert (again.filled, again.cost, again.fee_base, again.fee_quote) == (
        bought.filled,
        bought.cost,
        bought.fee_base,
        bought.fee_quote,
    )


async def test_11_a_position_can_be_protected_whole(desk: Desk, exchange: SimulatedExchange) -> None:
    """By stops of the venue's own making, all of them told in one breath, or by one that we place."""
    bought, stops = await hold(desk, LARGE)

    assert exchange.market.covered() == bought.report.filled - bought.report.fee_base
    assert set(await desk.client.open_orders()) == set(stops)
    assert {(await ask(desk, stop)).status for stop in stops} == {Status.OPEN}


async def test_12_a_stop_that_is_hit_is_told_with_its_money(desk: Desk, exchange: SimulatedExchange) -> None:
    _, stops = await hold(desk, LARGE)
    before = exchange.balances()
    exchange.move(Decimal(62700))

    sold = [await ask(desk, stop) for stop in stops]

    assert {report.status for report in sold} == {Status.FILLED}
    assert sum(report.filled for report in sold) == before["BTC"]
    money = sum(report.cost - report.fee_quote for report in sold)
    assert exchange.balances() == {"BTC": 0, "USDT": before["USDT"] + money}


async def test_13_a_cancelled_stop_frees_its_coins_and_they_can_be_sold(
    desk: Desk, exchange: SimulatedExchange
) -> None:
    _, stops = await hold(desk, LARGE)
    await release(desk, stops)
    assert exchange.market.locked("BTC") == 0

    coins = exchange.balances()["BTC"]
    sold = (await seen(desk, place(desk, Purpose.EXIT, coins))).report

    assert (sold.status, sold.filled) == (Status.FILLED, coins)
    assert exchange.balances()["BTC"] == 0
    assert await desk.client.open_orders() == ()


async def test_14_a_lost_answer_is_a_doubt_and_the_order_is_found(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    exchange.market.transfer("BTC", QTY * 10)
    for purpose in Purpose:
        for face in venue.silent:
            exchange.faults.add(Fault(*venue.path(purpose), answer=face))
            count = len(exchange.market.state.fills) + len(exchange.market.open_orders())
            order = place(desk, purpose, QTY / 50)
            assert isinstance(await desk.perform(order), OrderUnresolved), (purpose, face)
            exchange.faults.clear()

            found = await seen(desk, Query(order.cid, desk._clock()))
            assert found.report.status is (Status.OPEN if purpose is Purpose.STOP else Status.FILLED), (purpose, face)
            now = len(exchange.market.state.fills) + len(exchange.market.open_orders())
            assert 1 <= now - count <= 2, "sent twice"  # the order, and the stop or the leg that belongs to it
            await release(desk, [order.cid] if purpose is Purpose.STOP else [child.cid for child in found.children])


async def test_15_an_order_that_never_arrived_is_absent(desk: Desk, exchange: SimulatedExchange, venue: Venue) -> None:
    exchange.market.transfer("BTC", QTY)
    for purpose in Purpose:
        for face in venue.silent:
            exchange.faults.add(Fault(*venue.path(purpose), answer=face, execution=Execution.NEVER))
            order = place(desk, purpose)
            assert isinstance(await desk.perform(order), OrderUnresolved), (purpose, face)
            exchange.faults.clear()
            assert isinstance(await desk.perform(Query(order.cid, 1.0)), OrderAbsent), (purpose, face)
    assert not exchange.market.state.orders


async def test_16_a_cancel_without_an_answer_is_a_doubt(desk: Desk, exchange: SimulatedExchange, venue: Venue) -> None:
    for execution in (Execution.NOW, Execution.NEVER):
        for face in venue.silent:
            _, stops = await hold(desk, QTY)
            # twice: an HTTP library may send a cancel again by itself, which does no harm
            exchange.faults.add(Fault(*venue.cancel, answer=face, execution=execution, times=2))
            assert isinstance(await desk.perform(Cancel(stops[0])), OrderUnresolved), face
            exchange.faults.clear()

            status = (await ask(desk, stops[0])).status
            assert status is (Status.CANCELED if execution is Execution.NOW else Status.OPEN), face
            if status is Status.OPEN:
                await release(desk, stops)
            await seen(desk, place(desk, Purpose.EXIT, exchange.balances()["BTC"]))


async def test_17_a_cancel_that_finds_nothing_open_is_a_doubt_unless_the_order_has_ended(
    desk: Desk, exchange: SimulatedExchange
) -> None:
    """It may just have filled."""
    _, stops = await hold(desk)
    exchange.move(Decimal(62700))

    report = (await seen(desk, Cancel(stops[0]))).report
    assert (report.status, report.filled > 0, report.fee_quote > 0) == (Status.FILLED, True, True)
    unknown = await desk.perform(Cancel(place(desk, Purpose.STOP).cid))
    assert isinstance(unknown, OrderUnresolved)
    assert "no such open order" in unknown.why
    assert await desk.client.open_orders() == ()


async def test_18_an_order_that_cannot_be_paid_is_refused(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    for purpose in Purpose:
        refused = (await seen(desk, place(desk, purpose, QTY * 10))).report
        assert refused.status is Status.REJECTED
        assert venue.broke in refused.reason
    assert not exchange.market.state.orders


async def test_19_an_order_below_the_minimum_is_refused(desk: Desk, exchange: SimulatedExchange, venue: Venue) -> None:
    refused = (await seen(desk, place(desk, Purpose.ENTRY, venue.tiny))).report

    assert refused.status is Status.REJECTED
    assert not exchange.market.state.orders


async def test_20_a_stop_that_the_price_has_passed_says_so(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.market.transfer("BTC", QTY)

    refused = (await seen(desk, place(desk, Purpose.STOP, trigger=PRICE))).report

    assert (refused.status, refused.reason) == (Status.REJECTED, WOULD_TRIGGER)
    assert not exchange.market.open_orders()


async def test_21_an_order_is_not_sent_late(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.market.transfer("BTC", QTY)
    for purpose in Purpose:
        for within in (-1.0, 0.0, 0.4):
            assert isinstance(await desk.perform(place(desk, purpose, within=within)), OrderUnresolved)
    assert not exchange.market.state.orders


async def test_22_the_venue_itself_enforces_the_expiry(
    desk: Desk, exchange: SimulatedExchange, venue: Venue, clock: Clock
) -> None:
    """The request is stuck inside the venue until after its expiry."""
    exchange.faults.add(Fault(*venue.entry, delay=0.3))
    placing = asyncio.create_task(desk.perform(place(desk, Purpose.ENTRY)))
    while exchange.faults.active():
        await asyncio.sleep(0)
    clock.ahead += 6

    event = await placing

    assert not exchange.market.state.orders
    if isinstance(event, OrderSeen):
        assert event.report.status is Status.REJECTED


async def test_23_what_provably_did_nothing_is_sent_again(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    exchange.faults.add(Fault(*venue.entry, answer=venue.harmless, execution=Execution.NEVER))

    bought = (await seen(desk, place(desk, Purpose.ENTRY))).report

    assert (bought.status, bought.filled) == (Status.FILLED, QTY)
    assert exchange.balances()["BTC"] == QTY - bought.fee_base


async def test_24_a_book_that_runs_dry_leaves_a_part_or_nothing(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    exchange.market.thin = QTY / 2
    part = 0 if venue.whole else QTY / 2
    entry = place(desk, Purpose.ENTRY)

    told = await seen(desk, entry)

    assert (told.report.status, told.report.filled) == (Status.CANCELED, part)
    assert sum(child.qty for child in told.children) in (0, part)
    assert (await ask(desk, entry.cid)).filled == part == exchange.balances()["BTC"] + told.report.fee_base


async def test_25_a_process_that_remembers_nothing_finds_everything(
    desk: Desk, exchange: SimulatedExchange, venue: Venue, url: str, clock: Clock
) -> None:
    bought, stops = await hold(desk, LARGE)
    fresh = venue.client(url, exchange, clock)
    await fresh.connect()
    try:
        other = Desk(fresh, clock)
        found = await seen(other, Query(bought.cid, 1.0))
        assert found.report.filled == bought.report.filled
        assert [(c.cid, c.qty) for c in found.children] == [(c.cid, c.qty) for c in bought.children]
        await release(other, stops)
        assert exchange.market.locked("BTC") == 0
    finally:
        await fresh.disconnect()


async def test_26_an_order_of_somebody_else_can_be_cancelled(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.market.transfer("BTC", QTY)
    exchange.market.place(
        OrderRequest(side=Side.SELL, type=OrderType.LIMIT, quantity=QTY, price=Decimal(70000), client_id="theirs")
    )
    (stranger,) = await desk.client.open_orders()

    assert (await seen(desk, Cancel(stranger))).report.status is Status.CANCELED

    assert await desk.client.open_orders() == ()
    assert TRIGGER < PRICE
