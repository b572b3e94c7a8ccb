"""One whole trade at Kraken by effects alone, judged by the exchange's own books."""

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.simulator import Fate, OrderRequest, OrderType, Passed, Side, SimulatedKraken
from fsm.effects import Assess, Audit, Cancel, Query
from fsm.events import Assessed, Audited, Market, OrderAbsent, OrderSeen
from fsm.ledger import WOULD_TRIGGER, Purpose, Report, Status

from .conftest import Clock
from .kraken_desk import PRICE, QTY, TRIGGER, Post, cid, desk, desk_at, held, url, venue

__all__ = ["desk", "held", "url", "venue"]
pytestmark = pytest.mark.anyio

FEE = Decimal("0.004")
THREE = Decimal("0.12")  # crosses three levels


def undated(seen: OrderSeen) -> OrderSeen:
    """Placed orders are asked about at once, and the answer says when."""
    children = tuple(replace(c, report=replace(c.report, asked_at=None)) for c in seen.children)
    return replace(seen, report=replace(seen.report, asked_at=None), children=children)


async def test_a_whole_trade(desk: Post, venue: SimulatedKraken) -> None:
    facts = await desk.perform(Assess("signal-1"))
    assert isinstance(facts, Assessed)
    assert (facts.signal_id, facts.price, facts.spread, facts.cash, facts.base) == ("signal-1", PRICE, 0, 10000, 0)
    assert (facts.reachable, facts.listed, facts.trading) == (True, True, True)
    assert facts.market == Market(
        lot=Decimal("0.00000001"),
        tick=Decimal("0.1"),
        min_qty=Decimal("0.00005"),
        min_notional=Decimal("0.5"),
        fee=FEE,
        attached=True,
        locks=False,
    )

    entry = desk.place(Purpose.ENTRY, THREE)
    bought = undated(await desk.seen(entry))
    cost = THREE * PRICE
    assert bought.report == Report(Status.FILLED, THREE, cost, fee_quote=cost * FEE)
    assert [(child.qty, child.report) for child in bought.children] == [
        (Decimal(qty), Report(Status.OPEN)) for qty in ("0.05", "0.05", "0.02")
    ]
    assert venue.balances() == {"BTC": THREE, "USDT": 10000 - cost * (1 + FEE)}
    assert venue.naked().total == 0
    stops = tuple(child.cid for child in bought.children)
    assert set(stops) == {f"OSIMUL-ORDER-00000{n}" for n in (2, 3, 4)}
    asked = await desk.ask(entry.cid)
    assert asked.report.asked_at is not None
    assert [(c.cid, c.report.asked_at) for c in asked.children] == [(c, asked.report.asked_at) for c in stops]

    audit = await desk.perform(Audit(7))
    assert isinstance(audit, Audited)
    assert (audit.asked, audit.base, audit.cash) == (7, THREE, 10000 - cost * (1 + FEE))
    assert sorted(audit.open) == sorted(stops)
    assert audit.market == facts.market

    for stop in stops:
        assert (await desk.seen(Cancel(stop))).report.asked_at is None
    desk.sent.clear()
    gone = await asyncio.gather(*(desk.ask(stop) for stop in stops))
    assert {seen.report.status for seen in gone} == {Status.CANCELED}
    assert desk.names() == ["QueryOrders"]  # one question for all of them
    assert venue.market.locked("BTC") == 0

    sold = undated(await desk.seen(desk.place(Purpose.EXIT, THREE))).report
    assert sold == Report(Status.FILLED, THREE, cost, fee_quote=cost * FEE)
    audit = await desk.perform(Audit(8))
    assert isinstance(audit, Audited)
    assert (audit.base, audit.cash, audit.open) == (0, 10000 - 2 * cost * FEE, ())
    assert venue.balances()["USDT"] == audit.cash


async def test_what_is_sent(desk: Post, held: Decimal) -> None:
    """Absolute prices on a tick, the fee in quote, our id, and a deadline; nothing else."""
    entry, stop, exit_ = (
        desk.place(Purpose.ENTRY, trigger=Decimal("62720.07")),
        desk.place(Purpose.STOP, Decimal("0.0500000000"), trigger=Decimal("6E+4")),
        desk.place(Purpose.EXIT),
    )
    for effect in (entry, stop):
        await desk.perform(effect)
    await desk.perform(exit_)

    bought, stopped, sold = desk.orders()

    assert bought.pop("deadline").endswith("Z")
    common = {"pair": "XBTUSDT", "oflags": "fciq", "volume": "0.05"}
    close = {"close[ordertype]": "stop-loss", "close[price]": "62720"}
    assert bought == common | close | {"type": "buy", "ordertype": "market", "cl_ord_id": entry.cid}
    del stopped["deadline"], sold["deadline"]
    assert stopped == common | {"type": "sell", "ordertype": "stop-loss", "price": "60000", "cl_ord_id": stop.cid}
    assert sold == common | {"type": "sell", "ordertype": "market", "cl_ord_id": exit_.cid}


async def test_stops_that_fill(desk: Post, venue: SimulatedKraken) -> None:
    entry = desk.place(Purpose.ENTRY, THREE)
    stops = [child.cid for child in (await desk.seen(entry)).children]
    venue.move(Decimal(62700))

    reports = [(await desk.ask(stop)).report for stop in stops]
    family = await desk.ask(entry.cid)

    assert {r.status for r in reports} == {Status.FILLED}
    assert sum(r.filled for r in reports) == THREE
    assert sum(r.cost for r in reports) == THREE * 62700
    assert sum(r.fee_quote for r in reports) == THREE * 62700 * FEE
    assert [c.report.filled for c in family.children] == [r.filled for r in reports]


async def test_a_stop_of_its_own(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    stop = desk.place(Purpose.STOP)

    assert undated(await desk.seen(stop)).report == Report(Status.OPEN)
    assert venue.market.covered() == QTY
    assert await desk.client.open_orders() == (stop.cid,)
    venue.move(TRIGGER)
    report = (await desk.ask(stop.cid)).report
    assert (report.status, report.filled, report.fee_quote) == (Status.FILLED, QTY, report.cost * FEE)


@pytest.mark.parametrize(
    ("fate", "children"),
    [
        (Fate.MISSING, [Status.OPEN, Status.OPEN]),
        (Fate.CANCELED, [Status.OPEN, Status.OPEN, Status.CANCELED]),
    ],
)
async def test_a_stop_that_was_not_made(desk: Post, venue: SimulatedKraken, fate: Fate, children: list[Status]) -> None:
    """Its size is nowhere among the children, or among those that are dead: the core protects the difference."""
    venue.market.fates.append(fate)

    seen = await desk.seen(desk.place(Purpose.ENTRY, THREE))

    assert sorted(child.report.status for child in seen.children) == sorted(children)
    alive = sum(child.qty for child in seen.children if child.report.status is Status.OPEN)
    assert alive == THREE - Decimal("0.05") == venue.market.covered()


async def test_a_price_already_through_the_stop(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    """Kraken takes it and cancels it at once, or refuses it; one may be asked about, the other not."""
    stop = desk.place(Purpose.STOP, trigger=PRICE)
    seen = await desk.seen(stop)
    assert (seen.report.status, seen.report.reason) == (Status.REJECTED, WOULD_TRIGGER)
    assert (await desk.ask(stop.cid)).report.status is Status.REJECTED

    venue.market.passed = Passed.REFUSED
    seen = await desk.seen(desk.place(Purpose.STOP, trigger=PRICE))
    assert (seen.report.status, seen.report.reason) == (Status.REJECTED, WOULD_TRIGGER)

    venue.market.passed = Passed.TRIGGERED
    seen = await desk.seen(desk.place(Purpose.STOP, trigger=PRICE))
    assert (seen.report.status, seen.report.filled) == (Status.FILLED, QTY)


async def test_a_market_order_that_meets_a_thin_book(desk: Post, venue: SimulatedKraken) -> None:
    venue.market.thin = Decimal("0.02")

    seen = await desk.seen(desk.place(Purpose.ENTRY))

    assert (seen.report.status, seen.report.filled, seen.report.cost) == (Status.CANCELED, Decimal("0.02"), 1280)
    assert seen.report.fee_quote == 1280 * FEE
    assert [child.qty for child in seen.children] == [Decimal("0.02")]


async def test_a_restarted_process_finds_every_kind_of_order(
    desk: Post, url: str, venue: SimulatedKraken, clock: Clock, held: Decimal
) -> None:
    entry, stop, exit_ = desk.place(Purpose.ENTRY, THREE), desk.place(Purpose.STOP), desk.place(Purpose.EXIT, THREE)
    for effect in (entry, stop):
        await desk.perform(effect)
    (before, stop_before) = (await desk.ask(entry.cid), await desk.ask(stop.cid))
    for child in before.children:
        await desk.perform(Cancel(child.cid))
    await desk.perform(exit_)

    async with desk_at(url, venue, clock) as fresh:
        assert {c.report.status for c in (await fresh.ask(entry.cid)).children} == {Status.CANCELED}
        assert (await fresh.ask(exit_.cid)).report.filled == THREE
        assert (await fresh.ask(stop.cid)).report.status is stop_before.report.status is Status.OPEN
        assert (await fresh.ask(before.children[0].cid)).report.status is Status.CANCELED
    async with desk_at(url, venue, clock) as fresh:
        assert (await fresh.seen(Cancel(stop.cid))).report.status is Status.CANCELED
        assert (await fresh.ask(stop.cid)).report.status is Status.CANCELED
        unknown = await fresh.perform(Query(cid(), 5.0))
        assert isinstance(unknown, OrderAbsent)
        assert unknown.asked_at == 5.0


async def test_strangers_are_listed_and_can_be_cancelled(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    venue.market.place(OrderRequest(side=Side.SELL, type=OrderType.LIMIT, quantity=QTY, price=Decimal(70000)))

    (stranger,) = await desk.client.open_orders()

    assert stranger == "OSIMUL-ORDER-000001"
    assert (await desk.seen(Cancel(stranger))).report.status is Status.CANCELED
    assert await desk.client.open_orders() == ()


async def test_trades(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    entry = await desk.seen(desk.place(Purpose.ENTRY, THREE))
    await desk.perform(desk.place(Purpose.EXIT))

    of_entry, all_ = await desk.client.trades("OSIMUL-ORDER-000001"), await desk.client.trades()

    assert sum(fill.qty for fill in of_entry) == entry.report.filled
    assert sum(fill.cost for fill in of_entry) == entry.report.cost
    assert sum(fill.fee for fill in of_entry) == entry.report.fee_quote
    assert {(fill.fee_asset, fill.side.value) for fill in of_entry} == {("USDT", "BUY")}
    assert len(all_) == 4


async def test_a_rehearsal_moves_nothing(desk: Post, venue: SimulatedKraken) -> None:
    from adapters.exchanges import Side as Our

    client = desk.client
    said = await client.rehearse(Our.BUY, QTY, TRIGGER)  # type: ignore[attr-defined]

    assert said == {
        "order": "buy 0.05000000 XBTUSDT @ market",
        "close": "close position @ stop loss 62720.0",
    }
    assert not venue.market.state.orders
