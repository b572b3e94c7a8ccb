"""What the venue refuses, in its words, and that a refusal leaves no trace."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import Phase, SimulatedKraken
from tests.adapters.simulator.conftest import RawKraken

pytestmark = pytest.mark.anyio

D = Decimal
BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.01"}
LIMIT = BUY | {"ordertype": "limit", "price": "63000"}
STOP = BUY | {"type": "sell", "ordertype": "stop-loss", "price": "62000"}
STOP_LIMIT = STOP | {"ordertype": "stop-loss-limit", "price2": "61900"}
CLOSE = {"close[ordertype]": "stop-loss", "close[price]": "62000"}
DECIMALS = "EOrder:Invalid price:XBTUSDT price can only be specified up to 1 decimals."


def arguments(name: str) -> str:
    return f"EGeneral:Invalid arguments:{name}"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (BUY | {"volume": "0.00004999"}, "EOrder:Order minimum not met"),
        (STOP | {"volume": "0.00004999"}, "EOrder:Order minimum not met"),
        (LIMIT | {"price": "9000.0", "volume": "0.00005"}, "EOrder:Cost minimum not met"),
        (BUY | {"volume": "3.19", "oflags": "viqc"}, "EOrder:Order minimum not met"),
        (BUY | {"volume": "0.010000001"}, arguments("volume")),
        (BUY | {"volume": "1e-2"}, arguments("volume")),
        (BUY | {"volume": "-1"}, arguments("volume")),
        (BUY | {"volume": ""}, arguments("volume")),
        (LIMIT | {"price": "63000.04"}, DECIMALS),
        (STOP | {"price": "62000.04"}, DECIMALS),
        (BUY | CLOSE | {"close[price]": "62000.04"}, DECIMALS),
        (BUY | CLOSE | {"close[price]": "-5%"}, arguments("close[price]")),
        (BUY | CLOSE | {"close[price]": "#5%"}, arguments("close[price]")),
        (BUY | CLOSE | {"close[ordertype]": "market"}, arguments("close[ordertype]")),
        (BUY | CLOSE | {"close[ordertype]": "stop-loss-limit"}, arguments("close[price2]")),
        (LIMIT | {"price": ""}, arguments("price")),
        (STOP | {"price": "0"}, arguments("price")),
        (STOP_LIMIT | {"price2": ""}, arguments("price2")),
        (BUY | {"volume": "0.1557"}, "EOrder:Insufficient funds"),  # 9964.80 for the coins, but 39.86 for the fee
        (LIMIT | {"volume": "0.1582"}, "EOrder:Insufficient funds"),
        (STOP | {"volume": "0.06"}, "EOrder:Insufficient funds"),
        (BUY | {"cl_ord_id": "resting"}, arguments("cl_ord_id not unique")),
        (BUY | {"cl_ord_id": "nineteen-characters"}, arguments("cl_ord_id")),
        (BUY | {"cl_ord_id": "a" * 31}, arguments("cl_ord_id")),
        (BUY | {"cl_ord_id": "a", "userref": "1"}, "EGeneral:Invalid arguments"),
        (BUY | {"userref": "2147483648"}, arguments("userref")),
        (BUY | {"oflags": "fciq,fcib"}, arguments("oflags")),
        (BUY | {"oflags": "free"}, arguments("oflags")),
        (BUY | {"oflags": "post"}, arguments("oflags")),
        (LIMIT | {"oflags": "post", "price": "64000"}, "EOrder:Post only order"),
        (LIMIT | {"oflags": "viqc"}, arguments("viqc")),
        (STOP | {"trigger": "index"}, arguments("Index unavailable")),
        (BUY | {"trigger": "last"}, arguments("trigger")),
        (LIMIT | {"timeinforce": "GTD"}, arguments("timeinforce")),
        (BUY | {"deadline": "soon"}, arguments("deadline")),
        (BUY | {"deadline": "2026-01-01T00:00:00"}, arguments("deadline")),
        (BUY | {"deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        (BUY | {"deadline": "2220-01-01T00:00:00Z"}, arguments("deadline")),
        (BUY | {"pair": "ETHUSDT"}, "EQuery:Unknown asset pair"),
        (BUY | {"type": "hold"}, arguments("type")),
        (BUY | {"ordertype": "take-profit"}, arguments("ordertype")),
        (STOP | {"type": "buy"}, arguments("ordertype")),
        (BUY | {"type": "sell"} | CLOSE, arguments("ordertype")),
    ],
)  # fmt: skip
async def test_refusals(raw_kraken: RawKraken, kraken: SimulatedKraken, order: dict[str, str], error: str) -> None:
    kraken.market.transfer("BTC", D("0.05"))
    await raw_kraken("AddOrder", **STOP | {"volume": "0.0001"}, cl_ord_id="resting")
    before = kraken.balances()

    assert await raw_kraken("AddOrder", **order) == error

    assert len(kraken.market.state.orders) == 1
    assert kraken.balances() == before


async def test_a_coarse_tick(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.pair = replace(kraken.pair, tick=D("0.5"))

    assert await raw_kraken("AddOrder", **LIMIT | {"price": "63000.1"}) == "EOrder:Tick size check failed"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, {"order": "buy 0.01000000 XBTUSDT @ market"}),
        ({"price": "ignored"}, {"order": "buy 0.01000000 XBTUSDT @ market"}),
        (CLOSE, {"order": "buy 0.01000000 XBTUSDT @ market", "close": "close position @ stop loss 62000.0"}),
        ({"ordertype": "limit", "price": "63000"}, {"order": "buy 0.01000000 XBTUSDT @ limit 63000.0"}),
    ],
)
async def test_validate_only_looks(
    raw_kraken: RawKraken, kraken: SimulatedKraken, more: dict[str, str], words: dict[str, str]
) -> None:
    """Any value means yes, even the word that ccxt makes of False."""
    for value in ("true", "True", "False"):
        assert await raw_kraken("AddOrder", **BUY | more, validate=value) == {"descr": words}

    assert not kraken.market.state.orders


@pytest.mark.parametrize("name", ["x", "a" * 32, "9cc788d8-9c00-4b25-94d3-26d93603948d", "eighteen character"])
async def test_a_client_id_is_free_again_once_its_order_has_ended(raw_kraken: RawKraken, name: str) -> None:
    """So it does not protect a market order from being sent twice."""
    first, second = (
        await raw_kraken("AddOrder", **BUY, cl_ord_id=name),
        await raw_kraken("AddOrder", **BUY, cl_ord_id=name),
    )

    found = await raw_kraken("ClosedOrders", cl_ord_id=name)

    assert set(found["closed"]) == {*first["txid"], *second["txid"]}
    assert {row["cl_ord_id"] for row in found["closed"].values()} == {name}


async def test_the_deadline_has_bounds(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    def ahead(seconds: float) -> str:
        return datetime.fromtimestamp(kraken.now() / 1000 + seconds, UTC).isoformat()

    answers = [await raw_kraken("AddOrder", **BUY, deadline=ahead(seconds)) for seconds in (1.5, 5, 59, 62)]

    assert [answer if isinstance(answer, str) else "ok" for answer in answers] == [
        arguments("deadline"), "ok", "ok", arguments("deadline"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "status", "adding", "cancelling"),
    [
        (Phase.CANCEL_ONLY, "cancel_only", "EService:Market in cancel_only mode", {"count": 1}),
        (Phase.HALT, "maintenance", "EService:Unavailable", "EService:Unavailable"),
    ],
)
async def test_the_modes_of_the_market(
    raw_kraken: RawKraken, kraken: SimulatedKraken, phase: Phase, status: str, adding: str, cancelling: Any
) -> None:
    await raw_kraken("AddOrder", **LIMIT)
    kraken.market.set_phase(phase)

    assert (await raw_kraken.get("SystemStatus"))["status"] == status
    assert (await raw_kraken.get("AssetPairs"))["XBTUSDT"]["status"] == status
    assert await raw_kraken("AddOrder", **BUY) == adding
    assert await raw_kraken("CancelOrder", txid="OSIMUL-ORDER-000001") == cancelling


@pytest.mark.parametrize(
    ("how", "answer", "left"),
    [
        ({"txid": "OSIMUL-ORDER-000001"}, {"count": 1}, 2),
        ({"cl_ord_id": "mine"}, {"count": 1}, 2),
        ({"txid": "7"}, {"count": 2}, 1),
        ({"txid": "8"}, "EOrder:Unknown order", 3),
        ({"cl_ord_id": "other"}, "EOrder:Unknown order", 3),
        ({"txid": "OZZZZZ-ZZZZZ-ZZZZZZ"}, "EOrder:Invalid order", 3),
        ({"txid": "nonsense"}, "EOrder:Invalid order", 3),
        ({}, "EGeneral:Invalid arguments:txid", 3),
    ],
)
async def test_cancelling(
    raw_kraken: RawKraken, kraken: SimulatedKraken, how: dict[str, str], answer: Any, left: int
) -> None:
    await raw_kraken("AddOrder", **LIMIT, cl_ord_id="mine")
    for _ in range(2):
        await raw_kraken("AddOrder", **LIMIT | {"volume": "0.001"}, userref=7)

    assert await raw_kraken("CancelOrder", **how) == answer
    assert len(kraken.market.open_orders()) == left


async def test_cancelling_what_has_ended_and_everything_else(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)

    assert await raw_kraken("CancelOrder", txid="OSIMUL-ORDER-000001") == "EOrder:Unknown order"
    assert await raw_kraken("CancelAll") == {"count": 1}
    assert await raw_kraken("CancelOrder", txid="OSIMUL-ORDER-000002") == "EOrder:Unknown order"
    assert kraken.market.covered() == 0


async def test_amending_a_stop(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **CLOSE)
    stop = "OSIMUL-ORDER-000002"

    async def make(**more: str) -> Any:
        return await raw_kraken("AmendOrder", txid=stop, **more)

    assert set(await make(trigger_price="63000", order_qty="0.009")) == {"amend_id"}
    assert await make(trigger_price="63000.04") == DECIMALS
    assert await make(order_qty="0.02") == "EOrder:Insufficient funds"
    assert await raw_kraken("AmendOrder", txid="OSIMUL-ORDER-000001", order_qty="1") == "EOrder:Unknown order"
    row = (await raw_kraken("OpenOrders"))["open"][stop]

    assert (row["descr"]["price"], row["vol"]) == ("63000.0", "0.00900000")
    await make(trigger_price="64000")
    assert kraken.balances()["BTC"] == D("0.001")
