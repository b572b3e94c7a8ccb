"""A BUY that pays for its own stop (OPO), as the wire shows it and as the books keep it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator import Depth, Fate, SimulatedExchange, serve
from tests.adapters.simulator.conftest import PRICE, RawClient, ccxt_client

pytestmark = pytest.mark.anyio

OPO = {
    "symbol": "BTCUSDT", "listClientOrderId": "list", "newOrderRespType": "FULL",
    "workingType": "LIMIT", "workingSide": "BUY", "workingTimeInForce": "FOK", "workingClientOrderId": "entry",
    "workingPrice": "64100", "workingQuantity": "0.01",
    "pendingType": "STOP_LOSS", "pendingSide": "SELL", "pendingStopPrice": "62720", "pendingClientOrderId": "stop",
}  # fmt: skip
RESTING = OPO | {"workingPrice": "63000", "workingTimeInForce": "GTC"}
NET = Decimal("0.00999")  # of 0.01, after a commission of a thousandth


async def get(raw: RawClient, name: str) -> dict[str, Any]:
    return dict((await raw("GET", "order", symbol="BTCUSDT", origClientOrderId=name)).json())


async def state(raw: RawClient, name: str) -> tuple[str, str | None]:
    order = await get(raw, name)
    return order["status"], order.get("expiryReason")


async def test_what_was_bought_is_protected_in_the_same_moment(raw: RawClient, venue: SimulatedExchange) -> None:
    answer = (await raw("POST", "orderList/opo", **OPO)).json()

    working, pending = answer["orderReports"]
    assert (answer["contingencyType"], answer["listClientOrderId"], answer["listOrderStatus"]) == (
        "OTO", "list", "EXECUTING",
    )  # fmt: skip
    assert (working["status"], working["fills"][0]["commission"]) == ("FILLED", "0.00001000")
    assert (pending["status"], pending["workingTime"]) == ("PENDING_NEW", -1)
    assert "origQty" not in pending

    stop = await get(raw, "stop")
    assert (stop["status"], stop["origQty"], stop["stopPrice"]) == ("NEW", "0.00999000", "62720.00000000")
    assert venue.market.covered() == venue.market.locked("BTC") == venue.balances()["BTC"] == NET
    assert venue.naked().longest == 0

    venue.move(Decimal(62000))
    assert venue.balances() == {"BTC": 0, "USDT": 10000 - 640 + NET * 62000 * Decimal("0.999")}
    listed = (await raw("GET", "orderList", origClientOrderId="list")).json()
    assert (listed["contingencyType"], listed["listOrderStatus"]) == ("OTO", "ALL_DONE")


async def test_the_commission_is_taken_from_other_coins_if_there_are_enough(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.00001")

    await raw("POST", "orderList/opo", **OPO)

    assert venue.market.covered() == Decimal("0.01")
    assert venue.market.free("BTC") == 0


async def test_what_is_less_than_a_lot_stays_free(raw: RawClient, venue: SimulatedExchange) -> None:
    await raw("POST", "orderList/opo", **OPO | {"workingQuantity": "0.00123"})

    assert venue.market.covered() == Decimal("0.00122")
    assert venue.market.free("BTC") == Decimal("0.00123") * Decimal("0.999") - Decimal("0.00122")


@pytest.mark.parametrize(("price", "thin"), [("63999.99", None), ("64100", "0.009")])
async def test_all_or_nothing(raw: RawClient, venue: SimulatedExchange, price: str, thin: str | None) -> None:
    """Too dear, or too little of it. A list that has ended by then is told without its id."""
    venue.market.thin = Decimal(thin) if thin else None

    answer = (await raw("POST", "orderList/opo", **OPO | {"workingPrice": price})).json()

    assert (answer["listOrderStatus"], answer["listClientOrderId"]) == ("ALL_DONE", None)
    assert [order["clientOrderId"] for order in answer["orders"]] == ["entry", "stop"]
    assert await state(raw, "entry") == ("EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")
    assert await state(raw, "stop") == ("EXPIRED", "OTO_PHASE_ONE_EXPIRED")
    assert venue.balances() == {"BTC": 0, "USDT": 10000}
    assert not venue.market.locked("USDT")
    assert (await raw("GET", "orderList", origClientOrderId="list")).json()["listClientOrderId"] == "list"


async def test_a_buy_that_rests_pays_later(raw: RawClient, venue: SimulatedExchange) -> None:
    await raw("POST", "orderList/opo", **RESTING)
    assert (venue.market.locked("USDT"), venue.market.covered()) == (630, 0)
    assert await state(raw, "stop") == ("PENDING_NEW", None)
    names = [order["clientOrderId"] for order in (await raw("GET", "openOrders", symbol="BTCUSDT")).json()]
    assert names == ["entry", "stop"]

    venue.move(Decimal(63000))

    assert await state(raw, "stop") == ("NEW", None)
    assert venue.market.covered() == venue.market.locked("BTC") == NET


@pytest.mark.parametrize("name", ["entry", "stop"])
async def test_a_cancel_of_either_takes_both(raw: RawClient, venue: SimulatedExchange, name: str) -> None:
    venue.renames_cancelled = False
    await raw("POST", "orderList/opo", **RESTING)

    await raw("DELETE", "order", symbol="BTCUSDT", origClientOrderId=name)

    assert [await state(raw, each) for each in ("entry", "stop")] == [("CANCELED", None)] * 2
    assert not venue.market.open_orders()
    assert not venue.market.locked("USDT")


@pytest.mark.parametrize(
    ("change", "thing"),
    [
        ({"pendingStopPrice": "64000"}, "the price is there already"),
        ({"workingQuantity": "0.00008", "pendingStopPrice": "62000"}, "NOTIONAL"),
        ({}, "whim"),
    ],
)
async def test_a_stop_that_is_refused_only_when_its_turn_comes(
    raw: RawClient, venue: SimulatedExchange, change: dict[str, str], thing: str
) -> None:
    """Bought, and bare: nothing is locked, and the list is done."""
    venue.market.fates.extend([Fate.CANCELED] * (thing == "whim"))

    answer = (await raw("POST", "orderList/opo", **OPO | change)).json()

    assert [report["status"] for report in answer["orderReports"]] == ["FILLED", "PENDING_NEW"]
    assert await state(raw, "stop") == ("EXPIRED", "REJECTED")
    assert venue.balances()["BTC"] > venue.market.locked("BTC") == venue.market.covered() == 0
    assert (await raw("GET", "orderList", origClientOrderId="list")).json()["listOrderStatus"] == "ALL_DONE"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"workingType": "MARKET"}, -1159, "Order type not supported in OTO."),
        ({"workingSide": "SELL"}, -1117, "Invalid side."),
        ({"pendingSide": "BUY"}, -1117, "Invalid side."),
        ({"pendingQuantity": "0.01"}, -1106, "Parameter 'pendingQuantity' sent when not required."),
        ({"workingPrice": "64100.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"pendingStopPrice": "62720.001"}, -1013, "Filter failure: PRICE_FILTER"),
        (
            {"pendingType": "STOP_LOSS_LIMIT", "pendingPrice": "12000", "pendingTimeInForce": "GTC"},
            -1013,
            "Filter failure: PERCENT_PRICE_BY_SIDE",
        ),
        ({"workingQuantity": "0.010001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"workingQuantity": "0.00007"}, -1013, "Filter failure: NOTIONAL"),
        ({"workingQuantity": "0.157"}, -2010, "Account has insufficient balance for requested action."),
        ({"workingClientOrderId": "resting"}, -2010, "Duplicate order sent."),
        ({"pendingClientOrderId": "resting"}, -2010, "Duplicate order sent."),
        ({"listClientOrderId": "open"}, -2010, "Duplicate order sent."),
    ],
)
async def test_refused_lists(
    raw: RawClient, venue: SimulatedExchange, change: dict[str, str], code: int, message: str
) -> None:
    names = {"workingClientOrderId": "resting", "pendingClientOrderId": "", "listClientOrderId": "open"}
    await raw("POST", "orderList/opo", **RESTING | names | {"workingQuantity": "0.001"})

    reply = await raw("POST", "orderList/opo", **OPO | change)

    assert (reply.status_code, reply.json()) == (400, {"code": code, "msg": message})
    assert len(venue.market.state.orders) == 2


async def test_a_symbol_without_it(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.rules = replace(venue.rules, opo=False)

    (symbol,) = (await raw("GET", "exchangeInfo")).json()["symbols"]
    assert (symbol["otoAllowed"], symbol["opoAllowed"], symbol["ocoAllowed"]) == (False, False, True)
    assert (await raw("POST", "orderList/opo", **OPO)).json()["code"] == -2010


async def test_a_restart_forgets_no_one_who_waits_to_be_paid(tmp_path: Path) -> None:
    path = tmp_path / "venue.db"
    first = SimulatedExchange.create(price=PRICE, database=path)
    async with serve(first) as base:
        client = ccxt_client(base)
        await client.privatePostOrderListOpo(RESTING)
        await client.close()
    first.close()

    venue = SimulatedExchange.create(database=path, depth=Depth(spread=Decimal(0)))
    venue.move(Decimal(63000))

    assert venue.market.covered() == NET
    venue.close()
