"""An entry that pays for its own stop, by effects alone, at a simulated Binance."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.exchanges import BinanceClient, Wire
from adapters.simulator import Answer, ErrorAnswer, Fate, Fault, Fees, OrderType, SimulatedExchange, serve
from fsm.effects import Assess, Audit, Cancel, Place, Query
from fsm.events import Assessed, Audited, Child, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Report, Status

from .conftest import PRICE, QTY, TRIGGER, Clock, Post, cid, desk_at

pytestmark = pytest.mark.anyio

LIMIT = Decimal(64320)
NET = Decimal("0.04995")


@asynccontextmanager
async def atomic_at(url: str, venue: SimulatedExchange, clock: Clock) -> AsyncIterator[Post]:
    wire = Wire(url, venue.account.api_key, venue.account.api_secret, sandbox=True, clock=clock)
    client = BinanceClient(wire, "BTC/USDT", clock, atomic=True)
    await client.connect()
    try:
        yield Post(wire, client, clock)
    finally:
        await client.disconnect()


@pytest.fixture
async def desk(url: str, venue: SimulatedExchange, clock: Clock) -> AsyncIterator[Post]:
    async with atomic_at(url, venue, clock) as found:
        yield found


def entry(desk: Post, qty: Decimal = QTY, limit: Decimal = LIMIT, trigger: Decimal = TRIGGER) -> Place:
    return desk.place(Purpose.ENTRY, qty, trigger=trigger, limit=limit)


async def seen(desk: Post, effect: Place | Query | Cancel) -> OrderSeen:
    event = await desk.perform(effect)
    assert isinstance(event, OrderSeen), event
    return event


def ask(desk: Post, name: str) -> Query:
    return Query(name, desk.clock())


async def test_bought_and_protected_by_one_request_and_seen_by_the_next(desk: Post, venue: SimulatedExchange) -> None:
    order = entry(desk)

    bought = await seen(desk, order)

    assert bought.report == Report(Status.FILLED, QTY, Decimal(3200), fee_base=Decimal("0.00005"))
    assert bought.children == (Child(order.cid + "S", NET, Report(Status.OPEN)),)
    assert [method for method, _ in desk.sent] == ["privatePostOrderListOpo", "privateGetOrder"]
    assert venue.market.covered() == venue.market.locked("BTC") == venue.balances()["BTC"] == NET
    assert venue.naked().longest == 0

    audit = await desk.perform(Audit(1))
    assert isinstance(audit, Audited)
    assert (audit.base, audit.cash, audit.open) == (NET, 6800, (order.cid + "S",))


async def test_the_facts_say_that_the_stop_comes_with_the_entry(desk: Post, venue: SimulatedExchange) -> None:
    for allowed in (True, False):
        venue.rules = replace(venue.rules, opo=allowed)
        facts = await desk.perform(Assess("s"))
        assert isinstance(facts, Assessed)
        assert facts.market.attached is allowed


async def test_a_symbol_without_such_orders_is_bought_at_the_market(
    url: str, venue: SimulatedExchange, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    venue.rules = replace(venue.rules, opo=False)
    async with atomic_at(url, venue, clock) as desk:
        await desk.client.status()
        bought = await seen(desk, entry(desk))

    assert (bought.report.status, bought.children) == (Status.FILLED, ())
    assert desk.posts() == ["privatePostOrder"]
    assert caplog.text.count("takes no order that pays for its stop") == 1


@pytest.mark.parametrize(("limit", "thin"), [(PRICE - 1, None), (LIMIT, QTY / 2)], ids=["too dear", "too thin"])
async def test_all_or_nothing(desk: Post, venue: SimulatedExchange, limit: Decimal, thin: Decimal | None) -> None:
    venue.market.thin = thin
    order = entry(desk, limit=limit)

    told, asked = await seen(desk, order), await seen(desk, ask(desk, order.cid))

    reason = f"slippage: not all to be had at {limit}"
    for event in (told, asked):
        assert (event.report.status, event.report.filled, event.report.reason) == (Status.CANCELED, 0, reason)
        assert event.children == ()
    assert venue.balances() == {"BTC": 0, "USDT": 10000}
    assert len(desk.posts()) == 1


async def test_the_commission_may_come_from_coins_that_lie_there(desk: Post, venue: SimulatedExchange) -> None:
    """Then the stop sells all that was bought."""
    venue.market.transfer("BTC", Decimal("0.00005"))

    bought = await seen(desk, entry(desk))

    assert (bought.report.fee_base, bought.children[0].qty) == (Decimal("0.00005"), QTY)
    assert venue.market.free("BTC") == 0


async def test_a_commission_in_a_third_coin_leaves_the_stop_whole(clock: Clock) -> None:
    venue = SimulatedExchange.create(
        price=PRICE, clock=clock, fees=Fees(discount_price=Decimal(600)), balances={"USDT": Decimal(10000), "BNB": QTY}
    )
    async with serve(venue) as url, atomic_at(url, venue, clock) as desk:
        bought = await seen(desk, entry(desk))
        assert (bought.report.fee_base, bought.children[0].qty) == (0, QTY)
    venue.close()


async def test_a_symbol_without_market_stops_gets_a_limit_stop_deep_below(clock: Clock) -> None:
    kinds = [kind for kind in OrderType if kind is not OrderType.STOP_LOSS]
    venue = SimulatedExchange.create(price=PRICE, order_types=kinds, clock=clock)
    async with serve(venue) as url, atomic_at(url, venue, clock) as desk:
        bought = await seen(desk, entry(desk))
        venue.move(Decimal(58000))  # a gap
        sold = await seen(desk, ask(desk, bought.children[0].cid))
        assert (sold.report.status, sold.report.filled) == (Status.FILLED, NET)
    venue.close()


@pytest.mark.parametrize("trigger", [TRIGGER, PRICE + 1], ids=["for a reason of its own", "the price was there"])
async def test_a_stop_that_is_refused_when_its_turn_comes_is_told_as_refused(
    desk: Post, venue: SimulatedExchange, trigger: Decimal
) -> None:
    venue.market.fates.extend([Fate.CANCELED] * (trigger == TRIGGER))

    bought = await seen(desk, entry(desk, trigger=trigger))

    assert bought.report.status is Status.FILLED
    assert [(child.qty, child.report.status) for child in bought.children] == [(QTY, Status.REJECTED)]
    assert venue.market.locked("BTC") == 0


async def test_a_stop_that_still_waits_for_its_turn_protects_nobody(desk: Post, venue: SimulatedExchange) -> None:
    venue.market.fates.append(Fate.MISSING)

    bought = await seen(desk, entry(desk))

    assert (bought.report.status, bought.children) == (Status.FILLED, ())
    assert venue.market.covered() == 0


@pytest.mark.parametrize(
    "failure",
    [
        Fault("GET", "/api/v3/order", Answer.HTML_502),
        Fault("GET", "/api/v3/order", ErrorAnswer(-1003, "Too much request weight used.", 429)),
    ],
    ids=["no answer", "a rate limit"],
)
async def test_what_was_accepted_and_cannot_be_looked_at_is_in_doubt_and_never_sent_again(
    desk: Post, venue: SimulatedExchange, clock: Clock, failure: Fault
) -> None:
    """A refusal of the question must not pass for one of the order, nor for leave to try once more."""
    venue.faults.add(failure)
    order = entry(desk)

    assert isinstance(await desk.perform(order), OrderUnresolved)

    clock.ahead += 2
    told = await seen(desk, ask(desk, order.cid))
    assert (told.report.filled, [child.qty for child in told.children]) == (QTY, [NET])
    assert len(desk.posts()) == len(venue.market.state.lists) == 1


@pytest.mark.parametrize("by", ["us", "hand"])
@pytest.mark.parametrize("renames", [True, False])
async def test_a_process_that_remembers_nothing_finds_a_cancelled_stop(
    desk: Post, url: str, venue: SimulatedExchange, clock: Clock, by: str, renames: bool
) -> None:
    """A cancel gives it another id, but no other list."""
    venue.renames_cancelled = renames
    order = entry(desk)
    stop = order.cid + "S"
    await desk.perform(order)
    if by == "us":
        assert (await seen(desk, Cancel(stop))).report.status is Status.CANCELED
        assert [method for method, _ in desk.sent if "Delete" in method] == ["privateDeleteOrder"]
    else:
        venue.market.cancel(venue.market.open_orders()[0].id, client_id="web_1" if renames else None)

    async with desk_at(url, venue, clock) as fresh:
        assert (await seen(fresh, ask(fresh, stop))).report.status is Status.CANCELED
        (child,) = (await seen(fresh, ask(fresh, order.cid))).children
    assert (child.cid, child.qty, child.report.status) == (stop, NET, Status.CANCELED)


async def test_a_process_in_the_other_mode_finds_and_cancels_it(
    desk: Post, url: str, venue: SimulatedExchange, clock: Clock
) -> None:
    order = entry(desk)
    await desk.perform(order)

    async with desk_at(url, venue, clock) as other:
        found = await seen(other, ask(other, order.cid))
        assert [child.cid for child in found.children] == [order.cid + "S"]
        assert (await seen(other, Cancel(order.cid + "S"))).report.status is Status.CANCELED
    assert venue.market.locked("BTC") == 0


async def test_a_stop_nobody_placed_is_absent(desk: Post) -> None:
    assert type(await desk.perform(ask(desk, cid() + "S"))).__name__ == "OrderAbsent"


async def test_its_stop_is_hit(desk: Post, venue: SimulatedExchange) -> None:
    order = entry(desk)
    await desk.perform(order)
    venue.move(Decimal(62700))

    told = await seen(desk, ask(desk, order.cid))

    cost = NET * 62700
    (child,) = told.children
    assert (child.report.status, child.report.filled, child.report.cost) == (Status.FILLED, NET, cost)
    assert venue.balances() == {"BTC": 0, "USDT": 6800 + cost - child.report.fee_quote}
