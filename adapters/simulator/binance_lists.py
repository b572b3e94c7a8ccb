"""Signed endpoints for order lists: OCO, and a BUY that pays for its SELL (OPO). "Order lists" (rest-api.md), opo.md.

What the documentation leaves open about OPO is taken from what others measured at the test network for OTO, its twin:
prices are checked at once and the whole list is refused, a list that ends at once is told without its id, FOK is taken.
"""

from dataclasses import replace

from adapters.simulator.binance_errors import BinanceError, refused
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_shapes import Json, order_list
from adapters.simulator.binance_trading import INVALID_SIDE, INVALID_TIF, placed, response_type
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.orders import (
    NOT_WORKING,
    PRICED,
    STOPS,
    ZERO,
    OrderRequest,
    OrderType,
    Side,
    Status,
    TimeInForce,
)
from adapters.simulator.state import RefusedError

_OCO_TYPE = BinanceError(-1158, "Order type not supported in OCO.")
_OTO_TYPE = BinanceError(-1159, "Order type not supported in OTO.")
_UNSUPPORTED = BinanceError(-2010, "OPO orders are not supported for this symbol.")


def place_oco(venue: SimulatedExchange, params: Params) -> Json:
    """POST orderList/oco, SELL side: a LIMIT_MAKER above the market, a stop below it."""
    params.symbol(venue.rules.symbol)
    side = params.choice("side", Side, INVALID_SIDE)
    if side is Side.BUY:
        raise BinanceError(-2010, "OCO orders are not supported for this symbol")
    above, below = _leg(params, "above", side), _leg(params, "below", side)
    _check_legs(above, below)
    for leg in (above, below):
        venue.rules.check(leg, venue.market.price)
    venue.rules.check_room([above, below], venue.market.open_orders())
    try:
        listed = venue.market.place_oco(above, below, params.client_id("listClientOrderId"))
    except RefusedError as error:
        raise refused(error.refusal) from None
    legs = venue.market.legs(listed.id)
    kind = response_type(params, below.type)
    reports = [placed(venue, leg, kind) for leg in legs]
    return order_list(listed, venue.rules.symbol, legs) | {"orderReports": reports}


def place_opo(venue: SimulatedExchange, params: Params) -> Json:
    """POST orderList/opo: a limited BUY, and the SELL of what it receives, which therefore has no quantity."""
    params.symbol(venue.rules.symbol)
    if not venue.rules.opo:
        raise _UNSUPPORTED
    if params.has("pendingQuantity"):
        raise BinanceError(-1106, "Parameter 'pendingQuantity' sent when not required.")
    working, pending = _part(params, "working"), _part(params, "pending")
    if working.type not in (OrderType.LIMIT, OrderType.LIMIT_MAKER):
        raise _OTO_TYPE
    if (working.side, pending.side) != (Side.BUY, Side.SELL):
        raise INVALID_SIDE
    venue.rules.check(working, venue.market.price)
    venue.rules.check_terms(pending, venue.market.price)
    venue.rules.check_room([working, pending], venue.market.open_orders())
    try:
        listed = venue.market.place_opo(working, pending, params.client_id("listClientOrderId"))
    except RefusedError as error:
        raise refused(error.refusal) from None
    payer, paid = venue.market.legs(listed.id)
    if payer.status is Status.FILLED:  # "the placement response will show [...] PENDING_NEW"; one has to ask again
        paid = replace(paid, status=Status.PENDING_NEW, working=NOT_WORKING, reason="")
    kind = response_type(params, working.type)
    answer = order_list(listed, venue.rules.symbol, (payer, paid))
    answer["orderReports"] = [placed(venue, part, kind) for part in (payer, paid)]
    return answer | ({"listClientOrderId": None} if listed.done and payer.status is Status.EXPIRED else {})


def _part(params: Params, which: str) -> OrderRequest:
    """One order of an OPO. Only the one that pays has a quantity."""
    kind = params.choice(f"{which}Type", OrderType, _OTO_TYPE)
    timed = kind in (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT)
    return OrderRequest(
        side=params.choice(f"{which}Side", Side, INVALID_SIDE),
        type=kind,
        quantity=params.number("workingQuantity") if which == "working" else ZERO,
        price=params.number(f"{which}Price") if kind in PRICED else ZERO,
        stop_price=params.number(f"{which}StopPrice") if kind in STOPS else ZERO,
        time_in_force=params.choice(f"{which}TimeInForce", TimeInForce, INVALID_TIF) if timed else TimeInForce.GTC,
        client_id=params.client_id(f"{which}ClientOrderId"),
    )


def _leg(params: Params, where: str, side: Side) -> OrderRequest:
    kind = params.choice(f"{where}Type", OrderType, _OCO_TYPE)
    limit = kind is OrderType.STOP_LOSS_LIMIT
    tif = params.choice(f"{where}TimeInForce", TimeInForce, INVALID_TIF) if limit else TimeInForce.GTC
    return OrderRequest(
        side=side,
        type=kind,
        quantity=params.number("quantity"),
        price=params.number(f"{where}Price") if kind in PRICED else ZERO,
        stop_price=params.number(f"{where}StopPrice") if kind in STOPS else ZERO,
        time_in_force=tif,
        client_id=params.client_id(f"{where}ClientOrderId"),
    )


def _check_legs(above: OrderRequest, below: OrderRequest) -> None:
    """The shape of a SELL OCO (errors.md -1158, -1166, -1168, -1197)."""
    for leg in (above, below):
        if leg.type not in STOPS and leg.type is not OrderType.LIMIT_MAKER:
            raise _OCO_TYPE
    if above.type not in STOPS and below.type not in STOPS:
        raise BinanceError(-1168, "At least one OCO order must be contingent.")
    if above.type in STOPS:
        raise BinanceError(-1197, "A stop loss order in a sell OCO must be below.")
    if below.type not in STOPS:
        raise BinanceError(-1166, "A limit order in a sell OCO must be above.")
