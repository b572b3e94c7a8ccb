"""Whatever face a lost answer wears: the order is looked up with all its stops, and nothing is sent twice."""

import asyncio
from decimal import Decimal

import pytest

from adapters.exchanges.kraken_line import Allowance
from adapters.simulator import Answer, Execution, Fault, OrderRequest, OrderType, Side, SimulatedKraken
from fsm.effects import Cancel, Query
from fsm.events import OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Status

from .conftest import Clock
from .kraken_desk import ADD, CANCEL, QTY, Post, cid, desk, desk_at, held, url, venue

__all__ = ["desk", "held", "url", "venue"]
pytestmark = pytest.mark.anyio

THREE = Decimal("0.12")
FACES = [
    *(face for face in Answer if face not in (Answer.HONEST, Answer.PENDING, Answer.UNCOUNTED)),
    ("EService:Unavailable",),
    ("EService:Busy",),
    ("EService:Deadline elapsed",),
    ("EGeneral:Internal error",),
    ("EOrder:Invalid order",),
    ("EOrder:Insufficient funds", "EService:Busy"),
    ("EGeneral:Invalid arguments:cl_ord_id not unique",),
    ("ENew:Never seen before",),
]
FATES = [
    pytest.param(face, executed, id=f"{face}-{'executed' if executed else 'lost'}")
    for face in FACES
    for executed in (True, False)
    if executed or face is not Answer.CUT  # an answer that does not exist cannot be cut
]


@pytest.fixture(autouse=True)
def generous(desk: Post) -> None:
    desk.wire._allowance = Allowance(desk.clock, 1000)


@pytest.mark.parametrize(("face", "executed"), FATES)
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_placing_without_a_definite_answer(
    desk: Post, venue: SimulatedKraken, purpose: Purpose, face: Answer | tuple[str, ...], executed: bool
) -> None:
    venue.market.transfer("BTC", THREE)
    how = Execution.NOW if executed else Execution.NEVER
    venue.faults.add(Fault("POST", ADD, answer=face, execution=how))
    effect = desk.place(purpose, THREE)

    event = await desk.perform(effect)

    assert isinstance(event, OrderUnresolved)
    assert len(desk.orders()) == 1
    answer = await desk.perform(Query(effect.cid, 12.5))
    if executed:
        assert isinstance(answer, OrderSeen)
        assert answer.report.status is (Status.OPEN if purpose is Purpose.STOP else Status.FILLED)
        assert answer.report.asked_at == 12.5
        assert len(answer.children) == (3 if purpose is Purpose.ENTRY else 0)
        assert bool(answer.report.fee_quote) is (purpose is not Purpose.STOP)
    else:
        assert isinstance(answer, OrderAbsent)
        assert answer.asked_at == 12.5
        assert not venue.market.state.orders
    assert len(desk.orders()) == 1


@pytest.mark.parametrize(("face", "executed"), FATES)
async def test_a_cancel_without_a_definite_answer(
    desk: Post, venue: SimulatedKraken, held: Decimal, face: Answer | tuple[str, ...], executed: bool
) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.faults.add(Fault("POST", CANCEL, answer=face, execution=Execution.NOW if executed else Execution.NEVER))

    event = await desk.perform(Cancel(stop.cid))

    assert isinstance(event, OrderUnresolved)
    assert (await desk.ask(stop.cid)).report.status is (Status.CANCELED if executed else Status.OPEN)


@pytest.mark.parametrize("face", [Answer.PENDING, Answer.UNCOUNTED])
async def test_a_cancel_that_is_only_pending(desk: Post, venue: SimulatedKraken, held: Decimal, face: Answer) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.faults.add(Fault("POST", CANCEL, answer=face, execution=Execution.NEVER))

    assert isinstance(await desk.perform(Cancel(stop.cid)), OrderUnresolved)

    assert (await desk.ask(stop.cid)).report.status is Status.OPEN
    assert (await desk.seen(Cancel(stop.cid))).report.status is Status.CANCELED


@pytest.mark.parametrize("face", [Answer.DROPPED, Answer.HOLLOW, Answer.HTML_524, ("EService:Busy",)], ids=str)
@pytest.mark.parametrize("endpoint", ["OpenOrders", "ClosedOrders", "QueryOrders"])
async def test_an_entry_is_not_told_without_its_stops(
    desk: Post, venue: SimulatedKraken, face: Answer | tuple[str, ...], endpoint: str
) -> None:
    """Half of an answer would read as "these are all its stops", which were hit meanwhile."""
    entry = desk.place(Purpose.ENTRY, THREE)
    await desk.perform(entry)
    venue.move(Decimal(60000))
    venue.faults.add(Fault("POST", f"/0/private/{endpoint}", answer=face, times=None))

    assert isinstance(await desk.perform(Query(entry.cid, 1.0)), OrderUnresolved)

    venue.faults.clear()
    assert len((await desk.ask(entry.cid)).children) == 3


@pytest.mark.parametrize("face", [Answer.DROPPED, Answer.HOLLOW, ("EService:Busy",)], ids=str)
async def test_an_accepted_order_that_cannot_be_looked_up_is_open(
    desk: Post, venue: SimulatedKraken, face: Answer | tuple[str, ...]
) -> None:
    venue.faults.add(Fault("POST", "/0/private/QueryOrders", answer=face, times=None))
    entry = desk.place(Purpose.ENTRY, THREE)

    event = await desk.seen(entry)

    assert (event.report.status, event.report.asked_at, event.children) == (Status.OPEN, None, ())
    venue.faults.clear()
    assert (await desk.ask(entry.cid)).report.status is Status.FILLED


async def test_an_order_that_is_not_shown_at_once(desk: Post, venue: SimulatedKraken) -> None:
    venue.faults.add(Fault("POST", ADD, answer=Answer.DROPPED))
    venue.faults.unseen = 5.0
    entry = desk.place(Purpose.ENTRY)
    await desk.perform(entry)

    assert isinstance(await desk.perform(Query(entry.cid, 1.0)), OrderAbsent)
    assert isinstance(desk.clock, Clock)
    desk.clock.ahead += 6
    assert (await desk.ask(entry.cid)).report.status is Status.FILLED


async def test_histories_longer_than_a_page(desk: Post, url: str, venue: SimulatedKraken, clock: Clock) -> None:
    """Fifty a page. The entry is old news when it is looked for, and its stops have ended one after the other."""
    venue.market.depth = venue.market.depth.__class__(spread=Decimal(0), gap=Decimal(0), size=Decimal("0.001"))
    venue.move(Decimal(64000))
    entry = desk.place(Purpose.ENTRY, Decimal("0.055"))
    seen = await desk.seen(entry)
    assert len(seen.children) == 55
    for child in seen.children:
        venue.market.cancel(venue.market.open_orders()[0].id)
        assert child.qty == Decimal("0.001")

    async with desk_at(url, venue, clock) as fresh:
        fresh.wire._allowance = Allowance(clock, 1000)
        found = await fresh.ask(entry.cid)
        assert len(found.children) == 55
        assert {child.report.status for child in found.children} == {Status.CANCELED}
        assert fresh.names().count("ClosedOrders") == 3

        venue.faults.add(Fault("POST", "/0/private/ClosedOrders", answer=Answer.HTML_502, after=1, times=None))
        assert isinstance(await fresh.perform(Query(entry.cid, 1.0)), OrderUnresolved)


async def test_a_stop_that_ends_between_two_questions_is_told_as_ended(desk: Post, venue: SimulatedKraken) -> None:
    """The closed orders are asked for as well, because one of the stops is not open any more."""
    entry = desk.place(Purpose.ENTRY, THREE)
    await desk.perform(entry)
    venue.market.cancel(venue.market.open_orders()[0].id)
    ask = desk.wire.call

    async def meanwhile(endpoint: str, **params: str | int) -> object:
        if endpoint == "ClosedOrders":
            venue.move(Decimal(62000))
        return await ask(endpoint, **params)

    desk.wire.call = meanwhile  # type: ignore[method-assign,assignment]
    told = [child.report for child in (await desk.ask(entry.cid)).children]

    assert sorted(report.status for report in told) == [Status.CANCELED, Status.FILLED, Status.FILLED]
    assert sum(report.filled for report in told) == THREE - venue.balances()["BTC"] > 0


async def test_one_unknown_order_does_not_spoil_the_answers_about_the_others(desk: Post) -> None:
    entry = await desk.seen(desk.place(Purpose.ENTRY, THREE))
    names = [*(child.cid for child in entry.children), "OSIMUL-ORDER-000099"]

    *known, unknown = await asyncio.gather(*(desk.perform(Query(name, 1.0)) for name in names))

    assert all(isinstance(event, OrderSeen) for event in known)
    assert isinstance(unknown, OrderAbsent)


async def test_two_orders_under_one_id_are_a_doubt(desk: Post, venue: SimulatedKraken) -> None:
    """Kraken lets an id be used again once its order is done. We never do; whoever did, it is not for us to choose."""
    name = cid()
    for _ in range(2):
        venue.market.place(
            OrderRequest(side=Side.BUY, type=OrderType.MARKET, quantity=Decimal("0.001"), client_id=name)
        )

    event = await desk.perform(Query(name, 1.0))

    assert isinstance(event, OrderUnresolved)
    assert "several" in event.why


async def test_a_sent_order_is_not_repeated_when_its_task_dies(desk: Post, venue: SimulatedKraken) -> None:
    venue.faults.add(Fault("POST", ADD, lag=30.0))
    entry = desk.place(Purpose.ENTRY)
    task = asyncio.create_task(desk.perform(entry))
    while not venue.market.state.fills:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert (await desk.ask(entry.cid)).report.filled == QTY
    assert len(venue.market.state.fills) == 1
