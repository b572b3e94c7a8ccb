"""Binance's JSON: numbers as strings with eight places, times in epoch milliseconds."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from adapters.simulator.orders import NOT_WORKING, STOPS, ZERO, Fill, Order, OrderList, Side

Json = dict[str, Any]


def number(value: Decimal) -> str:
    """A decimal number as Binance writes it."""
    return f"{value:.8f}"


def order_ack(order: Order, symbol: str) -> Json:
    """The shortest answer to a new order (newOrderRespType ACK)."""
    return {
        "symbol": symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": order.updated,
    }


def order_result(order: Order, symbol: str) -> Json:
    """A new order and what became of it at once (newOrderRespType RESULT)."""
    return order_ack(order, symbol) | _order_core(order) | {"workingTime": order.working}


def order_full(order: Order, symbol: str, fills: Iterable[Fill]) -> Json:
    """RESULT with the fills, which carry the commissions (newOrderRespType FULL)."""
    return order_result(order, symbol) | {
        "fills": [
            {
                "price": number(fill.price),
                "qty": number(fill.quantity),
                "commission": number(fill.commission),
                "commissionAsset": fill.commission_asset,
                "tradeId": fill.id,
            }
            for fill in fills
        ]
    }


def order_query(order: Order, symbol: str) -> Json:
    """An order as the queries show it: without fills."""
    return (
        {
            "symbol": symbol,
            "orderId": order.id,
            "orderListId": order.list_id,
            "clientOrderId": order.client_id,
        }
        | _order_core(order)
        | {
            "stopPrice": number(order.stop_price),
            "icebergQty": number(ZERO),
            "time": order.created,
            "updateTime": order.updated,
            "isWorking": order.working != NOT_WORKING,
            "workingTime": order.working,
        }
    )


def order_cancelled(order: Order, symbol: str, original_id: str) -> Json:
    """A cancelled order; `clientOrderId` is now the id of the cancel."""
    return order_ack(order, symbol) | {"origClientOrderId": original_id} | _order_core(order)


def _order_core(order: Order) -> Json:
    core = {
        "price": number(order.price),
        "origQty": number(order.quantity),
        "executedQty": number(order.executed),
        "origQuoteOrderQty": number(order.quote_quantity),
        "cummulativeQuoteQty": number(order.quote_executed),
        "status": order.status.value,
        "timeInForce": order.time_in_force.value,
        "type": order.type.value,
        "side": order.side.value,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }
    if order.type in STOPS:
        core["stopPrice"] = number(order.stop_price)
    if order.pending:
        del core["origQty"]  # what nobody has received yet has no quantity
    if order.reason:
        core["expiryReason"] = order.reason
    return core


def order_list(listed: OrderList, symbol: str, legs: Sequence[Order], names: Sequence[str] | None = None) -> Json:
    """A list without the state of its legs. `names` are the legs' client ids where they have been replaced."""
    state = "ALL_DONE" if listed.done else "EXECUTING"
    return {
        "orderListId": listed.id,
        "contingencyType": "OTO" if legs[0].side is Side.BUY else "OCO",
        "listStatusType": "ALL_DONE" if listed.done else "EXEC_STARTED",
        "listOrderStatus": state,
        "listClientOrderId": listed.client_id,
        "transactionTime": listed.updated,
        "symbol": symbol,
        "orders": [
            {"symbol": symbol, "orderId": leg.id, "clientOrderId": name}
            for leg, name in zip(legs, names or [leg.client_id for leg in legs], strict=True)
        ],
    }


def trade(fill: Fill, symbol: str) -> Json:
    """A fill in the account's trade list."""
    return {
        "symbol": symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "orderListId": fill.list_id,
        "price": number(fill.price),
        "qty": number(fill.quantity),
        "quoteQty": number(fill.amount),
        "commission": number(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time,
        "isBuyer": fill.side == "BUY",
        "isMaker": fill.maker,
        "isBestMatch": True,
    }
