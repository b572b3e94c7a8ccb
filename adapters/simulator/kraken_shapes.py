"""Kraken's JSON: numbers as strings, times in epoch seconds with fractions, orders and trades keyed by their ids.

Pages "Get Open Orders", "Get Closed Orders", "Query Orders Info", "Query Trades Info" and "Add Order".
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.simulator.kraken_names import number, order_txid, trade_txid
from adapters.simulator.kraken_rules import PairRules
from adapters.simulator.orders import (
    NOT_WORKING,
    PRICED,
    STOPS,
    UNNAMED,
    ZERO,
    FeeIn,
    Fill,
    Order,
    OrderRequest,
    OrderType,
    Status,
)

Json = dict[str, Any]

ORDER_TYPES: Final = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.LIMIT_MAKER: "limit",
    OrderType.STOP_LOSS: "stop-loss",
    OrderType.STOP_LOSS_LIMIT: "stop-loss-limit",
}


def seconds(milliseconds: int) -> float:
    """A time as Kraken writes it."""
    return milliseconds / 1000


def description(order: OrderRequest | Order, pair: PairRules) -> Json:
    """An order in words, with what its fills will create."""
    volume = number(order.quote_quantity or order.quantity, pair.lot_decimals)
    at = _at(order.type, order.stop_price, order.price, pair)
    words = {"order": f"{order.side.lower()} {volume} {pair.altname} @ {at}"}
    if order.close_stop or order.close_price:
        kind = OrderType.STOP_LOSS if order.close_stop else OrderType.LIMIT
        kind = OrderType.STOP_LOSS_LIMIT if order.close_stop and order.close_price else kind
        words["close"] = f"close position @ {_at(kind, order.close_stop, order.close_price, pair)}"
    return words


def order_row(order: Order, pair: PairRules, fills: Sequence[Fill], *, trades: bool) -> Json:
    """An order as all queries show it; `fills` are its own, named only with `trades`."""
    status = _status(order, pair)
    cost, places = order.quote_executed, pair.cost_decimals
    average = (cost / order.executed).quantize(Decimal("0.00000001")) if order.executed else ZERO
    triggered = order.type in STOPS and order.working != NOT_WORKING
    row: Json = {
        "refid": order_txid(order.parent) if order.parent else None,
        "userref": int(order.words["userref"]) if "userref" in order.words else None,
        "status": status,
        "opentm": seconds(order.created),
        "starttm": 0,
        "expiretm": 0,
        "descr": _descr(order, pair),
        "vol": number(order.quantity, pair.lot_decimals),
        "vol_exec": number(order.executed, pair.lot_decimals),
        "cost": number(cost, places),
        "fee": number(sum((fill.commission for fill in fills), ZERO), places),
        "price": number(average, places),
        "stopprice": number(ZERO, places),
        "limitprice": number(order.price if triggered else ZERO, places),
        "misc": "stopped" if triggered else "",
        "oflags": _flags(order),
    }
    if not order.client_id.startswith(UNNAMED):
        row["cl_ord_id"] = order.client_id
    if order.type in STOPS:
        row["trigger"] = order.words.get("trigger", "last")
    if trades and fills:
        row["trades"] = [trade_txid(fill.id) for fill in fills]
    if status != "open":
        row |= {"closetm": seconds(order.updated), "reason": _reason(order) if status == "canceled" else None}
    return row


def trade_row(fill: Fill, order: Order, pair: PairRules) -> Json:
    """A fill."""
    return {
        "ordertxid": order_txid(order.id),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair.key,
        "aclass": "forex",
        "time": seconds(fill.time),
        "type": fill.side.lower(),
        "ordertype": ORDER_TYPES[order.type],
        "price": number(fill.price, pair.cost_decimals),
        "cost": number(fill.amount, pair.cost_decimals),
        "fee": number(fill.commission, pair.cost_decimals),
        "vol": number(fill.quantity, pair.lot_decimals),
        "margin": number(ZERO, pair.cost_decimals),
        "leverage": "0",
        "misc": "",
        "trade_id": fill.id,
        "maker": fill.maker,
    }


def _at(kind: OrderType, stop: Decimal, limit: Decimal, pair: PairRules) -> str:
    stop_text, limit_text = number(stop, pair.price_decimals), number(limit, pair.price_decimals)
    if kind is OrderType.MARKET:
        return "market"
    if kind is OrderType.STOP_LOSS:
        return f"stop loss {stop_text}"
    if kind is OrderType.STOP_LOSS_LIMIT:
        return f"stop loss {stop_text} -> limit {limit_text}"
    return f"limit {limit_text}"


def _descr(order: Order, pair: PairRules) -> Json:
    stop, limit = order.type in STOPS, order.type in PRICED
    prices = [order.stop_price] * stop + [order.price] * limit + [ZERO, ZERO]
    price, second = (number(value, pair.price_decimals) if value else "0" for value in prices[:2])
    return {
        "pair": pair.altname,
        "aclass": "forex",
        "type": order.side.lower(),
        "ordertype": ORDER_TYPES[order.type],
        "price": price,
        "price2": second,
        "leverage": "none",
        "close": "",
        **description(order, pair),
    }


def _flags(order: Order) -> str:
    flags = [flag for flag in order.words.get("oflags", "").split(",") if flag not in ("", "fciq", "fcib")]
    return ",".join([*flags, "fcib" if order.fee_in is FeeIn.BASE else "fciq"])


def _status(order: Order, pair: PairRules) -> str:
    """Kraken's word for it. What the market order of a dry book leaves counts as done if it is below the minimum."""
    if order.open:
        return "open"
    done = order.status is Status.FILLED or (order.status is Status.EXPIRED and pair.is_rest(order))
    return "closed" if done else "canceled"


def _reason(order: Order) -> str:
    if order.status is Status.CANCELED:
        return order.reason or "User requested"
    return order.reason or "Canceled by the exchange"
