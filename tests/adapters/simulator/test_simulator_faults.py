"""Every face of a failing venue, judged by what the venue's own books say afterwards."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import anyio
import ccxt
import httpx
import pytest

from adapters.simulator import Answer, ErrorAnswer, Execution, Fault, Phase, SimulatedExchange, Status
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

ORDER = "/api/v3/order"
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
STOP = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "stopPrice": "62000",
    "newClientOrderId": "stop",
}  # fmt: skip
UNKNOWN = ErrorAnswer(-1007, "Timeout waiting for response from backend server. Send status unknown.", 504)


def bought(venue: SimulatedExchange) -> int:
    return len(venue.market.state.fills)


@pytest.mark.parametrize("execution", [Execution.NOW, Execution.NEVER])
async def test_the_connection_dies(raw: RawClient, venue: SimulatedExchange, execution: Execution) -> None:
    venue.faults.add(Fault("POST", ORDER, Answer.DROPPED, execution))

    with pytest.raises(httpx.RemoteProtocolError):
        await raw("POST", "order", **BUY)

    assert bought(venue) == (execution is Execution.NOW)


@pytest.mark.parametrize("execution", [Execution.NOW, Execution.NEVER])
@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (Answer.HTML_403, 403, b"<html>"),
        (Answer.HTML_500, 500, b"<html>"),
        (Answer.HTML_502, 502, b"<html>"),
        (Answer.HTML_503, 503, b"<html>"),
        (Answer.HTML_504, 504, b"<html>"),
        (Answer.HTML_524, 524, b"<html>"),
        (Answer.HTML_200, 200, b"<html>"),
        (Answer.EMPTY_200, 200, b""),
        (UNKNOWN, 504, b'{"code":-1007'),
    ],
)
async def test_the_answer_tells_nothing(
    raw: RawClient,
    venue: SimulatedExchange,
    execution: Execution,
    answer: Answer | ErrorAnswer,
    status: int,
    body: bytes,
) -> None:
    venue.faults.add(Fault("POST", ORDER, answer, execution))

    reply = await raw("POST", "order", **BUY)

    assert (reply.status_code, reply.content[: len(body)]) == (status, body)
    assert bool(reply.content) == bool(body)
    assert bought(venue) == (execution is Execution.NOW)


async def test_a_body_that_ends_early(raw: RawClient, client: Any, venue: SimulatedExchange) -> None:
    venue.faults.add(Fault("POST", ORDER, Answer.CUT, times=2))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        await raw("POST", "order", **BUY)
    with pytest.raises(ccxt.ExchangeError) as raised:
        await client.create_order("BTC/USDT", "market", "buy", 0.01)

    assert type(raised.value) is ccxt.ExchangeError
    assert bought(venue) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer.DROPPED, ccxt.ExchangeNotAvailable),
        (Answer.HTML_502, ccxt.ExchangeNotAvailable),
        (Answer.HTML_504, ccxt.RequestTimeout),
        (UNKNOWN, ccxt.RequestTimeout),
        (ErrorAnswer(-1021, "Timestamp for this request is outside of the recvWindow."), ccxt.InvalidNonce),
        (ErrorAnswer(-1003, "Too many requests.", 429, {"Retry-After": "7"}), ccxt.DDoSProtection),
    ],
)
async def test_what_ccxt_makes_of_it(
    client: Any, venue: SimulatedExchange, answer: Answer | ErrorAnswer, error: type[Exception]
) -> None:
    venue.faults.add(Fault("POST", ORDER, answer, Execution.NEVER))

    with pytest.raises(error):
        await client.create_order("BTC/USDT", "market", "buy", 0.01)

    assert bought(venue) == 0
    if isinstance(answer, ErrorAnswer) and answer.headers:
        assert client.last_response_headers["Retry-After"] == "7"


@pytest.mark.parametrize("answer", [Answer.HTML_524, Answer.HTML_200, Answer.EMPTY_200])
async def test_ccxt_takes_these_for_an_order_without_an_id(
    client: Any, venue: SimulatedExchange, answer: Answer
) -> None:
    venue.faults.add(Fault("POST", ORDER, answer))

    order = await client.create_order("BTC/USDT", "market", "buy", 0.01)

    assert order["id"] is None
    assert bought(venue) == 1


async def test_an_order_that_arrives_late(raw: RawClient, venue: SimulatedExchange, until: Callable[..., Any]) -> None:
    venue.faults.add(Fault("POST", ORDER, Answer.DROPPED, Execution.LATE, delay=0.05))

    with pytest.raises(httpx.RemoteProtocolError):
        await raw("POST", "order", **BUY)

    assert bought(venue) == 0
    await until(lambda: bought(venue) == 1)


@pytest.mark.parametrize("execution", [Execution.NOW, Execution.LATE])
async def test_the_time_window_is_checked_again_before_the_engine(
    raw: RawClient, venue: SimulatedExchange, execution: Execution
) -> None:
    answer = Answer.HONEST if execution is Execution.NOW else Answer.HTML_504
    venue.faults.add(Fault("POST", ORDER, answer, execution, delay=0.1))

    reply = await raw("POST", "order", **BUY, recvWindow=50)
    await asyncio.sleep(0.2 if execution is Execution.LATE else 0)

    assert bought(venue) == 0
    if execution is Execution.NOW:
        assert reply.json()["code"] == -1021


async def test_a_lag_after_the_engine_only_delays_the_answer(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.faults.add(Fault("POST", ORDER, lag=0.3))
    raw.http.timeout = httpx.Timeout(0.1)

    with pytest.raises(httpx.ReadTimeout):
        await raw("POST", "order", **BUY)

    assert bought(venue) == 1


async def test_a_fault_waits_for_its_turn_and_goes(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.faults.add(Fault("P*", "/api/v3/ord*", Answer.HTML_502, times=2, after=1))

    statuses = [(await raw("POST", "order", **BUY)).status_code for _ in range(4)]

    assert statuses == [200, 502, 502, 200]
    assert not list(venue.faults.active())


async def test_a_new_order_stays_invisible_for_some_queries(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.faults.blind = 2
    await raw("POST", "order", **BUY, newClientOrderId="entry")

    codes = [(await raw("GET", "order", symbol="BTCUSDT", origClientOrderId="entry")).json() for _ in range(3)]

    assert [code.get("code") for code in codes] == [-2013, -2013, None]
    assert codes[2]["status"] == "FILLED"


async def test_cancel_only_lets_orders_go_but_not_come(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    await raw("POST", "order", **STOP)
    venue.market.set_phase(Phase.CANCEL_ONLY)

    refused = await raw("POST", "order", **BUY)
    info = await raw.http.get("/api/v3/exchangeInfo")
    cancelled = await raw("DELETE", "order", symbol="BTCUSDT", origClientOrderId="stop")

    assert refused.json() == {"code": -1013, "msg": "Market is closed."}
    assert info.json()["symbols"][0]["status"] == "CANCEL_ONLY"
    assert cancelled.json()["status"] == "CANCELED"


async def test_a_halted_market_triggers_its_stops_when_it_opens(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    await raw("POST", "order", **STOP)
    venue.market.set_phase(Phase.HALT)
    venue.move(Decimal(60000))

    refused = await raw("DELETE", "order", symbol="BTCUSDT", origClientOrderId="stop")
    stop = venue.market.state.orders[1]

    assert refused.json() == {"code": -2011, "msg": "Market is closed."}
    assert stop.status is Status.NEW
    venue.market.set_phase(Phase.TRADING)
    assert (stop.status, venue.market.state.fills[0].price) == (Status.FILLED, Decimal(60000))


async def test_thin_liquidity_ends_a_market_order_early(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.market.thin = Decimal("0.004")

    first, second = (await raw("POST", "order", **BUY)).json(), (await raw("POST", "order", **BUY)).json()

    assert (first["status"], first["executedQty"], first["origQty"]) == ("EXPIRED", "0.00400000", "0.01000000")
    assert (second["status"], second["executedQty"]) == ("FILLED", "0.01000000")


async def test_the_venue_cancels_unasked(raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]) -> None:
    held("0.01")
    await raw("POST", "order", **STOP)

    venue.market.cancel(1, by_venue=True)

    order = (await raw("GET", "order", symbol="BTCUSDT", origClientOrderId="stop")).json()
    assert order["status"] == "EXPIRED"
    assert venue.market.free("BTC") == Decimal("0.01")


async def test_a_lost_cancel_is_sent_twice_by_the_library_below_ccxt(
    client: Any, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    """aiohttp repeats a DELETE on a dead kept-alive connection: -2011 although the cancel succeeded."""
    held("0.01")
    await client.create_order(
        "BTC/USDT", "market", "sell", 0.01, None, {"stopLossPrice": 62000, "clientOrderId": "stop"}
    )
    venue.faults.add(Fault("DELETE", ORDER, Answer.DROPPED))

    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(None, "BTC/USDT", {"clientOrderId": "stop"})

    assert venue.market.state.orders[1].status is Status.CANCELED


def test_a_fault_must_be_possible() -> None:
    with pytest.raises(ValueError, match="no honest answer"):
        Fault("POST", ORDER, execution=Execution.NEVER)
    with pytest.raises(ValueError, match="cannot be cut"):
        Fault("POST", ORDER, Answer.CUT, Execution.LATE)


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for a condition, not for a time."""

    async def wait(condition: Callable[[], bool]) -> None:
        with anyio.fail_after(3):
            while not condition():
                await anyio.sleep(0.002)

    return wait
