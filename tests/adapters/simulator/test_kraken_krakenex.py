"""An independent client library must be able to live on the simulator, or the simulator only flatters ours."""

import asyncio
from decimal import Decimal
from typing import Any

import krakenex  # type: ignore[import-untyped]
import pytest

from adapters.simulator import KRAKEN_ACCOUNT, SimulatedKraken

pytestmark = pytest.mark.anyio


def live(base: str) -> dict[str, Any]:
    """Buy, protect, look, unprotect, sell - all with the library's own methods."""
    client = krakenex.API(KRAKEN_ACCOUNT.api_key, KRAKEN_ACCOUNT.api_secret)
    client.uri = base
    nonces = iter(range(1, 1000))
    client._nonce = lambda: next(nonces)  # its own may repeat within a millisecond

    def ask(name: str, **data: Any) -> Any:
        answer = client.query_private(name, data)
        assert answer["error"] == [], answer
        return answer["result"]

    try:
        seen: dict[str, Any] = {"pairs": client.query_public("AssetPairs", {"pair": "XBTUSDT"})["result"]}
        seen["time"] = client.query_public("Time")["result"]
        order = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.12", "userref": 7}
        close = {"close[ordertype]": "stop-loss-limit", "close[price]": "62000", "close[price2]": "61900"}
        seen["validated"] = ask("AddOrder", **order, **close, validate=True)
        seen["bought"] = ask("AddOrder", **order, **close)
        seen["entry"] = ask("QueryOrders", txid=seen["bought"]["txid"][0], trades=True)
        seen["open"] = ask("OpenOrders")["open"]
        seen["held"] = ask("BalanceEx")["XXBT"]
        seen["cancels"] = [ask("CancelOrder", txid=txid) for txid in seen["open"]]
        seen["sold"] = ask("AddOrder", pair="XBT/USDT", type="sell", ordertype="market", volume="0.12")
        seen["closed"] = ask("ClosedOrders", userref=7)
        seen["trades"] = ask("TradesHistory")
        seen["balance"] = ask("Balance")
        seen["refusal"] = client.query_private("CancelOrder", {"txid": seen["bought"]["txid"][0]})
        return seen
    finally:
        client.close()


async def test_a_whole_life_with_krakenex(kraken_url: str, kraken: SimulatedKraken) -> None:
    seen = await asyncio.to_thread(live, kraken_url)
    entry_id = seen["bought"]["txid"][0]
    entry = seen["entry"][entry_id]

    assert seen["pairs"]["XBTUSDT"]["ordermin"] == "0.00005"
    assert "txid" not in seen["validated"]
    assert seen["validated"]["descr"]["close"] == "close position @ stop loss 62000.0 -> limit 61900.0"
    assert (entry["status"], entry["vol_exec"], entry["userref"]) == ("closed", "0.12000000", 7)
    assert len(entry["trades"]) == 3
    assert {row["refid"] for row in seen["open"].values()} == {entry_id}
    assert sorted(row["vol"] for row in seen["open"].values()) == ["0.02000000", "0.05000000", "0.05000000"]
    assert {row["descr"]["price2"] for row in seen["open"].values()} == {"61900.0"}
    assert seen["held"] == {"balance": "0.12000000", "hold_trade": "0.12000000"}
    assert seen["cancels"] == [{"count": 1}] * 3
    assert (list(seen["closed"]["closed"]), seen["closed"]["count"]) == ([entry_id], 1)
    assert seen["trades"]["count"] == 6
    assert seen["balance"] == {"XXBT": "0.00000000", "USDT": "9938.56000000"}
    assert seen["refusal"] == {"error": ["EOrder:Unknown order"]}
    assert kraken.balances() == {"BTC": Decimal(0), "USDT": Decimal("9938.56")}
