"""What the venue definitely refused: reported, sent again only where that is safe, and never past its expiry."""

from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.simulator import Answer, ErrorAnswer, Execution, Fault, Phase, SimulatedExchange, serve
from fsm.effects import Cancel, Query
from fsm.events import OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import WOULD_TRIGGER, Purpose, Status

from .conftest import PRICE, Clock, Post, cid, desk_at, moved_to

pytestmark = pytest.mark.anyio


def name(face: object) -> str:
    return str(getattr(face, "code", face))


REFUSALS = [
    ErrorAnswer(-2010, "Account has insufficient balance for requested action."),
    ErrorAnswer(-1013, "Filter failure: NOTIONAL"),
    ErrorAnswer(-1022, "Signature for this request is not valid."),
    ErrorAnswer(-2015, "Invalid API-key, IP, or permissions for action.", status=401),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=name)
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_definite_refusal(
    desk: Post, venue: SimulatedExchange, held: Decimal, purpose: Purpose, refusal: ErrorAnswer
) -> None:
    venue.faults.add(Fault("POST", "/api/v3/order*", answer=refusal, execution=Execution.NEVER, times=None))

    event = await desk.perform(desk.place(purpose))

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.REJECTED
    assert str(refusal.code) in event.report.reason
    assert refusal.message in event.report.reason
    assert event.report.asked_at is None


async def test_a_refused_cancel_does_not_make_a_refused_order(
    desk: Post, venue: SimulatedExchange, held: Decimal
) -> None:
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    venue.market.set_phase(Phase.HALT)

    assert isinstance(await desk.perform(Cancel(stop.cid)), OrderUnresolved)


async def test_a_cancel_that_does_not_find_an_order_which_is_open_is_a_doubt(
    desk: Post, venue: SimulatedExchange, held: Decimal
) -> None:
    """Two answers of one venue that cannot both be true."""
    stop = desk.place(Purpose.STOP)
    await desk.perform(stop)
    unknown = ErrorAnswer(-2011, "Unknown order sent.")
    venue.faults.add(Fault("DELETE", "*", answer=unknown, execution=Execution.NEVER, times=None))

    assert isinstance(await desk.perform(Cancel(stop.cid)), OrderUnresolved)
    assert venue.market.locked("BTC") == held


async def test_a_rate_limit_is_waited_out_inside_the_expiry(desk: Post, venue: SimulatedExchange) -> None:
    limit = ErrorAnswer(-1015, "Too many new orders.", status=429, headers={"Retry-After": "1"})
    venue.faults.add(Fault("POST", "/api/v3/order", answer=limit, execution=Execution.NEVER))
    before = desk.clock()

    event = await desk.perform(desk.place(Purpose.ENTRY))

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.FILLED
    assert desk.clock() - before >= 1.0
    assert len(desk.posts()) == 2
    assert len(venue.market.state.orders) == 1


@pytest.mark.parametrize(
    ("purpose", "kind"), [(Purpose.ENTRY, OrderSeen), (Purpose.EXIT, OrderSeen), (Purpose.STOP, OrderUnresolved)]
)
async def test_a_ban_longer_than_the_expiry_silences_every_request(
    desk: Post, venue: SimulatedExchange, held: Decimal, purpose: Purpose, kind: type
) -> None:
    """A stop that did not get through is not a refused stop: two of those would give up the position."""
    ban = ErrorAnswer(-1003, "Way too much request weight used; IP banned.", status=418, headers={"Retry-After": "60"})
    venue.faults.add(Fault("POST", "/api/v3/order*", answer=ban, execution=Execution.NEVER))

    event = await desk.perform(desk.place(purpose))

    assert isinstance(event, kind)
    assert len(desk.posts()) == 1
    assert not venue.market.state.orders
    spent = venue.limits.weight
    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderUnresolved)
    assert venue.limits.weight == spent
    assert isinstance(desk.clock, Clock)
    desk.clock.ahead += 61
    venue.limits.max_weight = 10**6
    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderAbsent)


@pytest.mark.parametrize("skew", [30.0, -30.0])
async def test_a_clock_that_went_wrong_is_set_again(desk: Post, venue: SimulatedExchange, skew: float) -> None:
    venue.skew = skew

    event = await desk.perform(desk.place(Purpose.ENTRY))

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.FILLED
    assert len(desk.posts()) == 2
    assert len(venue.market.state.orders) == 1


@pytest.mark.parametrize(
    ("purpose", "kind"), [(Purpose.ENTRY, OrderSeen), (Purpose.EXIT, OrderSeen), (Purpose.STOP, OrderUnresolved)]
)
async def test_a_venue_that_is_not_there(
    desk: Post, venue: SimulatedExchange, clock: Clock, unused_tcp_url: str, purpose: Purpose, kind: type
) -> None:
    async with desk_at(unused_tcp_url, venue, clock) as lonely:
        lonely.client._rules = desk.client._rules  # type: ignore[attr-defined]
        event = await lonely.perform(lonely.place(purpose))

        assert isinstance(event, kind)
        assert len(lonely.posts()) == 3
        assert not lonely.connected
    if isinstance(event, OrderSeen):
        assert event.report.status is Status.REJECTED
        assert "not connected" in event.report.reason


@pytest.mark.parametrize("trigger", [PRICE, PRICE + 1000])
async def test_a_price_already_through_the_stop(
    desk: Post, venue: SimulatedExchange, held: Decimal, trigger: Decimal
) -> None:
    event = await desk.perform(desk.place(Purpose.STOP, trigger=trigger))

    assert isinstance(event, OrderSeen)
    assert (event.report.status, event.report.reason) == (Status.REJECTED, WOULD_TRIGGER)
    assert not venue.market.state.orders


@pytest.mark.parametrize("rule", [{"multiplier_up": Decimal("1.5")}, {"max_lists": 0}])
async def test_a_list_refused_for_its_own_reasons_leaves_the_stop_alone(
    desk: Post, venue: SimulatedExchange, held: Decimal, rule: dict[str, object]
) -> None:
    venue.rules = replace(venue.rules, **rule)  # type: ignore[arg-type]  # after the client has read them
    stop = desk.place(Purpose.STOP)

    event = await desk.perform(stop)

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.OPEN
    assert [order.client_id for order in venue.market.open_orders()] == [f"{stop.cid}B"]
    assert venue.market.covered() == held
    assert await desk.client.open_orders() == (stop.cid,)
    venue.move(Decimal(62000))
    answer = await desk.perform(Query(stop.cid, 1.0))
    assert isinstance(answer, OrderSeen)
    assert (answer.report.status, answer.report.filled) == (Status.FILLED, held)


async def test_too_many_stops_at_the_venue(desk: Post, venue: SimulatedExchange, held: Decimal) -> None:
    venue.rules = replace(venue.rules, max_algo_orders=0)

    event = await desk.perform(desk.place(Purpose.STOP))

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.REJECTED
    assert event.report.reason == "-1013 Filter failure: MAX_NUM_ALGO_ORDERS"


async def test_an_unanswered_list_is_not_followed_by_a_lone_stop(
    desk: Post, venue: SimulatedExchange, held: Decimal
) -> None:
    venue.rules = replace(venue.rules, max_lists=0)
    venue.faults.add(Fault("POST", "/api/v3/orderList/oco", answer=Answer.HTML_504, execution=Execution.NEVER))

    assert isinstance(await desk.perform(desk.place(Purpose.STOP)), OrderUnresolved)
    assert not venue.market.state.orders


# -- expiry
@pytest.mark.parametrize("within", [-1.0, 0.0, 0.4])
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_an_order_is_not_sent_late(desk: Post, held: Decimal, purpose: Purpose, within: float) -> None:
    assert isinstance(await desk.perform(desk.place(purpose, within=within)), OrderUnresolved)
    assert not desk.posts()


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(("within", "most"), [(2.0, 2000), (60.0, 5000)])
async def test_the_venue_is_told_the_expiry(
    desk: Post, held: Decimal, purpose: Purpose, within: float, most: int
) -> None:
    await desk.perform(desk.place(purpose, within=within))

    window = next(params["recvWindow"] for method, params in desk.sent if "Post" in method)
    assert most - 300 < window <= most


async def test_the_venue_itself_enforces_the_expiry(desk: Post, venue: SimulatedExchange) -> None:
    """The request is stuck inside the venue until after its expiry."""
    venue.faults.add(Fault("POST", "/api/v3/order", delay=1.2))
    entry = desk.place(Purpose.ENTRY, within=0.9)

    event = await desk.perform(entry)

    assert isinstance(event, OrderSeen)
    assert event.report.status is Status.REJECTED
    assert not venue.market.state.orders
    assert len(desk.posts()) == 1


@pytest.fixture
def unused_tcp_url() -> str:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_redirect_is_not_followed(
    venue: SimulatedExchange, clock: Clock, held: Decimal, purpose: Purpose
) -> None:
    """It would carry the order, the key and the signature to wherever it points."""
    here = b'{"serverTime":%d}' % int(clock() * 1000)
    async with serve(venue) as elsewhere, moved_to(elsewhere, here) as old, desk_at(old, venue, clock) as desk:
        event = await desk.perform(desk.place(purpose))
        cancel = await desk.perform(Cancel(cid()))

    assert isinstance(event, OrderUnresolved)
    assert isinstance(cancel, OrderUnresolved)
    assert not venue.market.state.orders
