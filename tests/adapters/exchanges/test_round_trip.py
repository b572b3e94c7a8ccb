"""One whole trade by effects alone, judged by the exchange's own books."""

from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.simulator import Fees, OrderRequest, OrderType, Side, SimulatedExchange, serve
from adapters.simulator import Status as Word
from fsm.effects import Assess, Audit, Cancel, Query
from fsm.events import Assessed, Audited, Market, OrderAbsent, OrderSeen
from fsm.ledger import Purpose, Report, Status

from .conftest import PRICE, QTY, TRIGGER, Clock, Post, cid, desk_at

pytestmark = pytest.mark.anyio

NET = Decimal("0.04995")


async def seen(desk: Post, effect: object) -> Report:
    event = await desk.perform(effect)  # type: ignore[arg-type]
    assert isinstance(event, OrderSeen), event
    return event.report


async def ask(desk: Post, name: str) -> Report:
    return await seen(desk, Query(name, desk.clock()))


async def test_a_whole_trade(desk: Post, venue: SimulatedExchange) -> None:
    facts = await desk.perform(Assess("signal-1"))
    assert isinstance(facts, Assessed)
    assert (facts.signal_id, facts.price, facts.spread, facts.cash, facts.base) == ("signal-1", PRICE, 0, 10000, 0)
    assert (facts.reachable, facts.listed, facts.trading) == (True, True, True)
    assert facts.market == Market(
        lot=Decimal("0.00001"),
        tick=Decimal("0.01"),
        min_qty=Decimal("0.00001"),
        min_notional=Decimal(5),
        fee=Decimal("0.001"),
        attached=False,
        locks=True,
    )

    entry = desk.place(Purpose.ENTRY)
    bought = await seen(desk, entry)
    assert bought == Report(Status.FILLED, QTY, Decimal(3200), fee_base=Decimal("0.00005"))
    assert venue.balances() == {"BTC": NET, "USDT": Decimal(6800)}
    asked = await ask(desk, entry.cid)
    assert asked == replace_asked(bought, asked.asked_at)
    assert asked.asked_at is not None

    stop = desk.place(Purpose.STOP, NET)
    assert await seen(desk, stop) == Report(Status.OPEN)
    assert venue.market.covered() == venue.market.locked("BTC") == NET
    assert (await ask(desk, stop.cid)).status is Status.OPEN
    audit = await desk.perform(Audit(7))
    assert isinstance(audit, Audited)
    assert (audit.asked, audit.base, audit.cash, audit.open) == (7, NET, 6800, (stop.cid,))
    assert audit.market == facts.market

    assert (await seen(desk, Cancel(stop.cid))).asked_at is None
    assert venue.market.locked("BTC") == 0
    gone = await ask(desk, stop.cid)
    assert (gone.status, gone.filled) == (Status.CANCELED, 0)

    sold = await seen(desk, desk.place(Purpose.EXIT, NET))
    assert sold == Report(Status.FILLED, NET, NET * PRICE, fee_quote=NET * PRICE * Decimal("0.001"))
    audit = await desk.perform(Audit(8))
    assert isinstance(audit, Audited)
    assert (audit.base, audit.cash, audit.open) == (0, venue.balances()["USDT"], ())
    assert venue.balances()["USDT"] == 6800 + sold.cost - sold.fee_quote
    assert [order.status for order in venue.market.state.orders.values()].count(Word.FILLED) == 2


def replace_asked(report: Report, asked_at: float | None) -> Report:
    return Report(report.status, report.filled, report.cost, report.fee_base, report.fee_quote, asked_at)


async def test_a_stop_that_fills(desk: Post, venue: SimulatedExchange, held: Decimal) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.move(Decimal(62700))

    report = await ask(desk, stop.cid)

    cost = QTY * 62700
    assert report == Report(Status.FILLED, QTY, cost, fee_quote=cost * Decimal("0.001"), asked_at=report.asked_at)
    assert venue.balances()["USDT"] == 10000 + report.cost - report.fee_quote


async def test_a_take_profit_leg_counts_as_well(desk: Post, venue: SimulatedExchange, held: Decimal) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.move(PRICE * 4)

    report = await ask(desk, stop.cid)

    assert (report.status, report.filled) == (Status.FILLED, QTY)
    assert report.cost > QTY * PRICE * 2


async def test_a_stop_that_only_partly_fills_is_no_longer_there(
    desk: Post, venue: SimulatedExchange, held: Decimal
) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.market.thin = Decimal("0.02")
    venue.move(Decimal(62700))

    report = await ask(desk, stop.cid)

    assert (report.status, report.filled) == (Status.CANCELED, Decimal("0.02"))
    assert report.fee_quote == report.cost / 1000 > 0


async def test_a_market_order_that_meets_a_thin_book(desk: Post, venue: SimulatedExchange) -> None:
    venue.market.thin = Decimal("0.02")

    entry = desk.place(Purpose.ENTRY)
    report = await seen(desk, entry)

    assert (report.status, report.filled, report.cost) == (Status.CANCELED, Decimal("0.02"), 1280)
    assert report.fee_base == Decimal("0.00002")
    assert (await ask(desk, entry.cid)).filled == Decimal("0.02")


async def test_a_restarted_process_finds_every_kind_of_order(
    desk: Post, url: str, venue: SimulatedExchange, clock: Clock, held: Decimal
) -> None:
    entry, lone, listed = desk.place(Purpose.ENTRY), desk.place(Purpose.STOP), desk.place(Purpose.STOP)
    await desk.perform(entry)
    await desk.perform(listed)
    await desk.perform(Cancel(listed.cid))
    venue.rules = replace(venue.rules, max_lists=0)
    await desk.perform(lone)

    async with desk_at(url, venue, clock) as fresh:
        assert (await ask(fresh, entry.cid)).status is Status.FILLED
        assert (await ask(fresh, lone.cid)).status is Status.OPEN
        assert (await ask(fresh, listed.cid)).status is Status.CANCELED
        assert (await seen(fresh, Cancel(lone.cid))).status is Status.CANCELED
    async with desk_at(url, venue, clock) as fresh:
        assert (await ask(fresh, lone.cid)).status is Status.CANCELED
        unknown = await fresh.perform(Query(cid(), 5.0))
        assert isinstance(unknown, OrderAbsent)
        assert unknown.asked_at == 5.0


async def test_a_lone_stop_that_somebody_cancelled_by_hand(desk: Post, venue: SimulatedExchange, held: Decimal) -> None:
    """The cancel took away the id that we gave it."""
    venue.rules = replace(venue.rules, max_lists=0)
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.market.cancel(venue.market.open_orders()[0].id, client_id="web_1")

    assert (await ask(desk, stop.cid)).status is Status.CANCELED


@pytest.mark.parametrize("kind", [OrderType.MARKET, OrderType.LIMIT])
async def test_an_order_that_bears_our_number_after_a_wipe_is_not_ours(
    desk: Post, venue: SimulatedExchange, kind: OrderType
) -> None:
    """A test network that begins anew counts from one again."""
    entry, stop = desk.place(Purpose.ENTRY), desk.place(Purpose.STOP, NET)
    await desk.perform(entry)
    await desk.perform(stop)
    venue.market.wipe({"BTC": QTY, "USDT": Decimal(10000)})
    price = PRICE * 2 if kind is OrderType.LIMIT else Decimal(0)
    for number in range(1, 4):
        order = OrderRequest(side=Side.SELL, type=kind, quantity=QTY / 5, price=price, client_id=f"web_{number}")
        venue.market.place(order)

    for ours in (entry.cid, stop.cid):
        assert isinstance(await desk.perform(Query(ours, 1.0)), OrderAbsent)


async def test_strangers_are_listed_and_can_be_cancelled(
    desk: Post, venue: SimulatedExchange, held: Decimal, url: str
) -> None:
    stop = desk.place(Purpose.STOP, QTY / 5)
    await desk.perform(stop)
    order = OrderRequest(
        side=Side.SELL, type=OrderType.LIMIT, quantity=QTY / 5, price=Decimal(70000), client_id="web_77"
    )
    venue.market.place(order)

    audit = await desk.perform(Audit(1))
    assert isinstance(audit, Audited)
    assert set(audit.open) == {stop.cid, "web_77"}

    assert (await seen(desk, Cancel("web_77"))).status is Status.CANCELED
    assert (await desk.client.open_orders()) == (stop.cid,)


async def test_a_symbol_without_market_stops_gets_limit_stops_deep_below(clock: Clock) -> None:
    kinds = [kind for kind in OrderType if kind is not OrderType.STOP_LOSS]
    venue = SimulatedExchange.create(price=PRICE, order_types=kinds, clock=clock, balances={"BTC": QTY})
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        stop = desk.place(Purpose.STOP)
        assert (await seen(desk, stop)).status is Status.OPEN

        below = next(o for o in venue.market.open_orders() if o.type is OrderType.STOP_LOSS_LIMIT)
        assert below.stop_price == TRIGGER
        assert PRICE * Decimal("0.2") < below.price < TRIGGER * Decimal("0.7")
        venue.move(Decimal(58000))  # a gap

        assert (await ask(desk, stop.cid)).filled == QTY
    venue.close()


async def test_fees_in_a_third_coin_stay_out_of_the_report(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    venue = SimulatedExchange.create(
        price=PRICE,
        clock=clock,
        fees=Fees(discount_price=Decimal(600)),
        balances={"USDT": Decimal(10000), "BNB": Decimal(1)},
    )
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        report = await seen(desk, desk.place(Purpose.ENTRY))

    assert (report.status, report.filled, report.fee_base, report.fee_quote) == (Status.FILLED, QTY, 0, 0)
    assert "BNB" in caplog.text
    venue.close()
