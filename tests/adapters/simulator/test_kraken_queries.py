"""Finding orders and trades again: pages, filters, times, and what is not visible yet."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import BOUNDLESS, INTERMEDIATE, Candle, SimulatedKraken
from adapters.simulator.kraken_names import code, number_of, order_txid, pair_key
from tests.adapters.simulator.conftest import RawKraken

pytestmark = pytest.mark.anyio

D = Decimal
BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.001"}
LIMIT = BUY | {"ordertype": "limit", "price": "63000"}
FIRST = "OSIMUL-ORDER-000001"


async def test_closed_orders_come_in_pages_of_fifty(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.key_limits.tier = BOUNDLESS
    for number in range(53):
        await raw_kraken("AddOrder", **BUY, cl_ord_id=f"order {number}")

    first, second = await raw_kraken("ClosedOrders"), await raw_kraken("ClosedOrders", ofs=50)

    assert (first["count"], second["count"]) == (53, 53)
    assert [*first["closed"], *second["closed"]] == [order_txid(number) for number in range(53, 0, -1)]
    assert "count" not in await raw_kraken("ClosedOrders", without_count="true")
    assert list((await raw_kraken("ClosedOrders", cl_ord_id="order 3"))["closed"]) == ["OSIMUL-ORDER-000004"]
    history = await raw_kraken("TradesHistory", ofs=50)
    assert (history["count"], len(history["trades"])) == (53, 3)


class Clock:
    time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(kraken: SimulatedKraken, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kraken, "_clock", clock)
    monkeypatch.setattr(kraken.market, "_clock", clock)
    return clock


async def test_closed_orders_by_time(raw_kraken: RawKraken, clock: Clock) -> None:
    """The first rests for ten seconds, the second is filled in between."""
    start = clock.time
    await raw_kraken("AddOrder", **LIMIT)
    clock.time += 4
    await raw_kraken("AddOrder", **BUY)
    clock.time += 6
    await raw_kraken("CancelOrder", txid=FIRST)

    async def found(**params: Any) -> list[str]:
        return [txid[-1] for txid in (await raw_kraken("ClosedOrders", **params))["closed"]]

    assert await found() == ["1", "2"]
    assert await found(start=start + 4) == ["1"]  # exclusive
    assert await found(start=start + 3.9) == ["1", "2"]
    assert await found(end=start + 4) == ["1", "2"]  # inclusive: the first was opened before
    assert await found(end=start + 4, closetime="close") == ["2"]
    assert await found(start=start, closetime="open") == ["2"]
    assert await found(start=FIRST, closetime="open") == ["2"]
    assert await found(start=start + 10) == []
    assert await raw_kraken("ClosedOrders", closetime="never") == "EGeneral:Invalid arguments:closetime"


async def test_open_orders_by_reference(raw_kraken: RawKraken) -> None:
    await raw_kraken("AddOrder", **LIMIT, userref=7)
    await raw_kraken("AddOrder", **LIMIT, cl_ord_id="mine")

    async def found(**params: Any) -> list[str]:
        return [txid[-1] for txid in (await raw_kraken("OpenOrders", **params))["open"]]

    assert await found() == ["2", "1"]
    assert await found(userref=7) == ["1"]
    assert await found(cl_ord_id="mine") == ["2"]
    assert await found(cl_ord_id="other") == []


async def test_orders_by_id(raw_kraken: RawKraken) -> None:
    """References narrow the ids down; they do not replace them."""
    for reference in (7, 8):
        await raw_kraken("AddOrder", **BUY, userref=reference)
    both = f"{FIRST}, OSIMUL-ORDER-000002"

    assert len(await raw_kraken("QueryOrders", txid=both)) == 2
    assert list(await raw_kraken("QueryOrders", txid=both, userref=7)) == [FIRST]
    assert await raw_kraken("QueryOrders", txid=both, cl_ord_id="x") == {}
    assert await raw_kraken("QueryOrders", userref=7) == "EGeneral:Invalid arguments:txid"
    assert await raw_kraken("QueryOrders", txid="OSIMUL-ORDER-000003") == "EOrder:Unknown order"
    assert await raw_kraken("QueryOrders", txid=",".join([FIRST] * 21)) == "EGeneral:Invalid arguments:txid"
    assert "trades" not in (await raw_kraken("QueryOrders", txid=FIRST))[FIRST]


async def test_trades_by_id(raw_kraken: RawKraken) -> None:
    await raw_kraken("AddOrder", **BUY | {"volume": "0.06"})
    (row,) = (await raw_kraken("QueryOrders", txid=FIRST, trades="true")).values()

    trades = await raw_kraken("QueryTrades", txid=",".join(row["trades"]))

    assert [trade["vol"] for trade in trades.values()] == ["0.05000000", "0.01000000"]
    assert {trade["ordertxid"] for trade in trades.values()} == {FIRST}
    assert sum(D(trade["fee"]) for trade in trades.values()) == D(row["fee"])
    assert await raw_kraken("QueryTrades", txid="TSIMUL-TRADE-000009") == "EQuery:Unknown trade"


async def test_a_new_order_stays_invisible_for_a_while(
    raw_kraken: RawKraken, kraken: SimulatedKraken, clock: Clock
) -> None:
    """In none of the queries, with all that it made; its money and its cancel know better."""
    kraken.faults.unseen = 3
    await raw_kraken("AddOrder", **BUY, **{"close[ordertype]": "stop-loss", "close[price]": "62000"})

    async def seen() -> tuple[int, int, Any]:
        closed, opened = await raw_kraken("ClosedOrders"), await raw_kraken("OpenOrders")
        return closed["count"], len(opened["open"]), await raw_kraken("QueryOrders", txid=FIRST)

    assert await seen() == (0, 0, "EOrder:Unknown order")
    assert (await raw_kraken("BalanceEx"))["XXBT"] == {"balance": "0.00100000", "hold_trade": "0.00100000"}
    clock.time += 2.9
    assert (await seen())[:2] == (0, 0)
    clock.time += 0.2
    assert (await seen())[:2] == (1, 1)


async def test_or_for_some_queries(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.faults.blind = 2
    await raw_kraken("AddOrder", **LIMIT, cl_ord_id="mine")

    counts = [len((await raw_kraken("OpenOrders", cl_ord_id="mine"))["open"]) for _ in range(3)]

    assert counts == [0, 0, 1]


async def test_rewards_move_the_balance_away(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **{"close[ordertype]": "stop-loss", "close[price]": "62000"})
    kraken.auto_earn = True

    balances = await raw_kraken("BalanceEx")

    assert balances["XXBT"] == {"balance": "0.00000000", "hold_trade": "0.00100000"}
    assert balances["XBT.F"] == {"balance": "0.00100000", "hold_trade": "0.00000000"}


async def test_the_public_tape(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    start = (await raw_kraken.get("Trades", pair="XBTUSDT"))["last"]
    for price in (64100, 63900, 64000):
        kraken.move(D(price))

    fresh = await raw_kraken.get("Trades", pair="XBTUSDT", since=start)
    rows = fresh["XBTUSDT"]

    assert [(row[0], row[3]) for row in rows] == [("64100.00000", "b"), ("63900.00000", "s"), ("64000.00000", "b")]
    assert (await raw_kraken.get("Trades", pair="XBTUSDT", since=fresh["last"]))["XBTUSDT"] == []
    assert (await raw_kraken.get("Trades", pair="XBTUSDT", since=start, count=1))["XBTUSDT"] == rows[:1]
    candle = (await raw_kraken.get("OHLC", pair="XBTUSDT", interval=1440))["XBTUSDT"][-1]
    assert candle[1:5] == ["64000.0", "64100.0", "63900.0", "64000.0"]
    assert await raw_kraken.get("OHLC", pair="XBTUSDT", interval=2) == "EGeneral:Invalid arguments:interval"
    kraken.candles.append(Candle(1_700_000_100_000, D(1), D(3), D(1), D(2), D(5)))
    assert (await raw_kraken.get("OHLC", pair="XBTUSDT", interval=5))["XBTUSDT"] == [
        [1_700_000_100, "1.0", "3.0", "1.0", "2.0", "2.0", "5.00000000", 1]
    ]


def test_names() -> None:
    assert (code("BTC"), code("USDT"), code("USD"), code("SOL")) == ("XXBT", "USDT", "ZUSD", "SOL")
    assert (pair_key("BTC", "USDT"), pair_key("BTC", "USD"), pair_key("SOL", "EUR")) == (
        "XBTUSDT",
        "XXBTZUSD",
        "SOLEUR",
    )
    assert [number_of(text) for text in ("OSIMUL-ORDER-000012", "OAAAAA-BBBBB-CCCCCC", "x")] == [12, 0, None]
    assert INTERMEDIATE.orders == 125
