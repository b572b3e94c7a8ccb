"""Public endpoints: the symbol, the book, prices and candles."""

from decimal import Decimal
from itertools import islice
from typing import Any

from adapters.simulator.binance_errors import BinanceError
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_shapes import Json, number
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.feed import Candle
from adapters.simulator.orders import ZERO, Side

_DAY = 288


def ping(_venue: SimulatedExchange, _params: Params) -> Json:
    """Nothing but an answer."""
    return {}


def server_time(venue: SimulatedExchange, _params: Params) -> Json:
    """The venue's clock."""
    return {"serverTime": venue.now()}


def exchange_info(venue: SimulatedExchange, params: Params) -> Json:
    """The symbol, its order types and filters."""
    rules = venue.rules
    params.symbols(rules.symbol)
    return {
        "timezone": "UTC",
        "serverTime": venue.now(),
        "rateLimits": _rate_limits(venue),
        "exchangeFilters": [],
        "symbols": [
            {
                "symbol": rules.symbol,
                "status": venue.market.state.phase.value,
                "baseAsset": rules.base,
                "baseAssetPrecision": 8,
                "quoteAsset": rules.quote,
                "quotePrecision": 8,
                "quoteAssetPrecision": 8,
                "baseCommissionPrecision": 8,
                "quoteCommissionPrecision": 8,
                "orderTypes": [kind.value for kind in rules.order_types],
                "icebergAllowed": False,
                "ocoAllowed": True,
                "otoAllowed": rules.opo,
                "opoAllowed": rules.opo,
                "quoteOrderQtyMarketAllowed": True,
                "allowTrailingStop": False,
                "cancelReplaceAllowed": False,
                "amendAllowed": False,
                "isSpotTradingAllowed": True,
                "isMarginTradingAllowed": False,
                "filters": rules.describe(),
                "permissions": [],
                "permissionSets": [["SPOT"]],
                "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
                "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
            }
        ],
    }


def depth(venue: SimulatedExchange, params: Params) -> Json:
    """The order book."""
    params.symbol(venue.rules.symbol)
    limit = params.integer("limit", default=100)
    return {"lastUpdateId": venue.now(), "bids": _side(venue, Side.SELL, limit), "asks": _side(venue, Side.BUY, limit)}


def ticker_24hr(venue: SimulatedExchange, params: Params) -> Any:
    """The last day of the candle feed, or a flat one at the price when there is none."""
    market = venue.market
    day = venue.candles[-_DAY:]
    opened = day[0].open if day else market.price
    volume = sum((candle.volume for candle in day), ZERO)
    traded = sum((candle.volume * candle.close for candle in day), ZERO)
    change = market.price - opened
    return _for_symbols(
        venue,
        params,
        {
            "priceChange": number(change),
            "priceChangePercent": f"{change / opened * 100:.3f}",
            "weightedAvgPrice": number(traded / volume if volume else market.price),
            "prevClosePrice": number(opened),
            "lastPrice": number(market.price),
            "lastQty": number(venue.rules.lot),
            **_best(venue),
            "openPrice": number(opened),
            "highPrice": number(max([market.price, *(candle.high for candle in day)])),
            "lowPrice": number(min([market.price, *(candle.low for candle in day)])),
            "volume": number(volume),
            "quoteVolume": number(traded),
            "openTime": venue.now() - 86_400_000,
            "closeTime": venue.now(),
            "firstId": 1,
            "lastId": len(market.state.fills),
            "count": len(market.state.fills),
        },
    )


def book_ticker(venue: SimulatedExchange, params: Params) -> Any:
    """Best bid and ask."""
    return _for_symbols(venue, params, _best(venue))


def price_ticker(venue: SimulatedExchange, params: Params) -> Any:
    """The last price."""
    return _for_symbols(venue, params, {"price": number(venue.market.price)})


def agg_trades(venue: SimulatedExchange, params: Params) -> list[Json]:
    """Public trades from `fromId` on, oldest first; the newest ones without it. An id is the trade's time in ns."""
    params.symbol(venue.rules.symbol)
    limit = min(params.integer("limit", default=500), 1000)
    first = params.integer("fromId", default=0)
    found = venue.tape.since(first - 1, limit) if params.has("fromId") else venue.tape.newest(limit)
    return [
        {
            "a": item.time,
            "p": number(item.price),
            "q": number(item.volume),
            "f": item.id,
            "l": item.id,
            "T": item.time // 1_000_000,
            "m": not item.upwards,
            "M": True,
        }
        for item in found
    ]


def klines(venue: SimulatedExchange, params: Params) -> list[list[Any]]:
    """Closed five-minute candles of the feed, oldest first; empty without a feed."""
    params.symbol(venue.rules.symbol)
    if params.text("interval") != "5m":
        raise BinanceError(-1120, "Invalid interval.")
    start, end = params.integer("startTime", default=0), params.integer("endTime", default=1 << 62)
    limit = min(params.integer("limit", default=500), 1000)
    found = [candle for candle in venue.candles if start <= candle.open_time <= end]
    return [_kline(candle) for candle in (found[:limit] if params.has("startTime") else found[-limit:])]


def _kline(candle: Candle) -> list[Any]:
    return [
        candle.open_time,
        number(candle.open),
        number(candle.high),
        number(candle.low),
        number(candle.close),
        number(candle.volume),
        candle.close_time,
        number(candle.volume * candle.close),
        1,
        number(candle.volume / 2),
        number(candle.volume * candle.close / 2),
        "0",
    ]


def _side(venue: SimulatedExchange, taker: Side, limit: int) -> list[list[str]]:
    levels = islice(venue.market.book.levels(taker), limit)
    return [[number(level.price), number(level.quantity)] for level in levels]


def _best(venue: SimulatedExchange) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, taker in (("bid", Side.SELL), ("ask", Side.BUY)):
        level = venue.market.book.best(taker)
        price, quantity = (level.price, level.quantity) if level else (Decimal(0), Decimal(0))
        found |= {f"{name}Price": number(price), f"{name}Qty": number(quantity)}
    return found


def _for_symbols(venue: SimulatedExchange, params: Params, values: Json) -> Any:
    """One object for `symbol`, a list for `symbols` or for all."""
    params.symbols(venue.rules.symbol)
    row = {"symbol": venue.rules.symbol, **values}
    return row if params.has("symbol") else [row]


def _rate_limits(venue: SimulatedExchange) -> list[Json]:
    return [
        {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": venue.limits.max_weight,
        },
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": venue.limits.max_orders},
    ]
