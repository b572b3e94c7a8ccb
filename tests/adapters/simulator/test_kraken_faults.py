"""Every face of a failing venue, judged by what the venue's own books say afterwards."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import anyio
import ccxt
import httpx
import pytest

from adapters.simulator import Answer, Execution, Fault, SimulatedKraken
from tests.adapters.simulator.conftest import RawKraken, result_of

pytestmark = pytest.mark.anyio

ADD, CANCEL = "/0/private/AddOrder", "/0/private/CancelOrder"
BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.01"}
CLOSE = {"close[ordertype]": "stop-loss", "close[price]": "62000"}
STOP = "OSIMUL-ORDER-000002"
BUSY = ("EService:Busy",)


def bought(venue: SimulatedKraken) -> int:
    return len(venue.market.state.fills)


@pytest.mark.parametrize("execution", [Execution.NOW, Execution.NEVER])
@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (Answer.HTML_502, 502, b"<html>"),
        (Answer.HTML_520, 520, b"<html>"),
        (Answer.HTML_524, 524, b"<html>"),
        (Answer.HTML_200, 200, b"<html>"),
        (Answer.EMPTY_200, 200, b""),
        (Answer.HOLLOW, 200, b'{"error":[],"result":{}}'),
        (BUSY, 200, b'{"error":["EService:Busy"]}'),
    ],
)
async def test_the_answer_tells_nothing(
    raw_kraken: RawKraken,
    kraken: SimulatedKraken,
    execution: Execution,
    answer: Answer | tuple[str, ...],
    status: int,
    body: bytes,
) -> None:
    kraken.faults.add(Fault("POST", ADD, answer, execution))

    reply = await raw_kraken.post("AddOrder", **BUY, **CLOSE)

    assert (reply.status_code, reply.content[: len(body)]) == (status, body)
    assert bool(reply.content) == bool(body)
    assert bought(kraken) == (execution is Execution.NOW)
    assert kraken.market.covered() == (Decimal("0.01") if execution is Execution.NOW else 0)


@pytest.mark.parametrize(("answer", "executed"), [(Answer.DROPPED, 1), (Answer.CUT, 1)])
async def test_the_connection_dies(
    raw_kraken: RawKraken, kraken: SimulatedKraken, answer: Answer, executed: int
) -> None:
    kraken.faults.add(Fault("POST", ADD, answer))

    with pytest.raises(httpx.RemoteProtocolError):
        await raw_kraken("AddOrder", **BUY)

    assert bought(kraken) == executed


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer.DROPPED, ccxt.ExchangeNotAvailable),
        (Answer.HTML_520, ccxt.ExchangeNotAvailable),
        (Answer.HTML_504, ccxt.RequestTimeout),
        (Answer.CUT, ccxt.ExchangeError),
        (BUSY, ccxt.ExchangeNotAvailable),
        (("EGeneral:Internal error",), ccxt.ExchangeNotAvailable),
        (("EService:Deadline elapsed",), ccxt.ExchangeError),
        (("EGeneral:Temporary lockout",), ccxt.DDoSProtection),
        (("WGeneral:Danger",), ccxt.ExchangeError),  # although the order's id is in the answer
    ],
)
async def test_what_ccxt_makes_of_an_order_that_was_executed(
    kraken_client: Any, kraken: SimulatedKraken, answer: Answer | tuple[str, ...], error: type[Exception]
) -> None:
    kraken.faults.add(Fault("POST", ADD, answer))

    with pytest.raises(error):
        await kraken_client.create_order("BTC/USDT", "market", "buy", 0.01)

    assert bought(kraken) == 1


@pytest.mark.parametrize("answer", [Answer.HTML_524, Answer.HTML_200, Answer.EMPTY_200, Answer.HOLLOW])
async def test_ccxt_takes_these_for_an_order_without_an_id(
    kraken_client: Any, kraken: SimulatedKraken, answer: Answer
) -> None:
    kraken.faults.add(Fault("POST", ADD, answer))

    assert (await kraken_client.create_order("BTC/USDT", "market", "buy", 0.01))["id"] is None
    assert bought(kraken) == 1


async def test_a_warning_beside_the_result(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.faults.add(Fault("POST", ADD, ("WGeneral:Danger",), times=2))

    body = (await raw_kraken.post("AddOrder", **BUY)).json()
    refused = (await raw_kraken.post("AddOrder", **BUY | {"volume": "9"})).json()

    assert (body["error"], body["result"]["txid"]) == (["WGeneral:Danger"], ["OSIMUL-ORDER-000001"])
    assert refused == {"error": ["WGeneral:Danger", "EOrder:Insufficient funds"]}


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for a condition, not for a time."""

    async def wait(condition: Callable[[], bool]) -> None:
        with anyio.fail_after(3):
            while not condition():
                await anyio.sleep(0.002)

    return wait


async def test_an_order_that_arrives_late(
    raw_kraken: RawKraken, kraken: SimulatedKraken, until: Callable[..., Any]
) -> None:
    kraken.faults.add(Fault("POST", ADD, Answer.DROPPED, Execution.LATE, delay=0.05))

    with pytest.raises(httpx.RemoteProtocolError):
        await raw_kraken("AddOrder", **BUY)

    assert bought(kraken) == 0
    await until(lambda: bought(kraken) == 1)


@pytest.mark.parametrize("execution", [Execution.NOW, Execution.LATE])
async def test_an_order_that_arrives_after_its_deadline(
    raw_kraken: RawKraken, kraken: SimulatedKraken, execution: Execution
) -> None:
    kraken.min_deadline = 0
    answer = Answer.HONEST if execution is Execution.NOW else Answer.HTML_504
    kraken.faults.add(Fault("POST", ADD, answer, execution, delay=0.2))
    deadline = datetime.fromtimestamp(kraken.now() / 1000 + 0.1, UTC).isoformat()

    reply = await raw_kraken.post("AddOrder", **BUY, deadline=deadline)
    await asyncio.sleep(0.3 if execution is Execution.LATE else 0)

    assert bought(kraken) == 0
    if execution is Execution.NOW:
        assert result_of(reply) == "EService:Deadline elapsed"


async def test_the_bounds_of_a_deadline_count_from_receipt(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.min_deadline = 0.3
    kraken.faults.add(Fault("POST", ADD, delay=0.2))
    deadline = datetime.fromtimestamp(kraken.now() / 1000 + 0.45, UTC).isoformat()

    assert "txid" in await raw_kraken("AddOrder", **BUY, deadline=deadline)


async def test_a_cancel_that_is_still_pending(
    raw_kraken: RawKraken, kraken: SimulatedKraken, until: Callable[..., Any]
) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)
    kraken.faults.add(Fault("POST", CANCEL, Answer.PENDING, Execution.LATE, delay=0.1))

    assert await raw_kraken("CancelOrder", txid=STOP) == {"count": 1, "pending": True}
    assert STOP in (await raw_kraken("OpenOrders"))["open"]
    await until(lambda: not kraken.market.open_orders())


async def test_a_stop_that_triggers_while_its_cancel_is_pending(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)
    kraken.faults.add(Fault("POST", CANCEL, Answer.PENDING, Execution.LATE, delay=0.1))
    await raw_kraken("CancelOrder", txid=STOP)
    kraken.move(Decimal(61000))
    await asyncio.sleep(0.15)

    row = (await raw_kraken("QueryOrders", txid=STOP))[STOP]

    assert (row["status"], row["vol_exec"], row["misc"]) == ("closed", "0.01000000", "stopped")
    assert await raw_kraken("AddOrder", **BUY | {"type": "sell"}) == "EOrder:Insufficient funds"


async def test_a_cancel_that_counts_nothing(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)
    kraken.faults.add(Fault("POST", CANCEL, Answer.UNCOUNTED, Execution.NEVER))

    assert await raw_kraken("CancelOrder", txid=STOP) == {"count": 0}
    assert kraken.market.covered() == Decimal("0.01")


@pytest.mark.parametrize(
    ("thin", "status", "reason"),
    [("0.00999999", "closed", None), ("0.004", "canceled", "Canceled by the exchange")],
)
async def test_a_book_that_runs_dry(
    raw_kraken: RawKraken, kraken: SimulatedKraken, thin: str, status: str, reason: str | None
) -> None:
    """Kraken calls an order closed whose rest is too small to trade ("Insignificant volume remaining")."""
    kraken.market.thin = Decimal(thin)
    (txid,) = (await raw_kraken("AddOrder", **BUY, **CLOSE))["txid"]

    row = (await raw_kraken("QueryOrders", txid=txid))[txid]

    assert (row["status"], row["reason"], row["vol_exec"]) == (status, reason, f"{Decimal(thin):.8f}")
    assert kraken.market.covered() == Decimal(thin)


async def test_the_venue_cancels_a_stop_unasked(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)
    kraken.market.cancel(2, by_venue=True)

    assert (await raw_kraken("QueryOrders", txid=STOP))[STOP]["status"] == "canceled"
    assert kraken.market.free("BTC") == Decimal("0.01")


async def test_all_of_it_by_remote_control(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    http = raw_kraken.http
    await http.post("/control/faults", json={"method": "POST", "path": ADD, "answer": ["EService:Busy"]})
    fault = {"method": "POST", "path": CANCEL, "answer": "pending", "execution": "late", "delay": 0.01}
    faults = (await http.post("/control/faults", json=fault)).json()
    await http.put("/control/conditions", json={"fates": ["missing"], "unseen": 9, "passed": "triggered"})
    await http.put("/control/conditions", json={"hold_stops": False})

    assert [item["answer"] for item in faults] == [["EService:Busy"], "pending"]
    assert await raw_kraken("AddOrder", **BUY, **CLOSE) == "EService:Busy"
    assert (await raw_kraken("OpenOrders"))["open"] == {}
    assert [len(kraken.market.open_orders()), len(kraken.market.fates), kraken.market.purse.hold_stops] == [0, 0, False]
    ledger = (await http.get("/control/ledger")).json()
    assert (ledger["orders"][0]["close_stop"], ledger["balances"]["BTC"]["total"]) == ("62000", "0.01")
    await http.put("/control/price", json={"price": "63000"})
    assert (await raw_kraken.get("Ticker", pair="XBTUSDT"))["XBTUSDT"]["c"][0] == "63000.0"


async def test_a_trade_by_hand_pays_the_venues_usual_fee(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken.http.post("/control/trades", json={"side": "BUY", "quantity": "0.01"})

    assert kraken.balances() == {"BTC": Decimal("0.01"), "USDT": Decimal("10000") - Decimal(640) * Decimal("1.004")}
