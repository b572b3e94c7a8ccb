"""What the venues' public answers mean, by the examples of their own documentation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.paper.binance import Binance
from adapters.paper.kraken import Kraken
from adapters.paper.source import Source, Terms
from adapters.paper.wire import Away, Wire
from adapters.simulator import FeeIn, OrderType, Phase, Trade
from adapters.simulator.http import Reply, Request
from adapters.simulator.server import listen

pytestmark = pytest.mark.anyio
D = Decimal

SYMBOL = {  # rest-api.md, "Exchange information", with the filters of BTCUSDT as filters.md spells them
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"],
    "filters": [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01000000",
            "maxPrice": "1000000.00000000",
            "tickSize": "0.01000000",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "139.54", "stepSize": "0.00000000"},
        {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "4",
            "askMultiplierDown": "0.3",
            "avgPriceMins": 5,
        },
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000.00000000"},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ],
}
AGG_TRADES = [  # rest-api.md, "Compressed/Aggregate trades list"
    {
        "a": 26129,
        "p": "0.01633102",
        "q": "4.70443515",
        "f": 27781,
        "l": 27781,
        "T": 1498793709153,
        "m": True,
        "M": True,
    }
]
DEPTH = {  # rest-api.md, "Order book"
    "lastUpdateId": 1027024,
    "bids": [["4.00000000", "431.00000000"]],
    "asks": [["4.00000200", "12.00000000"]],
}
PAIR = {  # "Get Tradable Asset Pairs"
    "altname": "XBTUSDT",
    "wsname": "XBT/USDT",
    "base": "XXBT",
    "quote": "USDT",
    "pair_decimals": 1,
    "cost_decimals": 5,
    "lot_decimals": 8,
    "fees": [[0, 0.4], [10000, 0.35]],
    "fees_maker": [[0, 0.25], [10000, 0.2]],
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
TRADES = {  # "Get Recent Trades"
    "XBTUSDT": [
        ["30243.40000", "0.34507674", 1688669597.8277369, "b", "m", "", 61044952],
        ["30243.30000", "0.00376960", 1688669598.2804112, "s", "l", "", 61044953],
    ],
    "last": "1688671969993150842",
}
BOOK = {  # "Get Order Book"
    "XBTUSDT": {
        "asks": [["30384.10000", "2.059", 1688671659], ["30387.90000", "1.500", 1688671380]],
        "bids": [["30297.00000", "1.115", 1688671636], ["30296.70000", "2.002", 1688671674]],
    }
}


class Canned:
    """Answers by path; remembers what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.asked = answers, list[str]()

    async def handle(self, request: Request) -> Reply:
        self.asked.append(f"{request.path}?{request.query.decode()}")
        return Reply.json(self.answers[request.path.rsplit("/", 1)[1]])


@asynccontextmanager
async def source(venue: type[Binance] | type[Kraken], answers: dict[str, Any]) -> AsyncIterator[tuple[Source, Canned]]:
    canned = Canned(answers)
    async with listen({"/": canned}, "127.0.0.1", 0) as url:
        wire = Wire(url, 2.0)
        yield venue(wire, "BTC/USDT"), canned
        await wire.close()


async def terms(venue: type[Binance] | type[Kraken], answers: dict[str, Any]) -> Terms:
    async with source(venue, answers) as (found, _):
        return await found.terms()


def kraken(result: Any) -> dict[str, Any]:
    return {"error": [], "result": result}


async def test_binance_tells_its_filters_and_everybody_pays_the_standard_fee() -> None:
    found = await terms(Binance, {"exchangeInfo": {"symbols": [SYMBOL]}})
    rules = found.rules
    assert (rules.tick, rules.lot, rules.min_quantity, rules.min_notional) == (D("0.01"), D("0.00001"), D("0.00001"), 5)
    assert (rules.max_quantity, rules.market_max_quantity) == (9000, D("139.54"))
    assert (rules.multiplier_up, rules.multiplier_down) == (4, D("0.3"))
    assert OrderType.STOP_LOSS in rules.order_types
    assert (found.fees.taker, found.fees.charged_in, found.phase) == (D("0.001"), FeeIn.RECEIVED, Phase.TRADING)


@pytest.mark.parametrize(
    ("status", "phase"), [("TRADING", Phase.TRADING), ("HALT", Phase.HALT), ("BREAK", Phase.BREAK), ("?", Phase.BREAK)]
)
async def test_binance_tells_whether_it_trades(status: str, phase: Phase) -> None:
    assert (await terms(Binance, {"exchangeInfo": {"symbols": [SYMBOL | {"status": status}]}})).phase is phase


async def test_binance_tells_trades_and_book() -> None:
    async with source(Binance, {"aggTrades": AGG_TRADES, "depth": DEPTH}) as (found, canned):
        page = await found.since("26128")
        assert page.trades == (Trade(D("0.01633102"), D("4.70443515"), 1498793709153),)
        assert (page.cursor, page.last) == ("26129", True)
        assert (await found.newest()).cursor == "26129"
        book = await found.book(100)
        assert (book.bids[0].price, book.asks[0].quantity) == (D(4), D(12))
        assert canned.asked == [
            "/api/v3/aggTrades?symbol=BTCUSDT&limit=1000&fromId=26129",
            "/api/v3/aggTrades?symbol=BTCUSDT&limit=1",
            "/api/v3/depth?symbol=BTCUSDT&limit=100",
        ]


async def test_kraken_tells_its_minimums_and_its_lowest_tier() -> None:
    online = {"SystemStatus": kraken({"status": "online"}), "AssetPairs": kraken({"XBTUSDT": PAIR})}
    found = await terms(Kraken, online)
    assert found.pair is not None
    assert (found.pair.order_min, found.pair.cost_min, found.pair.price_decimals) == (D("0.00005"), D("0.5"), 1)
    assert (found.rules.tick, found.rules.lot) == (D("0.1"), D("0.00000001"))
    assert (found.fees.taker, found.fees.maker) == (D("0.004"), D("0.0025"))
    assert (found.fees.charged_in, found.phase) == (FeeIn.QUOTE, Phase.TRADING)


@pytest.mark.parametrize(
    ("system", "pair", "phase"),
    [
        ("online", "cancel_only", Phase.CANCEL_ONLY),
        ("post_only", "online", Phase.CANCEL_ONLY),
        ("maintenance", "online", Phase.HALT),
        ("online", "delisted", Phase.HALT),
    ],
)
async def test_kraken_tells_whether_it_trades(system: str, pair: str, phase: Phase) -> None:
    answers = {"SystemStatus": kraken({"status": system}), "AssetPairs": kraken({"XBTUSDT": PAIR | {"status": pair}})}
    assert (await terms(Kraken, answers)).phase is phase


async def test_kraken_tells_trades_and_book() -> None:
    async with source(Kraken, {"Trades": kraken(TRADES), "Depth": kraken(BOOK)}) as (found, canned):
        page = await found.since("1688669597000000000")
        assert page.trades[0] == Trade(D("30243.4"), D("0.34507674"), 1688669597827)
        assert (len(page.trades), page.cursor, page.last) == (2, "1688671969993150842", True)
        assert [trade.price for trade in (await found.newest()).trades] == [D("30243.3")]
        book = await found.book(100)
        assert [level.price for level in book.bids] == [D("30297.0"), D("30296.7")]
        assert [level.price for level in book.asks] == [D("30384.1"), D("30387.9")]
        assert canned.asked[0] == "/0/public/Trades?pair=XBTUSDT&since=1688669597000000000&count=1000"


async def test_a_rate_limit_of_kraken_brings_silence() -> None:
    limited = {"error": ["EGeneral:Too many requests"]}
    async with source(Kraken, {"Depth": limited}) as (found, canned):
        for _ in range(3):
            with pytest.raises(Away):
                await found.book(100)
        assert len(canned.asked) == 1


async def test_a_sides_order_is_ours_to_see_to() -> None:
    shuffled = {"bids": [["3", "1"], ["4", "1"], ["5", "0"]], "asks": [["7", "1"], ["6", "1"]]}
    async with source(Binance, {"depth": shuffled}) as (found, _):
        book = await found.book(100)
        assert [level.price for level in book.bids] == [4, 3]
        assert [level.price for level in book.asks] == [6, 7]
