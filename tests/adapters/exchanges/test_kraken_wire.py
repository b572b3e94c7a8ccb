"""The line to Kraken: nonces in order, orders first, redirects never, expiries by its clock, nothing secret."""

import asyncio
import base64
import logging
import secrets
from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import KrakenClient, Refused, Unresolved
from adapters.exchanges.base import Deadline
from adapters.exchanges.kraken_line import PATIENCE, Allowance
from adapters.exchanges.kraken_outcome import Reply
from adapters.exchanges.kraken_wire import LEAST, Wire
from adapters.simulator import Account, Execution, Fault, SimulatedKraken, serve
from fsm.effects import Assess, Audit, Cancel, Query
from fsm.events import Assessed, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Status

from .conftest import Clock, moved_to
from .kraken_desk import ADD, QTY, Post, cid, desk, desk_at, held, url, venue

__all__ = ["desk", "held", "url", "venue"]
pytestmark = pytest.mark.anyio

KEY = base64.b64encode(b"key").decode()


async def test_many_questions_at_once_arrive_in_order(desk: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue refuses a nonce that does not grow: a request leaves when the one before it was answered."""
    desk.wire._allowance = Allowance(desk.clock, 1000)
    send, under_way, most = desk.wire._send, 0, 0

    async def counted(method: str, params: dict[str, str | int]) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await send(method, params)
        finally:
            under_way -= 1

    monkeypatch.setattr(desk.wire, "_send", counted)
    answers = await asyncio.gather(*(desk.wire.call("BalanceEx") for _ in range(30)))

    assert not any(answer.errors for answer in answers)
    assert most == 1


async def test_the_first_nonce_is_of_the_venues_time(
    url: str, venue: SimulatedKraken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing was asked before, and our clock is an hour ahead: a smaller one is refused ever after."""
    monkeypatch.setattr(Wire, "_last_nonce", 0)
    wire = Wire(url, venue.account.api_key, venue.account.api_secret, clock=lambda: venue.now() / 1000 + 3600)
    wire.open()
    assert not (await wire.call("BalanceEx")).errors
    await wire.close()
    assert abs(venue.nonces.last - venue.now()) < 10_000


async def test_an_order_does_not_wait_behind_questions(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    venue.faults.add(Fault("POST", "/0/private/BalanceEx", lag=30.0, times=None))
    questions = [asyncio.create_task(desk.wire.call("BalanceEx")) for _ in range(8)]
    await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE * 2):
        event = await desk.wire.call("AddOrder", pair="XBTUSDT", type="sell", ordertype="market", volume="0.01")

    assert event.result["txid"]
    for question in questions:
        question.cancel()
    await asyncio.gather(*questions, return_exceptions=True)


# -- where it goes, and when
CLOCK = b'{"error":[],"result":{"unixtime":1700000000}}'


async def test_a_redirect_is_not_followed(venue: SimulatedKraken, clock: Clock, held: Decimal) -> None:
    async with serve(venue) as elsewhere, moved_to(elsewhere, CLOCK) as old, desk_at(old, venue, clock) as desk:
        event = await desk.perform(desk.place(Purpose.EXIT))
        reply = await desk.wire.call("AddOrder", pair="XBTUSDT", type="sell", ordertype="market", volume="0.01")

    assert isinstance(event, OrderUnresolved)
    assert reply.status == 307
    assert not venue.market.state.orders


@pytest.mark.parametrize("within", [-1.0, 0.0, LEAST - 0.2])
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_an_order_is_not_sent_late(desk: Post, held: Decimal, purpose: Purpose, within: float) -> None:
    assert isinstance(await desk.perform(desk.place(purpose, within=within)), OrderUnresolved)
    assert not desk.orders()


@pytest.mark.parametrize("skew", [40.0, -40.0])
@pytest.mark.parametrize("known", [True, False])
async def test_the_expiry_is_told_by_the_venues_clock(
    url: str, venue: SimulatedKraken, clock: Clock, held: Decimal, skew: float, known: bool
) -> None:
    """Early by a second at most, and never late: or absence could not be proven."""
    venue.skew = skew
    async with desk_at(url, venue, clock) as desk:
        if known:
            await desk.client.server_time()
        effect = desk.place(Purpose.EXIT, within=60)
        event = await desk.seen(effect)
        assert event.report.status is Status.FILLED

        told = await desk.wire.deadline(Deadline(clock() + 4.0, clock))
    from datetime import datetime

    late = datetime.fromisoformat(told).timestamp() - skew - (clock() + 4.0)
    assert -1.5 < late <= 0.01


async def test_a_clock_that_goes_wrong_later_is_set_again(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    venue.skew = 40.0
    assert isinstance(await desk.perform(desk.place(Purpose.EXIT)), OrderUnresolved)
    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.FILLED

    venue.skew = -70.0  # too far ahead of the venue's clock, which proves that nothing happened
    venue.market.transfer("BTC", QTY)
    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.FILLED


async def test_every_entry_is_preceded_by_a_look_at_the_clock(desk: Post, venue: SimulatedKraken) -> None:
    venue.skew = -40.0
    facts = await desk.perform(Assess("s"))
    assert isinstance(facts, Assessed)
    assert facts.reachable
    assert desk.wire.now() == pytest.approx(desk.clock() - 40, abs=1.5)


async def test_a_warning_beside_an_order_is_no_error(
    desk: Post, venue: SimulatedKraken, held: Decimal, caplog: pytest.LogCaptureFixture
) -> None:
    """ccxt raises although the order exists."""
    venue.faults.add(Fault("POST", ADD, answer=("WOrder:Danger",)))

    event = await desk.seen(desk.place(Purpose.EXIT))

    assert event.report.status is Status.FILLED
    assert "WOrder:Danger" in caplog.text


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_venue_that_is_not_there(
    venue: SimulatedKraken, clock: Clock, unused_url: str, purpose: Purpose
) -> None:
    async with desk_at(unused_url, venue, clock) as lonely:
        lonely.wire._offset = 0.0
        event = await lonely.perform(lonely.place(purpose))

        assert len(lonely.orders()) == 3
        assert not lonely.connected
        assert isinstance(event, OrderUnresolved if purpose is Purpose.STOP else OrderSeen)
        assert isinstance(await lonely.perform(Query(cid(), 1.0)), OrderUnresolved)
        with pytest.raises(Refused):
            await lonely.client.connect()


async def test_a_closed_session_is_an_event_too(desk: Post, held: Decimal) -> None:
    await desk.client.disconnect()

    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderUnresolved)
    assert await desk.perform(Audit(1)) is None


async def test_only_a_cancellation_passes(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    venue.faults.add(Fault("POST", ADD, lag=30.0))
    task = asyncio.create_task(desk.perform(desk.place(Purpose.EXIT)))
    while not venue.market.state.orders:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderAbsent)  # the line is free again


async def test_ccxt_has_no_other_door() -> None:
    wire = Wire("http://127.0.0.1:9/", "key", KEY)
    wire.open()
    exchange = wire._exchange
    wire.open()
    assert wire._exchange is exchange
    assert set(exchange.urls["api"].values()) == {"http://127.0.0.1:9"}
    assert not exchange.enableRateLimit
    with pytest.raises(Exception, match="no API URL"):
        exchange.sign("articles", ["zendesk"])
    await wire.close()


def test_a_secret_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="KRAKEN_API_SECRET: is not base64") as error:
        Wire("http://venue", "key", "no secret!")
    assert "no secret!" not in str(error.value)


async def test_nothing_secret_leaves(caplog: pytest.LogCaptureFixture, clock: Clock) -> None:
    caplog.set_level(logging.DEBUG)
    account = Account(secrets.token_hex(32), base64.b64encode(secrets.token_bytes(64)).decode())
    venue = SimulatedKraken.create(clock=clock, account=account)
    said: list[str] = []
    faces: list[tuple[str, ...]] = [(f"EGeneral:Internal error {account.api_key}",), ("EAPI:Invalid signature",)]
    async with serve(venue) as url, desk_at(url, venue, clock) as desk:
        for face in faces:
            venue.faults.add(Fault("*", "*", answer=face, execution=Execution.NEVER, times=None))
            effects = (Assess("s"), Audit(1), desk.place(Purpose.ENTRY), desk.place(Purpose.STOP), Cancel(cid()))
            said += [repr(await desk.perform(effect)) for effect in effects]
            with pytest.raises((Refused, Unresolved)) as error:
                await desk.client.get_balance()
            said.append(f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}")
            venue.faults.clear()
        said += [repr(desk.client), repr(desk.wire)]
    venue.close()

    everything = "\n".join(said) + caplog.text
    assert account.api_key not in everything
    assert account.api_secret not in everything
    assert "API-Sign" not in everything


def test_a_client_needs_no_network_to_exist(clock: Clock) -> None:
    client: Any = KrakenClient(Wire("http://venue", "k", KEY), "BTC/USDT", clock)
    assert (client.connected, client.last_success, client.strained) == (False, None, False)


@pytest.fixture
def unused_url() -> str:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
