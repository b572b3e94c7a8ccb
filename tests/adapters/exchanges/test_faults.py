"""Whatever face a lost answer wears: the event says "unresolved", the order is looked up, and nothing is sent twice."""

import asyncio
from decimal import Decimal

import pytest

from adapters.simulator import Answer, ErrorAnswer, Execution, Fault, SimulatedExchange
from fsm.effects import Cancel, Query
from fsm.events import OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Status

from .conftest import Clock, Post

pytestmark = pytest.mark.anyio

FACES = [
    *(answer for answer in Answer if answer is not Answer.HONEST),
    ErrorAnswer(-1007, "Timeout waiting for response from backend server. Send status unknown.", status=504),
    ErrorAnswer(-1006, "An unexpected response was received from the message bus.", status=500),
    ErrorAnswer(-1008, "Server is currently overloaded with other requests.", status=503),
    ErrorAnswer(-1000, "An unknown error occurred while processing the request.", status=400),
    ErrorAnswer(-2010, "Duplicate order sent."),
]
FATES = [
    pytest.param(face, executed, id=f"{getattr(face, 'code', face)}-{'executed' if executed else 'lost'}")
    for face in FACES
    for executed in (True, False)
    if executed or face is not Answer.CUT  # an answer that does not exist cannot be cut
]
PATHS = {Purpose.ENTRY: "order", Purpose.EXIT: "order", Purpose.STOP: "orderList/oco"}


def name(face: object) -> str:
    return str(getattr(face, "code", face))


@pytest.mark.parametrize(("face", "executed"), FATES)
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_placing_without_a_definite_answer(
    desk: Post, venue: SimulatedExchange, held: Decimal, purpose: Purpose, face: Answer | ErrorAnswer, executed: bool
) -> None:
    how = Execution.NOW if executed else Execution.NEVER
    venue.faults.add(Fault("POST", f"/api/v3/{PATHS[purpose]}", answer=face, execution=how))
    effect = desk.place(purpose)

    event = await desk.perform(effect)

    assert isinstance(event, OrderUnresolved)
    assert len(desk.posts()) == 1
    answer = await desk.perform(Query(effect.cid, 12.5))
    if executed:
        assert isinstance(answer, OrderSeen)
        assert answer.report.status is (Status.OPEN if purpose is Purpose.STOP else Status.FILLED)
        assert answer.report.asked_at == 12.5
        assert bool(answer.report.fee_base) is (purpose is Purpose.ENTRY)
        assert bool(answer.report.fee_quote) is (purpose is Purpose.EXIT)
    else:
        assert isinstance(answer, OrderAbsent)
        assert answer.asked_at == 12.5
    assert len(venue.market.state.orders) == executed * (2 if purpose is Purpose.STOP else 1)
    assert len(desk.posts()) == 1


@pytest.mark.parametrize(("face", "executed"), FATES)
async def test_a_cancel_without_a_definite_answer(
    desk: Post, venue: SimulatedExchange, held: Decimal, face: Answer | ErrorAnswer, executed: bool
) -> None:
    """A dropped DELETE is sent again by the HTTP library itself: the second one says -2011, which proves nothing. But
    then the order is looked at, and what it says is told without our having asked."""
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    how = Execution.NOW if executed else Execution.NEVER
    twice = face is Answer.DROPPED and not executed
    venue.faults.add(Fault("DELETE", "/api/v3/orderList", answer=face, execution=how, times=2 if twice else 1))

    event = await desk.perform(Cancel(stop.cid))

    if face is Answer.DROPPED and executed:
        assert isinstance(event, OrderSeen)
        assert (event.report.status, event.report.asked_at) == (Status.CANCELED, None)
    else:
        assert isinstance(event, OrderUnresolved)
    answer = await desk.perform(Query(stop.cid, 1.0))
    assert isinstance(answer, OrderSeen)
    assert answer.report.status is (Status.CANCELED if executed else Status.OPEN)
    assert venue.market.locked("BTC") == (0 if executed else held)


@pytest.mark.parametrize("face", FACES, ids=name)
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_question_without_a_definite_answer(
    desk: Post, venue: SimulatedExchange, held: Decimal, purpose: Purpose, face: Answer | ErrorAnswer
) -> None:
    effect = desk.place(purpose)
    await desk.perform(effect)
    venue.faults.add(Fault("GET", "/api/v3/order", answer=face, times=None))

    assert isinstance(await desk.perform(Query(effect.cid, 1.0)), OrderUnresolved)

    venue.faults.clear()
    assert isinstance(await desk.perform(Query(effect.cid, 1.0)), OrderSeen)


async def test_an_order_that_is_not_shown_at_once(desk: Post, venue: SimulatedExchange) -> None:
    venue.faults.blind = 2
    entry = desk.place(Purpose.ENTRY)
    await desk.perform(entry)

    # each question asks twice: by our id, and by the one the venue gave it
    assert isinstance(await desk.perform(Query(entry.cid, 1.0)), OrderAbsent)
    answer = await desk.perform(Query(entry.cid, 2.0))

    assert isinstance(answer, OrderSeen)
    assert answer.report.asked_at == 2.0


@pytest.mark.parametrize("list_shown", [True, False])
async def test_a_list_of_which_one_leg_is_hidden_is_in_doubt(
    desk: Post, venue: SimulatedExchange, held: Decimal, list_shown: bool
) -> None:
    """The upper leg is gone because the stop traded: without the stop's own word that must not read as cancelled."""
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.move(Decimal(62000))
    hidden = venue.market.find(f"{stop.cid}B")
    assert hidden is not None
    venue.faults._seen.update({order.id: 9 for order in venue.market.state.orders.values() if order is not hidden})
    venue.faults.blind = 4
    if not list_shown:
        venue.faults.add(Fault("GET", "/api/v3/orderList", answer=ErrorAnswer(-2018, "Order list does not exist.")))

    event = await desk.perform(Query(stop.cid, 1.0))
    assert isinstance(event, OrderUnresolved)

    venue.faults.blind = 0
    event = await desk.perform(Query(stop.cid, 1.0))
    assert isinstance(event, OrderSeen)
    assert event.report.filled == held


async def test_only_a_cancellation_passes(desk: Post, venue: SimulatedExchange) -> None:
    venue.faults.add(Fault("POST", "/api/v3/order", lag=30.0))
    task = asyncio.create_task(desk.perform(desk.place(Purpose.ENTRY)))
    while not venue.market.state.orders:
        await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


# -- trades that are not shown
@pytest.mark.parametrize("face", [Answer.HTML_502, ErrorAnswer(-1003, "weight", status=400)], ids=name)
async def test_a_fill_is_not_reported_without_its_fees(
    desk: Post, venue: SimulatedExchange, clock: Clock, face: Answer | ErrorAnswer
) -> None:
    entry = desk.place(Purpose.ENTRY)
    await desk.perform(entry)
    venue.faults.add(Fault("GET", "/api/v3/myTrades", answer=face, times=None))

    assert isinstance(await desk.perform(Query(entry.cid, 1.0)), OrderUnresolved)

    clock.ahead += 11
    answer = await desk.perform(Query(entry.cid, 1.0))
    assert isinstance(answer, OrderSeen)
    assert (answer.report.filled, answer.report.cost) == (Decimal("0.05"), 3200)
    assert answer.report.fee_base == Decimal("0.00005")  # estimated: coins must not stay naked for a list that lags
