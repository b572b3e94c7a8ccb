"""Answers have the shape of the examples in Kraken's public documentation (docs.kraken.com, 2026).

The examples are quoted, each with the name of its page, and reduced where they repeat themselves. The documentation
writes `"refid": "None"` where the venue itself answers null (as ccxt's captured answers do), and numbers in "Get
Extended Balance" whose schema says string. Ticker and candle are live answers that public tutorials quote.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import SimulatedKraken
from tests.adapters.simulator.conftest import RawKraken

pytestmark = pytest.mark.anyio

BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.01"}
STOP = {"close[ordertype]": "stop-loss-limit", "close[price]": "22000", "close[price2]": "21000"}
ENTRY = "OSIMUL-ORDER-000001"

OPEN_ORDER = {  # page "Get Open Orders"
    "refid": None, "userref": 0, "status": "open", "opentm": 1688666559.8974, "starttm": 0, "expiretm": 0,
    "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30010.0", "price2": "0",
              "leverage": "none", "order": "buy 1.25000000 XBTUSD @ limit 30010.0", "close": ""},
    "vol": "1.25000000", "vol_exec": "0.37500000", "cost": "11253.7", "fee": "0.00000", "price": "30010.0",
    "stopprice": "0.00000", "limitprice": "0.00000", "misc": "", "oflags": "fciq",
}  # fmt: skip
CLOSED_ORDER = OPEN_ORDER | {  # page "Get Closed Orders"
    "status": "canceled", "reason": "User requested", "closetm": 1688148610.0482, "vol_exec": "0.00000000",
    "cost": "0.00000", "price": "0.00000", "trigger": "index",
}  # fmt: skip
FILLED_ORDER = OPEN_ORDER | {  # page "Query Orders Info"
    "status": "closed", "reason": None, "closetm": 1688592012.2335, "cost": "7500.0", "fee": "7.5",
    "trades": ["TJUW2K-FLX2N-AR2FLU"],
}  # fmt: skip
TRADE = {  # pages "Get Trades History" and "Query Trades Info"
    "ordertxid": "OQCLML-BW3P3-BUCMWZ", "postxid": "TKH2SE-M7IF5-CFI7LT", "pair": "XXBTZUSD",
    "time": 1688667796.8802, "type": "buy", "ordertype": "limit", "price": "30010.00000", "cost": "600.20000",
    "fee": "0.00000", "vol": "0.02000000", "margin": "0.00000", "misc": "", "trade_id": 40274859, "maker": True,
}  # fmt: skip
ADDED = {  # page "Add Order"
    "descr": {"order": "buy 2.12340000 XBTUSD @ limit 25000.1 with 2:1 leverage",
              "close": "close position @ stop loss 22000.0 -> limit 21000.0"},
    "txid": ["OUF4EM-FRGI2-MQMWZD"],
}  # fmt: skip
BALANCE = {"balance": "1.2435", "hold_trade": "0.8423"}  # page "Get Extended Balance"
KEY = {  # page "Get API Key Info"
    "apiKeyName": "my-api-key", "apiKey": "4/SDrDBcOOPnm3nPlNfEMMJDeRcIVqPz+QhRxIodyZbI9po/aVRiHsgX",
    "nonce": "1772627060997", "nonceWindow": 0, "permissions": ["query-funds"], "iban": "AA88 N84G WOAK NMOI",
    "validUntil": "0", "queryFrom": "0", "queryTo": "0", "createdTime": "1772542900", "modifiedTime": "1772543095",
    "ipAllowlist": [], "lastUsed": "1772627061",
}  # fmt: skip
TICKER = {
    "a": ["88.20000", "9", "9.000"], "b": ["88.17000", "1", "1.000"], "c": ["88.18000", "0.09845347"],
    "v": ["1321.22565785", "8420.61996026"], "p": ["90.48963", "91.10142"], "t": [594, 1345],
    "l": ["87.87000", "87.87000"], "h": ["92.41000", "93.04000"], "o": "92.01000",
}  # fmt: skip
CANDLE = [1773104400, "69163.2", "69369.6", "68814.5", "69281.8", "69093.2", "43.79815546", 2242]
LEVEL = ["7590.00000", "0.013", 1525271993]
ASSET = {"aclass": "currency", "altname": "USDT", "decimals": 8, "display_decimals": 4}  # "API symbols and tickers"


def same_shape(example: Any, given: Any, where: str = "") -> None:
    """All that is documented is there, with the same JSON type. A number in a string must be one."""
    if example is None:
        assert given is None or isinstance(given, str), where
    elif isinstance(example, Mapping):
        assert isinstance(given, dict), where
        assert set(example) <= set(given), f"{where}: {set(example) - set(given)}"
        for name, value in example.items():
            same_shape(value, given[name], f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(given, list), where
        assert not example or len(example) == len(given), where
        for index, value in enumerate(example):
            same_shape(value, given[index], f"{where}[{index}]")
    elif isinstance(example, float | int) and not isinstance(example, bool):
        assert isinstance(given, float | int), where
    else:
        assert type(given) is type(example), where
        if isinstance(example, str) and example.replace(".", "").isdecimal():
            Decimal(given)


async def test_open_orders(raw_kraken: RawKraken) -> None:
    limit = BUY | {"ordertype": "limit", "price": "63000.0"}
    (txid,) = (await raw_kraken("AddOrder", **limit, userref=1))["txid"]

    row = (await raw_kraken("OpenOrders"))["open"][txid]

    same_shape(OPEN_ORDER, row)
    assert row["descr"]["order"] == "buy 0.01000000 XBTUSDT @ limit 63000.0"
    assert not {"closetm", "reason", "trigger", "cl_ord_id"} & set(row)


async def test_a_conditional_close(raw_kraken: RawKraken) -> None:
    """A stop tells its trigger in `descr.price`, and the order that it came from in `refid`."""
    added = await raw_kraken("AddOrder", **BUY, **STOP)
    same_shape(ADDED, added)
    assert added["descr"]["close"] == ADDED["descr"]["close"]  # type: ignore[index]

    (stop,) = (await raw_kraken("OpenOrders"))["open"].values()

    same_shape(CLOSED_ORDER | {"status": "open", "userref": None, "closetm": None, "reason": None}, {
        **stop, "closetm": None, "reason": None,
    })  # fmt: skip
    assert (stop["refid"], stop["descr"]["price"], stop["descr"]["price2"]) == (ENTRY, "22000.0", "21000.0")
    assert stop["descr"]["order"] == "sell 0.01000000 XBTUSDT @ stop loss 22000.0 -> limit 21000.0"


async def test_closed_orders_and_orders_by_id(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **STOP, userref=1)
    await raw_kraken("CancelOrder", txid="OSIMUL-ORDER-000002")

    closed = await raw_kraken("ClosedOrders")
    filled = (await raw_kraken("QueryOrders", txid=ENTRY, trades="true"))[ENTRY]

    same_shape({"count": 2}, closed)
    same_shape(CLOSED_ORDER | {"userref": None}, closed["closed"]["OSIMUL-ORDER-000002"])
    same_shape(FILLED_ORDER, filled)
    assert filled["descr"]["close"] == "close position @ stop loss 22000.0 -> limit 21000.0"
    assert filled["opentm"] == kraken.market.state.orders[1].created / 1000


async def test_trades(raw_kraken: RawKraken) -> None:
    await raw_kraken("AddOrder", **BUY)

    history = (await raw_kraken("TradesHistory"))["trades"]

    same_shape(TRADE, history["TSIMUL-TRADE-000001"])
    assert await raw_kraken("QueryTrades", txid="TSIMUL-TRADE-000001") == history


async def test_money_and_key(raw_kraken: RawKraken) -> None:
    balances = await raw_kraken("BalanceEx")

    same_shape({"XXBT": BALANCE, "USDT": BALANCE}, balances)
    same_shape(KEY | {"permissions": []}, await raw_kraken("GetApiKeyInfo"))
    fees = {"fee": "0.1000", "minfee": "0.1000", "maxfee": "0.2600", "nextfee": "0.2400", "tiervolume": "0.0000"}
    volume = {"currency": "ZUSD", "volume": "200.1", "fees": {"XBTUSDT": fees}, "fees_maker": {"XBTUSDT": fees}}
    same_shape(volume, await raw_kraken("TradeVolume", pair="XBTUSDT"))


async def test_public_data(raw_kraken: RawKraken) -> None:
    same_shape({"unixtime": 1616336594, "rfc1123": "Sun, 21 Mar 21 14:23:14 +0000"}, await raw_kraken.get("Time"))
    same_shape({"status": "online", "timestamp": "2023-07-06T18:52:00Z"}, await raw_kraken.get("SystemStatus"))
    same_shape({"XXBT": ASSET, "USDT": ASSET}, await raw_kraken.get("Assets"))
    same_shape(TICKER, (await raw_kraken.get("Ticker", pair="XBTUSDT"))["XBTUSDT"])
    same_shape(LEVEL, (await raw_kraken.get("Depth", pair="XBTUSDT", count=1))["XBTUSDT"]["asks"][0])
    same_shape(CANDLE, (await raw_kraken.get("OHLC", pair="XBTUSDT"))["XBTUSDT"][0])


async def test_the_pair_is_the_real_one(raw_kraken: RawKraken) -> None:
    """XBTUSDT as AssetPairs told in November 2025, page "Get Tradable Asset Pairs"."""
    pair = (await raw_kraken.get("AssetPairs", pair="XBT/USDT"))["XBTUSDT"]

    assert {name: pair[name] for name in ("altname", "wsname", "base", "quote", "lot", "status")} == {
        "altname": "XBTUSDT", "wsname": "XBT/USDT", "base": "XXBT", "quote": "USDT", "lot": "unit", "status": "online",
    }  # fmt: skip
    assert (pair["pair_decimals"], pair["lot_decimals"], pair["cost_decimals"], pair["tick_size"]) == (1, 8, 5, "0.1")
    assert (pair["ordermin"], pair["costmin"]) == ("0.00005", "0.5")
    assert (pair["fees"][0], pair["fees_maker"][0]) == ([0, 0.4], [0, 0.25])
