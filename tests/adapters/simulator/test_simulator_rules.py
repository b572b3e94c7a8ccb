"""What the venue refuses, with its code and words, and that a refusal leaves no trace."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.simulator import OrderType, Rules, SimulatedExchange
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
LIMIT = BUY | {"type": "LIMIT", "price": "63000", "timeInForce": "GTC"}
STOP = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "stopPrice": "62000"}
STOP_LIMIT = STOP | {"type": "STOP_LOSS_LIMIT", "price": "61000", "timeInForce": "GTC"}
MAKER = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT_MAKER", "quantity": "0.01", "price": "66000"}
OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01",
    "aboveType": "LIMIT_MAKER", "abovePrice": "66000",
    "belowType": "STOP_LOSS", "belowStopPrice": "62000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "code", "message"),
    [
        (LIMIT | {"price": "63000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        (LIMIT | {"price": "1000000.01"}, -1013, "Filter failure: PRICE_FILTER"),
        (STOP | {"stopPrice": "62000.005"}, -1013, "Filter failure: PRICE_FILTER"),
        (BUY | {"quantity": "0.010001"}, -1013, "Filter failure: LOT_SIZE"),
        (BUY | {"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
        (BUY | {"quantity": "101"}, -1013, "Filter failure: MARKET_LOT_SIZE"),
        (BUY | {"quantity": "0.00007"}, -1013, "Filter failure: NOTIONAL"),
        (STOP | {"quantity": "0.00008"}, -1013, "Filter failure: NOTIONAL"),
        ({**BUY, "quantity": "", "quoteOrderQty": "4.99"}, -1013, "Filter failure: NOTIONAL"),
        (STOP_LIMIT | {"price": "12000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (MAKER | {"price": "320000.01"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (BUY | {"quantity": "0.16"}, -2010, "Account has insufficient balance for requested action."),
        (STOP | {"quantity": "0.06"}, -2010, "Account has insufficient balance for requested action."),
        (STOP | {"stopPrice": "64000"}, -2010, "Stop price would trigger immediately."),
        (MAKER | {"price": "64000"}, -2010, "Order would immediately match and take."),
        (BUY | {"newClientOrderId": "resting"}, -2010, "Duplicate order sent."),
        (
            BUY | {"newClientOrderId": "not/legal"},
            -1100,
            "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
        ),
        (
            BUY | {"quantity": "1e-2"},
            -1100,
            r"Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.",
        ),
        (BUY | {"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        (BUY | {"quantity": ""}, -1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
        (BUY | {"quoteOrderQty": "100"}, -1128, "Combination of optional parameters invalid."),
        (BUY | {"price": "64000"}, -1106, "Parameter 'price' sent when not required."),
        (BUY | {"symbol": "ETHUSDT"}, -1121, "Invalid symbol."),
        (BUY | {"side": "HOLD"}, -1117, "Invalid side."),
        (BUY | {"type": "TAKE_PROFIT"}, -1116, "Invalid orderType."),
        (LIMIT | {"timeInForce": "DAY"}, -1115, "Invalid timeInForce."),
        (STOP | {"side": "BUY", "stopPrice": "65000"}, -1013, "Stop loss orders are not supported for this symbol."),
    ],
)
async def test_refused_orders(
    raw: RawClient,
    venue: SimulatedExchange,
    held: Callable[[str], None],
    order: dict[str, Any],
    code: int,
    message: str,
) -> None:
    held("0.05")
    await raw("POST", "order", **STOP, newClientOrderId="resting")

    reply = await raw("POST", "order", **order)

    assert (reply.status_code, reply.json()) == (400, {"code": code, "msg": message})
    assert len(venue.market.state.orders) == 1
    assert not venue.market.state.fills


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"abovePrice": "64000"}, -2010, "The relationship of the prices for the orders is not correct."),
        ({"belowStopPrice": "64000"}, -2010, "The relationship of the prices for the orders is not correct."),
        ({"quantity": "0.051"}, -2010, "Account has insufficient balance for requested action."),
        ({"belowClientOrderId": "resting"}, -2010, "Duplicate order sent."),
        ({"listClientOrderId": "open"}, -2010, "Duplicate order sent."),
        ({"aboveClientOrderId": "x", "belowClientOrderId": "x"}, -2010, "Duplicate order sent."),
        ({"abovePrice": "66000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.00007"}, -1013, "Filter failure: NOTIONAL"),
        (
            {"aboveType": "STOP_LOSS", "aboveStopPrice": "66000"},
            -1197,
            "A stop loss order in a sell OCO must be below.",
        ),
        ({"belowType": "LIMIT_MAKER", "belowPrice": "62000"}, -1168, "At least one OCO order must be contingent."),
        ({"aboveType": "MARKET"}, -1158, "Order type not supported in OCO."),
        ({"belowType": "TAKE_PROFIT"}, -1158, "Order type not supported in OCO."),
        (
            {"belowStopPrice": ""},
            -1102,
            "Mandatory parameter 'belowStopPrice' was not sent, was empty/null, or malformed.",
        ),
    ],
)
async def test_refused_lists(
    raw: RawClient,
    venue: SimulatedExchange,
    held: Callable[[str], None],
    change: dict[str, Any],
    code: int,
    message: str,
) -> None:
    held("0.07")
    await raw("POST", "order", **STOP, newClientOrderId="resting")
    await raw("POST", "orderList/oco", **OCO, listClientOrderId="open")

    reply = await raw("POST", "orderList/oco", **(OCO | change))

    assert (reply.status_code, reply.json()) == (400, {"code": code, "msg": message})
    assert len(venue.market.state.orders) == 3


async def test_no_more_than_five_stops_on_a_symbol(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.1")
    for _ in range(5):
        assert (await raw("POST", "order", **STOP)).status_code == 200

    for reply in (await raw("POST", "order", **STOP), await raw("POST", "orderList/oco", **OCO)):
        assert reply.json() == {"code": -1013, "msg": "Filter failure: MAX_NUM_ALGO_ORDERS"}


@pytest.mark.parametrize(
    ("rules", "filter_name"),
    [(Rules(max_orders=2), "MAX_NUM_ORDERS"), (Rules(max_lists=1), "MAX_NUM_ORDER_LISTS")],
)
async def test_other_counts(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None], rules: Rules, filter_name: str
) -> None:
    held("0.1")
    venue.rules = rules
    await raw("POST", "orderList/oco", **OCO)

    reply = await raw("POST", "orderList/oco", **OCO)

    assert reply.json()["msg"] == f"Filter failure: {filter_name}"


async def test_a_symbol_without_stop_market_orders(
    raw: RawClient, venue: SimulatedExchange, held: Callable[[str], None]
) -> None:
    held("0.1")
    venue.rules = Rules(order_types=[OrderType.MARKET, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT])
    wider = OCO | {"belowType": "STOP_LOSS_LIMIT", "belowPrice": "61000", "belowTimeInForce": "GTC"}

    refused = await raw("POST", "orderList/oco", **OCO)
    accepted = await raw("POST", "orderList/oco", **wider)
    info = await raw.http.get("/api/v3/exchangeInfo")

    assert refused.json()["msg"] == "Stop loss orders are not supported for this symbol."
    assert accepted.json()["listOrderStatus"] == "EXECUTING"
    assert "STOP_LOSS" not in info.json()["symbols"][0]["orderTypes"]


async def test_an_order_may_be_tried_without_the_engine(raw: RawClient, venue: SimulatedExchange) -> None:
    unaffordable = await raw("POST", "order/test", **(BUY | {"quantity": "5"}))
    illegal = await raw("POST", "order/test", **(BUY | {"quantity": "0.00001"}))

    assert (unaffordable.status_code, unaffordable.json()) == (200, {})
    assert illegal.json()["msg"] == "Filter failure: NOTIONAL"
    assert not venue.market.state.orders
