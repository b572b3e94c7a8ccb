"""Public endpoints: assets, the pair, the book, prices, trades and candles. Kraken's pages "Market Data"."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from adapters.simulator.book import Level
from adapters.simulator.kraken_errors import KrakenError, invalid
from adapters.simulator.kraken_exchange import SimulatedKraken
from adapters.simulator.kraken_names import number
from adapters.simulator.kraken_params import Params
from adapters.simulator.kraken_shapes import Json, seconds
from adapters.simulator.orders import ZERO, Side
from adapters.simulator.state import Phase
from adapters.simulator.tape import Bar

_STATUS = {Phase.TRADING: "online", Phase.CANCEL_ONLY: "cancel_only"}
_INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
_FEES = ((0, "0.4", "0.25"), (10_000, "0.35", "0.2"), (50_000, "0.24", "0.14"))


def server_time(venue: SimulatedKraken, _params: Params) -> Json:
    """The venue's clock."""
    moment = datetime.fromtimestamp(venue.now() // 1000, UTC)
    return {"unixtime": int(moment.timestamp()), "rfc1123": f"{moment:%a, %d %b %y %H:%M:%S +0000}"}


def system_status(venue: SimulatedKraken, _params: Params) -> Json:
    """Whether the venue trades."""
    moment = datetime.fromtimestamp(venue.now() // 1000, UTC)
    return {"status": _status(venue), "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}


def assets(venue: SimulatedKraken, _params: Params) -> Json:
    """Both assets of the pair."""
    decimals = (10 if venue.pair.base == "BTC" else 8, 8)
    return {
        code: {
            "aclass": "currency",
            "altname": altname,
            "decimals": places,
            "display_decimals": 5,
            "status": "enabled",
        }
        for (code, altname), places in zip(venue.pair.codes.items(), decimals, strict=True)
    }


def asset_pairs(venue: SimulatedKraken, params: Params) -> Json:
    """The pair, its steps, minimums and fee schedule."""
    pair = venue.pair
    if params.has("pair"):
        params.pair(*pair.names)
    base, quote = pair.codes
    fees = venue.market.fees
    taker = [[volume, float(rate)] for volume, rate, _ in _FEES]
    maker = [[volume, float(rate)] for volume, _, rate in _FEES]
    taker[0][1], maker[0][1] = float(fees.taker * 100), float(fees.maker * 100)
    return {
        pair.key: {
            "altname": pair.altname,
            "wsname": pair.wsname,
            "aclass_base": "currency",
            "base": base,
            "aclass_quote": "currency",
            "quote": quote,
            "lot": "unit",
            "cost_decimals": pair.cost_decimals,
            "pair_decimals": pair.price_decimals,
            "lot_decimals": pair.lot_decimals,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": taker,
            "fees_maker": maker,
            "fee_volume_currency": "ZUSD",
            "margin_call": 80,
            "margin_stop": 40,
            "ordermin": f"{pair.order_min}",
            "costmin": f"{pair.cost_min}",
            "tick_size": f"{pair.tick}",
            "status": _status(venue),
        }
    }


def ticker(venue: SimulatedKraken, params: Params) -> Json:
    """Best ask and bid, last trade, and the day as the tape remembers it."""
    _known(venue, params)
    market, pair = venue.market, venue.pair
    bars = list(venue.tape.bars(86_400))
    bar = bars[-1]
    twice = [number(bar.volume, 8)] * 2
    return {
        pair.key: {
            "a": _best(venue, Side.BUY),
            "b": _best(venue, Side.SELL),
            "c": [_price(venue, market.price), number(venue.tape.newest(1)[0].volume, 8)],
            "v": twice,
            "p": [number(bar.vwap.quantize(Decimal("0.00001")), 5)] * 2,
            "t": [bar.count] * 2,
            "l": [_price(venue, bar.low)] * 2,
            "h": [_price(venue, bar.high)] * 2,
            "o": _price(venue, bar.open),
        }
    }


def depth(venue: SimulatedKraken, params: Params) -> Json:
    """The order book."""
    _known(venue, params)
    count = min(params.integer("count", 100), 500)
    sides = {"asks": Side.BUY, "bids": Side.SELL}
    return {
        venue.pair.key: {
            name: [_level(venue, level) for level in islice(venue.market.book.levels(taker), count)]
            for name, taker in sides.items()
        }
    }


def trades(venue: SimulatedKraken, params: Params) -> Json:
    """Public trades after `since` (nanoseconds, or seconds), oldest first; the newest ones without it."""
    _known(venue, params)
    since, count = params.integer("since", 0), min(params.integer("count", 1000), 1000)
    since = since if since > 10**14 else since * 1_000_000_000
    found = venue.tape.since(since, count) if since else venue.tape.newest(count)
    rows = [
        [
            number(item.price, 5),
            number(item.volume, 8),
            item.time / 1e9,
            "b" if item.upwards else "s",
            "m",
            "",
            item.id,
        ]
        for item in found
    ]
    return {venue.pair.key: rows, "last": str(found[-1].time if found else since)}


def ohlc(venue: SimulatedKraken, params: Params) -> Json:
    """Candles: those of the feed where they have the interval, otherwise made of the tape."""
    _known(venue, params)
    interval, since = params.integer("interval", 1), params.integer("since", 0)
    if interval not in _INTERVALS:
        raise invalid("interval")
    bars = list(venue.tape.bars(interval * 60))
    if interval == 5 and venue.candles:
        bars = [
            Bar(int(seconds(item.open_time)), item.open, item.high, item.low, item.close, item.close, item.volume, 1)
            for item in venue.candles
        ]
    rows = [_candle(venue, bar) for bar in bars]
    rows = [row for row in rows if row[0] >= since][-720:]
    return {venue.pair.key: rows, "last": rows[-2][0] if len(rows) > 1 else since}


def _status(venue: SimulatedKraken) -> str:
    return _STATUS.get(venue.market.state.phase, "maintenance")


def _known(venue: SimulatedKraken, params: Params) -> None:
    if not params.has("pair"):
        raise invalid()
    if params.text("pair") not in venue.pair.names:
        raise KrakenError("EQuery:Unknown asset pair")


def _price(venue: SimulatedKraken, price: Decimal) -> str:
    return number(price, venue.pair.price_decimals)


def _candle(venue: SimulatedKraken, bar: Bar) -> list[Any]:
    prices = (bar.open, bar.high, bar.low, bar.close, bar.vwap.quantize(venue.pair.tick))
    return [bar.time, *(_price(venue, price) for price in prices), number(bar.volume, 8), bar.count]


def _best(venue: SimulatedKraken, taker: Side) -> list[str]:
    level = venue.market.book.best(taker) or Level(ZERO, ZERO)
    return [_price(venue, level.price), str(int(level.quantity)), number(level.quantity, 3)]


def _level(venue: SimulatedKraken, level: Level) -> list[Any]:
    return [_price(venue, level.price), number(level.quantity, 3), venue.now() // 1000]
