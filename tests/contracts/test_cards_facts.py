"""Venue cards 01-09: what a venue must tell. Each test is a card of docs/venues/cards.md, and bears its name."""

import logging
from decimal import Decimal

import pytest

from adapters.exchanges import Desk
from adapters.simulator import Answer, Execution, Fault, OrderRequest, OrderType, Phase, Side, SimulatedExchange
from fsm.effects import Assess, Audit, Query
from fsm.events import Assessed, Audited, Marked, OrderAbsent, OrderUnresolved
from fsm.ledger import Purpose

from .orders import place
from .venues import PRICE, QTY, Clock, Venue, cid

pytestmark = pytest.mark.anyio


async def test_01_the_facts_for_an_entry_come_in_one_snapshot(desk: Desk, exchange: SimulatedExchange) -> None:
    facts = await desk.perform(Assess("signal-1"))

    assert isinstance(facts, Assessed)
    assert (facts.signal_id, facts.price, facts.spread, facts.cash, facts.base) == ("signal-1", PRICE, 0, 10000, 0)
    assert (facts.reachable, facts.listed, facts.trading) == (True, True, True)
    market = facts.market
    assert 0 < market.lot <= market.min_qty
    assert market.tick > 0
    assert market.min_notional > 0
    assert market.fee == exchange.market.fees.taker


async def test_02_a_missing_fact_makes_the_venue_unreachable(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    exchange.faults.add(Fault(*venue.balance, answer=Answer.HTML_502, times=None))

    facts = await desk.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert (facts.reachable, facts.cash) == (False, 0)


async def test_03_a_venue_that_does_not_trade_says_so(desk: Desk, exchange: SimulatedExchange, clock: Clock) -> None:
    exchange.market.set_phase(Phase.CANCEL_ONLY)
    facts = await desk.perform(Assess("s"))
    assert isinstance(facts, Assessed)
    assert (facts.reachable, facts.listed, facts.trading) == (True, True, False)

    clock.ahead += 31
    mark = await desk.mark()
    assert isinstance(mark, Marked)
    assert not mark.trading


async def test_04_a_balance_tells_what_is_held_by_orders(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.market.transfer("BTC", QTY)
    exchange.market.place(
        OrderRequest(side=Side.SELL, type=OrderType.LIMIT, quantity=QTY / 5, price=Decimal(70000), client_id="theirs")
    )

    balance = await desk.client.get_balance()

    assert (balance.base, balance.free_base) == (QTY, QTY * 4 / 5)
    assert (balance.cash, balance.free_cash) == (10000, 10000)
    assert [(position.asset, position.qty) for position in await desk.client.get_open_positions()] == [("BTC", QTY)]


async def test_05_an_audit_shows_coins_cash_and_every_open_order(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.market.transfer("BTC", QTY)
    stop = place(desk, Purpose.STOP, QTY / 2)
    await desk.perform(stop)
    exchange.market.place(
        OrderRequest(side=Side.SELL, type=OrderType.LIMIT, quantity=QTY / 5, price=Decimal(70000), client_id="theirs")
    )

    audit = await desk.perform(Audit(7))

    assert isinstance(audit, Audited)
    assert (audit.asked, audit.base, audit.cash) == (7, QTY, 10000)
    assert stop.cid in audit.open
    assert len(audit.open) == 2
    assert audit.market == await desk.client.market()


async def test_06_an_audit_that_lacks_a_part_is_no_audit(desk: Desk, exchange: SimulatedExchange, venue: Venue) -> None:
    for path in (venue.balance, venue.open_orders):
        exchange.faults.add(Fault(*path, answer=Answer.EMPTY_200, times=None))
        assert await desk.perform(Audit(1)) is None
        exchange.faults.clear()
    assert await desk.perform(Audit(1)) is not None


async def test_07_a_mark_is_what_a_unit_could_be_sold_for(desk: Desk, exchange: SimulatedExchange) -> None:
    exchange.move(Decimal(63000))
    mark = await desk.mark()
    assert isinstance(mark, Marked)
    assert (mark.price, mark.trading) == (63000, True)

    exchange.faults.add(Fault("*", "*", answer=Answer.HTML_504, times=None))
    assert await desk.mark() is None
    assert not desk.connected


async def test_08_an_unknown_order_is_absent_and_a_failed_question_is_not(
    desk: Desk, exchange: SimulatedExchange, venue: Venue
) -> None:
    unknown = cid()
    absent = await desk.perform(Query(unknown, 12.5))
    assert isinstance(absent, OrderAbsent)
    assert (absent.cid, absent.asked_at) == (unknown, 12.5)

    for face in venue.silent:
        exchange.faults.add(Fault("*", "*", answer=face, execution=Execution.NEVER, times=None))
        assert isinstance(await desk.perform(Query(unknown, 12.5)), OrderUnresolved), face
        exchange.faults.clear()


async def test_09_nothing_secret_and_no_foreign_name_leaves(
    desk: Desk, exchange: SimulatedExchange, venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    """Events and every log at its loudest, with and without faults. Assets bear our names, not the venue's."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for face in (Answer.HONEST, *venue.silent):
        if face is not Answer.HONEST:
            exchange.faults.add(Fault("*", "*", answer=face, execution=Execution.NEVER, times=None))
        effects = (Assess("s"), Audit(1), place(desk, Purpose.ENTRY), place(desk, Purpose.STOP), Query(cid(), 1.0))
        said += [repr(await desk.perform(effect)) for effect in effects]
        exchange.faults.clear()
    said += [repr(await desk.client.trades()), repr(await desk.client.get_open_positions())]

    everything = "\n".join(said)
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")
    ]  # the venue's own
    assert ours
    for text in (everything, "\n".join(ours)):
        assert exchange.account.api_secret not in text
        assert exchange.account.api_key not in text
        assert "signature=" not in text
    assert "XBT" not in everything
