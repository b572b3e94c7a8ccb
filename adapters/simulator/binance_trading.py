"""Signed endpoints which act: place, cancel. Binance's page "Trading endpoints" (rest-api.md)."""

from typing import Any

from adapters.simulator.binance_errors import BinanceError, missing, not_cancelled, refused
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_queries import named_order
from adapters.simulator.binance_shapes import (
    Json,
    order_ack,
    order_cancelled,
    order_full,
    order_list,
    order_result,
)
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.orders import (
    PRICED,
    STOPS,
    ZERO,
    Order,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
)
from adapters.simulator.state import RefusedError

_INVALID_TYPE = BinanceError(-1116, "Invalid orderType.")
INVALID_SIDE = BinanceError(-1117, "Invalid side.")
INVALID_TIF = BinanceError(-1115, "Invalid timeInForce.")


def place(venue: SimulatedExchange, params: Params) -> Json:
    """POST order."""
    request = _checked(venue, params)
    try:
        order = venue.market.place(request)
    except RefusedError as error:
        raise refused(error.refusal) from None
    return placed(venue, order, response_type(params, request.type))


def validate(venue: SimulatedExchange, params: Params) -> Json:
    """POST order/test: parameters and filters only; the matching engine is not asked."""
    _checked(venue, params)
    return {}


def cancel(venue: SimulatedExchange, params: Params) -> Json:
    """DELETE order; cancelling a leg cancels its list and answers with the list."""
    params.symbol(venue.rules.symbol)
    found = named_order(venue, params)
    if found is None:
        raise BinanceError(-2011, "Unknown order sent.")
    return _cancelled(venue, found, params.client_id("newClientOrderId"))


def cancel_list(venue: SimulatedExchange, params: Params) -> Json:
    """DELETE orderList."""
    params.symbol(venue.rules.symbol)
    if params.has("orderListId"):
        listed = venue.market.state.lists.get(params.integer("orderListId"))
    else:
        listed = venue.market.find_list(params.text("listClientOrderId"))
    if listed is None or listed.done:
        raise BinanceError(-2011, "Unknown order list sent.")
    leg = next(leg for leg in venue.market.legs(listed.id) if leg.open)
    return _cancelled(venue, leg, params.client_id("newClientOrderId"))


def cancel_all(venue: SimulatedExchange, params: Params) -> list[Json]:
    """DELETE openOrders."""
    params.symbol(venue.rules.symbol)
    if not venue.market.open_orders():
        raise BinanceError(-2011, "Unknown order sent.")
    answers = []
    while waiting := venue.market.open_orders():
        answers.append(_cancelled(venue, waiting[0], ""))
    return answers


def _cancelled(venue: SimulatedExchange, order: Order, client_id: str) -> Json:
    symbol, listed = venue.rules.symbol, venue.market.state.lists.get(order.list_id)
    names = {leg.id: leg.client_id for leg in venue.market.legs(order.list_id)} if listed else {}
    names[order.id] = order.client_id
    new_id = client_id or f"cancel{order.id:016d}"
    try:
        gone = venue.market.cancel(order.id, client_id=new_id if venue.renames_cancelled else None)
    except RefusedError as error:
        raise not_cancelled(error.refusal) from None
    reports = [order_cancelled(leg, symbol, names[leg.id]) | {"clientOrderId": new_id} for leg in gone]
    if listed is None:
        return reports[0]
    legs = venue.market.legs(listed.id)
    return order_list(listed, symbol, legs, [names[leg.id] for leg in legs]) | {"orderReports": reports}


def _checked(venue: SimulatedExchange, params: Params) -> OrderRequest:
    params.symbol(venue.rules.symbol)
    side = params.choice("side", Side, INVALID_SIDE)
    kind = params.choice("type", OrderType, _INVALID_TYPE)
    by_amount = kind is OrderType.MARKET and params.has("quoteOrderQty")
    if by_amount and params.has("quantity"):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    tif = kind in (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT)
    for name, wanted in (("price", kind in PRICED), ("stopPrice", kind in STOPS), ("timeInForce", tif)):
        if params.has(name) and not wanted:
            raise BinanceError(-1106, f"Parameter '{name}' sent when not required.")
    request = OrderRequest(
        side=side,
        type=kind,
        quantity=ZERO if by_amount else params.number("quantity"),
        quote_quantity=params.number("quoteOrderQty") if by_amount else ZERO,
        price=params.number("price") if kind in PRICED else ZERO,
        stop_price=params.number("stopPrice") if kind in STOPS else ZERO,
        time_in_force=params.choice("timeInForce", TimeInForce, INVALID_TIF) if tif else TimeInForce.GTC,
        client_id=params.client_id("newClientOrderId"),
    )
    venue.rules.check(request, venue.market.price)
    venue.rules.check_room([request], venue.market.open_orders())
    return request


def response_type(params: Params, kind: OrderType) -> str:
    """FULL is the default of MARKET and LIMIT, ACK of everything else."""
    default = "FULL" if kind in (OrderType.MARKET, OrderType.LIMIT) else "ACK"
    wanted = params.optional("newOrderRespType") or default
    if wanted not in ("ACK", "RESULT", "FULL"):
        raise missing("newOrderRespType")
    return wanted


def placed(venue: SimulatedExchange, order: Order, kind: str) -> dict[str, Any]:
    """The answer to a new order, as long as it was asked for."""
    symbol = venue.rules.symbol
    if kind == "ACK":
        return order_ack(order, symbol)
    if kind == "RESULT":
        return order_result(order, symbol)
    fills = [fill for fill in venue.market.state.fills if fill.order_id == order.id]
    return order_full(order, symbol, fills)
