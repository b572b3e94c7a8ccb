"""Signed endpoints which only look: account, orders, lists and trades."""

from adapters.simulator.binance_errors import BinanceError, no_such_order
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_shapes import Json, number, order_list, order_query, trade
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.orders import ZERO, Order, OrderList


def account(venue: SimulatedExchange, params: Params) -> Json:
    """Balances, free and locked."""
    market, fees = venue.market, venue.market.fees
    assets = market.purse.totals.items()
    if params.optional("omitZeroBalances") == "true":
        assets = {asset: total for asset, total in assets if total}.items()
    return {
        "makerCommission": int(fees.maker * 10000),
        "takerCommission": int(fees.taker * 10000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _rates(venue),
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": market.state.fills[-1].time if market.state.fills else venue.now(),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": number(market.free(asset)), "locked": number(market.locked(asset))}
            for asset, _ in assets
        ],
        "permissions": ["SPOT"],
        "uid": 1,
    }


def commission(venue: SimulatedExchange, params: Params) -> Json:
    """Commission rates of the account on the symbol."""
    params.symbol(venue.rules.symbol)
    fees = venue.market.fees
    nothing = {"maker": number(ZERO), "taker": number(ZERO), "buyer": number(ZERO), "seller": number(ZERO)}
    return {
        "symbol": venue.rules.symbol,
        "standardCommission": _rates(venue),
        "specialCommission": nothing,
        "taxCommission": nothing,
        "discount": {
            "enabledForAccount": fees.discount_price > 0,
            "enabledForSymbol": True,
            "discountAsset": fees.discount_asset,
            "discount": number(1 - fees.discount),
        },
    }


def order(venue: SimulatedExchange, params: Params) -> Json:
    """One order, by the venue's id or the client's."""
    params.symbol(venue.rules.symbol)
    found = named_order(venue, params)
    if found is None or venue.faults.hides(found.id):
        raise no_such_order()
    return order_query(found, venue.rules.symbol)


def open_orders(venue: SimulatedExchange, params: Params) -> list[Json]:
    """All that can still trade."""
    params.symbols(venue.rules.symbol)
    return [order_query(found, venue.rules.symbol) for found in venue.market.open_orders()]


def all_orders(venue: SimulatedExchange, params: Params) -> list[Json]:
    """Every order from `orderId` on, oldest first; the newest ones without it."""
    params.symbol(venue.rules.symbol)
    first, start = params.integer("orderId", default=0), params.integer("startTime", default=0)
    limit = min(params.integer("limit", default=500), 1000)
    orders = [found for found in venue.market.state.orders.values() if found.id >= first and found.created >= start]
    oldest_first = params.has("orderId") or params.has("startTime")
    chosen = orders[:limit] if oldest_first else orders[-limit:]
    return [order_query(found, venue.rules.symbol) for found in chosen]


def my_trades(venue: SimulatedExchange, params: Params) -> list[Json]:
    """Fills, of one order or from `fromId` on; the newest ones without either."""
    params.symbol(venue.rules.symbol)
    wanted, first = params.integer("orderId", default=0), params.integer("fromId", default=0)
    start, limit = params.integer("startTime", default=0), min(params.integer("limit", default=500), 1000)
    fills = [
        fill
        for fill in venue.market.state.fills
        if fill.id >= first and fill.time >= start and wanted in (0, fill.order_id)
    ]
    oldest_first = params.has("fromId") or params.has("startTime")
    chosen = fills[:limit] if oldest_first else fills[-limit:]
    return [trade(fill, venue.rules.symbol) for fill in chosen]


def listed_orders(venue: SimulatedExchange, params: Params) -> Json:
    """One list. Binance calls the list's client id `origClientOrderId` here."""
    if params.has("orderListId"):
        found = venue.market.state.lists.get(params.integer("orderListId"))
    else:
        found = venue.market.find_list(params.text("origClientOrderId"))
    if found is None:
        raise BinanceError(-2018, "Order list does not exist.")
    return show_list(venue, found)


def open_lists(venue: SimulatedExchange, _params: Params) -> list[Json]:
    """Lists that can still trade."""
    return [show_list(venue, found) for found in venue.market.state.lists.values() if not found.done]


def show_list(venue: SimulatedExchange, listed: OrderList) -> Json:
    """A list without the state of its legs."""
    return order_list(listed, venue.rules.symbol, venue.market.legs(listed.id))


def named_order(venue: SimulatedExchange, params: Params) -> Order | None:
    """The order that `orderId` or `origClientOrderId` means; both must agree. Raises -1102 without either."""
    if params.has("orderId"):
        found = venue.market.state.orders.get(params.integer("orderId"))
        if found and params.has("origClientOrderId") and found.client_id != params.text("origClientOrderId"):
            raise BinanceError(-2039, "Client order ID is not correct for this order ID.")
        return found
    if params.has("origClientOrderId"):
        return venue.market.find(params.text("origClientOrderId"))
    raise BinanceError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")


def _rates(venue: SimulatedExchange) -> Json:
    fees = venue.market.fees
    return {
        "maker": number(fees.maker),
        "taker": number(fees.taker),
        "buyer": number(ZERO),
        "seller": number(ZERO),
    }
