"""The lives of orders as the wire shows them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import SimulatedExchange
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01",
    "aboveType": "LIMIT_MAKER", "abovePrice": "66000", "aboveClientOrderId": "profit",
    "belowType": "STOP_LOSS", "belowStopPrice": "62000", "belowClientOrderId": "stop",
    "listClientOrderId": "list",
}  # fmt: skip


async def get(raw: RawClient, name: str) -> dict[str, Any]:
    return dict((await raw("GET", "order", symbol="BTCUSDT", origClientOrderId=name)).json())


async def test_a_filled_id_buys_again(raw: RawClient, venue: SimulatedExchange) -> None:
    """Ids are unique among open orders only: a resent market buy is a second market buy."""
    first = (await raw("POST", "order", **BUY, newClientOrderId="entry")).json()
    second = (await raw("POST", "order", **BUY, newClientOrderId="entry")).json()

    assert first["orderId"] != second["orderId"]
    assert venue.balances()["BTC"] == Decimal("0.01998")
    assert (await get(raw, "entry"))["orderId"] == second["orderId"]


@pytest.mark.parametrize(
    ("kind", "has", "lacks"),
    [
        ("ACK", "transactTime", "status"),
        ("RESULT", "workingTime", "fills"),
        ("FULL", "fills", "time"),
        ("", "fills", "time"),
    ],
)
async def test_answers_come_in_three_lengths(raw: RawClient, kind: str, has: str, lacks: str) -> None:
    answer = (await raw("POST", "order", **BUY, newOrderRespType=kind)).json()

    assert has in answer
    assert lacks not in answer


async def test_numbers_are_strings_of_eight_places(raw: RawClient) -> None:
    answer = (await raw("POST", "order", **BUY)).json()

    assert answer["price"] == "0.00000000"
    assert answer["cummulativeQuoteQty"] == "640.00000000"
    assert answer["fills"] == [
        {
            "price": "64000.00000000",
            "qty": "0.01000000",
            "commission": "0.00001000",
            "commissionAsset": "BTC",
            "tradeId": 1,
        }
    ]


async def test_a_list_waits(raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]) -> None:
    held("0.01")

    answer = (await raw("POST", "orderList/oco", **OCO, newOrderRespType="RESULT")).json()

    reports = {report["clientOrderId"]: report for report in answer["orderReports"]}
    assert (answer["contingencyType"], answer["listStatusType"], answer["listOrderStatus"]) == (
        "OCO", "EXEC_STARTED", "EXECUTING",
    )  # fmt: skip
    assert (reports["stop"]["workingTime"], reports["stop"]["stopPrice"]) == (-1, "62000.00000000")
    assert reports["profit"]["workingTime"] == answer["transactionTime"]
    assert venue.market.locked("BTC") == Decimal("0.01")
    assert (await get(raw, "stop"))["isWorking"] is False


async def test_the_profit_leg_fills_and_the_stop_expires(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    await raw("POST", "orderList/oco", **OCO)

    venue.move(Decimal(66100))

    profit, stop = await get(raw, "profit"), await get(raw, "stop")
    listed = (await raw("GET", "orderList", origClientOrderId="list")).json()
    assert (profit["status"], profit["cummulativeQuoteQty"]) == ("FILLED", "660.00000000")
    assert (stop["status"], stop["executedQty"]) == ("EXPIRED", "0.00000000")
    assert (listed["listStatusType"], listed["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert venue.market.locked("BTC") == venue.balances()["BTC"] == 0


async def test_the_stop_leg_fills_and_the_profit_expires_first(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    await raw("POST", "orderList/oco", **OCO)

    venue.move(Decimal(61500))

    assert (await get(raw, "stop"))["cummulativeQuoteQty"] == "615.00000000"
    assert (await get(raw, "profit"))["status"] == "EXPIRED"
    kinds = [event.kind for event in venue.ledger.events()]
    assert kinds[-4:] == ["triggered", "expired", "fill", "filled"]
    assert not (await raw("GET", "openOrderList")).json()


async def test_a_gap_leaves_a_stop_limit_resting(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    limit = {"belowType": "STOP_LOSS_LIMIT", "belowPrice": "61900", "belowTimeInForce": "GTC"}
    await raw("POST", "orderList/oco", **(OCO | limit))

    venue.move(Decimal(61000))

    stop = await get(raw, "stop")
    assert (stop["status"], stop["isWorking"], stop["executedQty"]) == ("NEW", True, "0.00000000")
    assert (await get(raw, "profit"))["status"] == "EXPIRED"
    assert venue.market.covered() == 0
    assert len((await raw("GET", "openOrderList")).json()) == 1
    venue.move(Decimal(61900))
    assert not (await raw("GET", "openOrderList")).json()
    assert (await get(raw, "stop"))["cummulativeQuoteQty"] == "619.00000000"


async def test_a_leg_takes_its_list_along(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.01")
    await raw("POST", "orderList/oco", **OCO)

    answer = (await raw("DELETE", "order", symbol="BTCUSDT", origClientOrderId="profit")).json()

    assert answer["listOrderStatus"] == "ALL_DONE"
    assert [report["status"] for report in answer["orderReports"]] == ["CANCELED", "CANCELED"]
    assert [order["clientOrderId"] for order in answer["orders"]] == ["stop", "profit"]
    assert venue.market.free("BTC") == Decimal("0.01")


async def test_a_cancel_renames_what_it_cancels(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    """Binance, "Cancel order": newClientOrderId replaces the order's id and frees it for new orders."""
    held("0.01")
    await raw("POST", "orderList/oco", **OCO)

    await raw("DELETE", "orderList", symbol="BTCUSDT", listClientOrderId="list", newClientOrderId="undo")

    assert (await get(raw, "stop"))["code"] == -2013
    assert (await get(raw, "undo"))["status"] == "CANCELED"
    by_number = (await raw("GET", "order", symbol="BTCUSDT", orderId=1)).json()
    assert (by_number["clientOrderId"], by_number["status"]) == ("undo", "CANCELED")


async def test_names_can_be_kept(raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]) -> None:
    held("0.01")
    venue.renames_cancelled = False
    await raw("POST", "orderList/oco", **OCO)

    await raw("DELETE", "orderList", symbol="BTCUSDT", orderListId=1)

    assert (await get(raw, "stop"))["status"] == "CANCELED"


async def test_all_orders_can_be_cancelled(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.02")
    await raw("POST", "orderList/oco", **OCO)
    alone = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT_MAKER", "price": "70000", "quantity": "0.01"}
    await raw("POST", "order", **alone)

    answers = (await raw("DELETE", "openOrders", symbol="BTCUSDT")).json()

    assert ["orderReports" in answer for answer in answers] == [True, False]
    assert (await raw("GET", "openOrders")).json() == []
    assert (await raw("DELETE", "openOrders", symbol="BTCUSDT")).json()["code"] == -2011


@pytest.mark.parametrize(
    ("method", "path", "params", "code"),
    [
        ("GET", "order", {}, -1102),
        ("GET", "order", {"orderId": 9}, -2013),
        ("GET", "order", {"orderId": 1, "origClientOrderId": "other"}, -2039),
        ("DELETE", "order", {"origClientOrderId": "other"}, -2011),
        ("DELETE", "order", {"orderId": 1}, -2011),
        ("DELETE", "orderList", {"listClientOrderId": "other"}, -2011),
        ("GET", "orderList", {"origClientOrderId": "other"}, -2018),
        ("GET", "klines", {"interval": "7m"}, -1120),
    ],
)
async def test_what_is_not_there(raw: RawClient, method: str, path: str, params: dict[str, Any], code: int) -> None:
    await raw("POST", "order", **BUY)

    reply = await raw(method, path, symbol="BTCUSDT", **params)

    assert (reply.status_code, reply.json()["code"]) == (400, code)
