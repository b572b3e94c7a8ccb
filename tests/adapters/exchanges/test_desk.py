"""Looking at the venue: what gates, books and mark are fed with, and what happens when a part is missing."""

import asyncio
import logging
import re
import secrets
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import BinanceClient, Desk, Refused, Unresolved, Wire
from adapters.exchanges.base import KEPT, Recent
from adapters.simulator import (
    Account,
    Answer,
    Depth,
    ErrorAnswer,
    Execution,
    Fault,
    OrderRequest,
    OrderType,
    Phase,
    Side,
    SimulatedExchange,
    serve,
)
from fsm.effects import Assess, Audit, Cancel, Query
from fsm.events import Assessed, Audited, Marked, OrderUnresolved
from fsm.ledger import Purpose

from .conftest import PRICE, TRIGGER, Clock, Post, cid, desk_at

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["ping", "account", "ticker/bookTicker", "exchangeInfo"])
async def test_a_missing_fact_makes_the_venue_unreachable(desk: Post, venue: SimulatedExchange, path: str) -> None:
    venue.faults.add(Fault("GET", f"/api/v3/{path}", answer=Answer.HTML_502, times=None))

    facts = await desk.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert not facts.reachable
    assert facts.signal_id == "s"
    assert facts.price == (0 if path == "ticker/bookTicker" else PRICE)
    assert facts.cash == (0 if path == "account" else 10000)


async def test_a_pair_that_is_not_listed(url: str, venue: SimulatedExchange, clock: Clock) -> None:
    async with desk_at(url, venue, clock, "NO/USDT") as stranger:
        facts = await stranger.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert (facts.listed, facts.trading, facts.reachable) == (False, False, True)


async def test_a_pair_that_does_not_trade_now(desk: Post, venue: SimulatedExchange) -> None:
    venue.market.set_phase(Phase.HALT)

    facts = await desk.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert (facts.listed, facts.trading, facts.reachable) == (True, False, True)


async def test_the_facts_for_an_entry_survive_a_clock_that_went_wrong(desk: Post, venue: SimulatedExchange) -> None:
    venue.skew = 20.0

    facts = await desk.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert facts.reachable


async def test_coins_held_by_orders_are_counted_and_cash_held_by_them_cannot_be_spent(
    desk: Post, venue: SimulatedExchange, held: Decimal
) -> None:
    await desk.perform(desk.place(Purpose.STOP))
    bid = OrderRequest(side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.01"), price=Decimal(50000))
    venue.market.place(bid)

    facts = await desk.perform(Assess("s"))

    assert isinstance(facts, Assessed)
    assert (facts.base, facts.cash) == (held, 9500)
    audit = await desk.perform(Audit(1))
    assert isinstance(audit, Audited)
    assert (audit.base, audit.cash) == (held, 10000)
    balance = await desk.client.get_balance()
    assert (balance.base, balance.free_base, balance.cash, balance.free_cash) == (held, 0, 10000, 9500)
    positions = await desk.client.get_open_positions()
    assert [(position.asset, position.qty) for position in positions] == [("BTC", held)]


@pytest.mark.parametrize("path", ["account", "openOrders"])
async def test_an_audit_that_lacks_a_part_is_no_audit(desk: Post, venue: SimulatedExchange, path: str) -> None:
    venue.faults.add(Fault("GET", f"/api/v3/{path}", answer=Answer.EMPTY_200, times=None))

    assert await desk.perform(Audit(1)) is None

    venue.faults.clear()
    assert await desk.perform(Audit(1)) is not None


async def test_the_mark_is_what_a_unit_could_be_sold_for(clock: Clock) -> None:
    venue = SimulatedExchange.create(price=PRICE, depth=Depth(spread=Decimal(20)), clock=clock)
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        mark = await desk.mark()
        assert isinstance(mark, Marked)
        assert (mark.price, mark.trading) == (PRICE - 10, True)
        assert abs(mark.at - clock()) < 5

        venue.market.set_phase(Phase.HALT)
        desk.sent.clear()
        await desk.mark()
        assert [method for method, _ in desk.sent] == ["publicGetTickerBookTicker"]
        clock.ahead += 31
        mark = await desk.mark()
        assert isinstance(mark, Marked)
        assert not mark.trading
    venue.close()


async def test_there_is_no_mark_where_there_is_no_bid(clock: Clock) -> None:
    venue = SimulatedExchange.create(price=PRICE, depth=Depth(levels=0), clock=clock)
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        assert await desk.mark() is None
    venue.close()


async def test_there_is_no_mark_without_an_answer(desk: Post, venue: SimulatedExchange) -> None:
    await desk.mark()
    assert desk.connected
    last = desk.last_success
    assert last is not None

    venue.faults.add(Fault("GET", "*", answer=Answer.HTML_504, times=None))

    assert await desk.mark() is None
    assert not desk.connected
    assert desk.last_success == last


async def test_marks_are_left_out_when_the_allowance_is_short(desk: Post, venue: SimulatedExchange) -> None:
    venue.limits.spend(4900, venue.now())
    await desk.client.ping()

    assert desk.client.strained
    desk.sent.clear()
    assert await desk.mark() is None
    assert not desk.sent


async def test_a_closed_session_is_an_event_too(desk: Post, held: Decimal) -> None:
    await desk.client.disconnect()

    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderUnresolved)
    assert await desk.perform(Audit(1)) is None


async def test_a_bug_of_ours_does_not_lose_the_order(desk: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.client, "place_market_order", broken)
    monkeypatch.setattr(desk.client, "get_balance", broken)

    event = await desk.perform(desk.place(Purpose.ENTRY))
    assert isinstance(event, OrderUnresolved)
    assert "ZeroDivisionError" in event.why
    facts = await desk.perform(Assess("s"))
    assert isinstance(facts, Assessed)
    assert not facts.reachable


async def test_an_order_does_not_wait_behind_questions(desk: Post, venue: SimulatedExchange, held: Decimal) -> None:
    """ccxt's own limiter would queue it behind the account's weight."""
    venue.faults.add(Fault("GET", "*", lag=30.0, times=None))
    questions = [asyncio.create_task(desk.perform(Audit(n))) for n in range(5)]
    desk.sent.clear()
    while len(desk.sent) < 10:  # balance and open orders of each
        await asyncio.sleep(0)

    await asyncio.wait_for(desk.perform(desk.place(Purpose.ENTRY)), 2)

    for question in questions:
        question.cancel()
    await asyncio.gather(*questions, return_exceptions=True)
    assert venue.market.state.orders


async def failure(work: Coroutine[Any, Any, object]) -> BaseException:
    with pytest.raises((Refused, Unresolved)) as error:
        await work
    return error.value


async def test_nothing_secret_leaves(caplog: pytest.LogCaptureFixture, clock: Clock) -> None:
    """Events, exceptions and every log at its loudest, through faults and refusals of all kinds."""
    caplog.set_level(logging.DEBUG)
    account = Account(secrets.token_hex(32), secrets.token_hex(32))
    venue = SimulatedExchange.create(price=PRICE, clock=clock, account=account)
    venue.market.transfer("BTC", Decimal(1))
    said: list[str] = []
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        for face in (
            *list(Answer)[1:],
            ErrorAnswer(-1022, "Bad https://x/?signature=abc"),
            ErrorAnswer(-1000, account.api_key),
        ):
            if face is not Answer.CUT:
                venue.faults.add(Fault("*", "*", answer=face, execution=Execution.NEVER, times=None))
            effects = (
                Assess("s"),
                Audit(1),
                desk.place(Purpose.ENTRY),
                desk.place(Purpose.STOP, trigger=TRIGGER),
                Cancel(cid()),
                Query(cid(), 1.0),
            )
            said += [repr(await desk.perform(effect)) for effect in effects]
            error: BaseException | None = await failure(desk.client.trades("no number"))
            while error is not None:
                said.append(repr(error))
                error = error.__cause__ or error.__context__
            venue.faults.clear()
        said.append(repr(desk.client))
    venue.close()

    everything = "\n".join(said) + caplog.text
    assert account.api_key not in everything
    assert account.api_secret not in everything
    assert "signature=" not in everything
    assert not re.search(r"\b[0-9a-f]{64}\b", everything)


def test_the_desk_needs_no_network_to_exist(clock: Clock) -> None:
    desk = Desk(BinanceClient(Wire("http://venue", "k", "s", sandbox=True), "BTC/USDT"), clock)
    assert (desk.connected, desk.last_success) == (False, None)


def test_what_is_remembered_of_orders_does_not_grow_with_the_years() -> None:
    ids = Recent[int]()
    for n in range(2 * KEPT):
        ids[f"order {n}"] = n
    assert list(ids.values()) == list(range(KEPT, 2 * KEPT))
