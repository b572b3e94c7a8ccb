"""Private endpoints which act: add, amend and cancel orders. Kraken's pages "Trading"."""

from enum import StrEnum
from typing import Final

from adapters.simulator.kraken_errors import KrakenError, closed, invalid, refused
from adapters.simulator.kraken_exchange import SimulatedKraken
from adapters.simulator.kraken_names import order_txid
from adapters.simulator.kraken_params import Params
from adapters.simulator.kraken_queries import named_order
from adapters.simulator.kraken_shapes import Json, description
from adapters.simulator.orders import ZERO, FeeIn, Order, OrderRequest, OrderType, Side, TimeInForce
from adapters.simulator.state import Phase, RefusedError


class Kind(StrEnum):
    """The order types of AddOrder which this market knows."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_LOSS = "stop-loss"
    STOP_LOSS_LIMIT = "stop-loss-limit"


class CloseKind(StrEnum):
    """The order types which a fill may create here."""

    LIMIT = "limit"
    STOP_LOSS = "stop-loss"
    STOP_LOSS_LIMIT = "stop-loss-limit"


class Trigger(StrEnum):
    """The price that stops watch."""

    LAST = "last"
    INDEX = "index"


_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})


def add_order(venue: SimulatedKraken, params: Params) -> Json:
    """POST AddOrder. With `validate` - any value at all - nothing is placed and there is no `txid`."""
    venue.key_limits.add(venue.now())
    request = _request(venue, params)
    _check_deadline(venue, params)
    venue.pair.check(request, venue.market.price)
    answer: Json = {"descr": description(request, venue.pair)}
    if params.has("validate"):
        return answer
    venue.key_limits.check_room(len(venue.market.open_orders()))
    try:
        order = venue.market.place(request)
    except RefusedError as error:
        raise refused(error.refusal, venue.market.state.phase) from None
    return answer | {"txid": [order_txid(order.id)]}


def amend_order(venue: SimulatedKraken, params: Params) -> Json:
    """POST AmendOrder, for waiting stops: `trigger_price`, `limit_price`, `order_qty`."""
    order = _one(_named(venue, params))
    venue.key_limits.amend(venue.market.now() - order.updated, venue.now())
    _check_deadline(venue, params)
    found = {name: params.number(name) for name in ("order_qty", "limit_price", "trigger_price") if params.has(name)}
    for name, value in found.items():
        if name == "order_qty":
            venue.pair.check_volume(value)
        else:
            venue.pair.check_price(value)
    try:
        venue.market.amend(
            order.id,
            quantity=found.get("order_qty"),
            price=found.get("limit_price"),
            stop_price=found.get("trigger_price"),
        )
    except RefusedError as error:
        raise refused(error.refusal, venue.market.state.phase) from None
    return {"amend_id": f"TSIMUL-AMEND-{order.id:06d}"}


def cancel_order(venue: SimulatedKraken, params: Params) -> Json:
    """POST CancelOrder, by `txid` (or a `userref` in its place) or by `cl_ord_id`."""
    gone = [order for order in _named(venue, params) if order.open]
    _one(gone)
    return _cancel(venue, gone)


def cancel_all(venue: SimulatedKraken, _params: Params) -> Json:
    """POST CancelAll: protective stops too."""
    return _cancel(venue, venue.market.open_orders())


def _cancel(venue: SimulatedKraken, orders: list[Order]) -> Json:
    for order in orders:
        venue.key_limits.cancel(venue.market.now() - order.updated, venue.now())
        try:
            venue.market.cancel(order.id)
        except RefusedError as error:
            raise refused(error.refusal, venue.market.state.phase) from None
    return {"count": len(orders)}


def _named(venue: SimulatedKraken, params: Params) -> list[Order]:
    if params.has("cl_ord_id"):
        name = params.client_id()
        return [order for order in venue.market.open_orders() if order.client_id == name]
    txid = params.text("txid")
    if txid.lstrip("-").isdecimal():
        return [order for order in venue.market.open_orders() if order.words.get("userref") == txid]
    return [named_order(venue, txid, "EOrder:Invalid order")]


def _one(orders: list[Order]) -> Order:
    if not orders:
        raise KrakenError("EOrder:Unknown order")
    return orders[0]


def _request(venue: SimulatedKraken, params: Params) -> OrderRequest:
    """What is asked, without a look at the pair's rules."""
    params.pair(*venue.pair.names)
    if venue.market.state.phase is not Phase.TRADING:
        raise closed(venue.market.state.phase)
    if params.has("cl_ord_id") and params.has("userref"):
        raise invalid()
    side = Side(params.choice("type", _Side).upper())
    kind = params.choice("ordertype", Kind)
    flags = _flags(params, kind, side)
    close_stop = close_price = ZERO
    if params.has("close[ordertype]"):
        close_kind = params.choice("close[ordertype]", CloseKind)
        close_stop = params.number("close[price]") if close_kind is not CloseKind.LIMIT else ZERO
        close_price = params.number("close[price]") if close_kind is CloseKind.LIMIT else ZERO
        close_price = params.number("close[price2]") if close_kind is CloseKind.STOP_LOSS_LIMIT else close_price
    volume, by_cost = params.number("volume"), "viqc" in flags
    stops = kind in (Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT)
    limit_name = "price" if kind is Kind.LIMIT else "price2"
    return OrderRequest(
        side=side,
        type=OrderType.LIMIT_MAKER if "post" in flags else OrderType[kind.name],
        quantity=ZERO if by_cost else volume,
        quote_quantity=volume if by_cost else ZERO,
        price=params.number(limit_name) if kind in (Kind.LIMIT, Kind.STOP_LOSS_LIMIT) else ZERO,
        stop_price=params.number("price") if stops else ZERO,
        time_in_force=_time_in_force(params),
        client_id=params.client_id(),
        close_stop=close_stop,
        close_price=close_price,
        fee_in=FeeIn.BASE if "fcib" in flags else FeeIn.QUOTE,
        words=_words(params, flags, stops=stops or bool(close_stop)),
    )


def _flags(params: Params, kind: Kind, side: Side) -> list[str]:
    flags = [flag for flag in params.optional("oflags").split(",") if flag]
    if set(flags) - _FLAGS or {"fcib", "fciq"} <= set(flags):
        raise invalid("oflags")
    if "viqc" in flags and (kind is not Kind.MARKET or side is not Side.BUY):
        raise invalid("viqc")
    if "post" in flags and kind is not Kind.LIMIT:
        raise invalid("oflags")
    return flags


def _words(params: Params, flags: list[str], *, stops: bool) -> dict[str, str]:
    """What the order has to remember of the request; `trigger=index` has no feed here."""
    words = {"userref": params.user_ref(), "oflags": ",".join(flags)}
    if params.has("trigger"):
        trigger = params.choice("trigger", Trigger)
        if not stops:
            raise invalid("trigger")
        if trigger is Trigger.INDEX:
            raise invalid("Index unavailable")
    return {name: value for name, value in words.items() if value}


def _time_in_force(params: Params) -> TimeInForce:
    value = params.optional("timeinforce") or "GTC"
    if value not in ("GTC", "IOC"):
        raise invalid("timeinforce")
    return TimeInForce(value)


def _check_deadline(venue: SimulatedKraken, params: Params) -> None:
    """Refuse what reaches the engine too late, and a deadline that was out of bounds when the request came in."""
    deadline = params.instant("deadline")
    if deadline is None:
        return
    ahead = (deadline - params.received) / 1000
    if deadline <= venue.now():
        raise KrakenError("EService:Deadline elapsed")
    if not venue.min_deadline <= ahead <= venue.max_deadline:
        raise invalid("deadline")


class _Side(StrEnum):
    BUY = "buy"
    SELL = "sell"
