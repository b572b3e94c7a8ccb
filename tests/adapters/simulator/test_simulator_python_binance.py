"""An independent client library must be able to live on the simulator, or the simulator only flatters ours."""

import asyncio
import warnings
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import DEFAULT_ACCOUNT, SimulatedExchange, Status

pytestmark = pytest.mark.anyio


def connect(base: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library imports what is deprecated
        from binance.client import Client  # type: ignore[import-untyped]

        client = Client(DEFAULT_ACCOUNT.api_key, DEFAULT_ACCOUNT.api_secret, ping=False)
    client.API_URL = f"{base}/api"
    return client


def live(base: str) -> dict[str, Any]:
    """Buy, protect, look, unprotect, sell - all with the library's own methods."""
    loop = asyncio.new_event_loop()  # the library takes hold of one although it is used synchronously
    asyncio.set_event_loop(loop)
    client = connect(base)
    try:
        seen: dict[str, Any] = {"info": client.get_symbol_info("BTCUSDT")}
        seen["bought"] = client.order_market_buy(symbol="BTCUSDT", quantity="0.05", newClientOrderId="entry")
        seen["list"] = client.create_oco_order(
            symbol="BTCUSDT",
            side="SELL",
            quantity="0.04995",
            aboveType="LIMIT_MAKER",
            abovePrice="66000",
            belowType="STOP_LOSS_LIMIT",
            belowStopPrice="62720",
            belowPrice="62000",
            belowTimeInForce="GTC",
            belowClientOrderId="stop",
        )
        seen["stop"] = client.get_order(symbol="BTCUSDT", origClientOrderId="stop")
        seen["open"] = client.get_open_orders(symbol="BTCUSDT")
        seen["lists"] = client.get_open_oco_orders()
        seen["locked"] = client.get_asset_balance("BTC")
        seen["cancel"] = client.v3_delete_order_list(symbol="BTCUSDT", orderListId=seen["list"]["orderListId"])
        seen["sold"] = client.order_market_sell(symbol="BTCUSDT", quantity="0.04995")
        seen["trades"] = client.get_my_trades(symbol="BTCUSDT")
        seen["all"] = client.get_all_orders(symbol="BTCUSDT")
        return seen
    finally:
        client.session.close()
        loop.close()


async def test_a_whole_life_with_python_binance(url: str, venue: SimulatedExchange) -> None:
    seen = await asyncio.to_thread(live, url)

    assert seen["bought"]["fills"][0]["commissionAsset"] == "BTC"
    assert len(seen["list"]["orders"]) == 2
    assert (seen["stop"]["isWorking"], seen["stop"]["workingTime"]) == (False, -1)
    assert len(seen["open"]) == 2
    assert seen["lists"][0]["orderListId"] == seen["list"]["orderListId"]
    assert seen["locked"] == {"asset": "BTC", "free": "0.00000000", "locked": "0.04995000"}
    assert seen["cancel"]["listOrderStatus"] == "ALL_DONE"
    assert [order["status"] for order in seen["all"]] == ["FILLED", "CANCELED", "CANCELED", "FILLED"]
    assert len(seen["trades"]) == 2
    assert venue.balances() == {"BTC": Decimal(0), "USDT": Decimal(6800) + Decimal("3196.8") * Decimal("0.999")}
    assert [order.status for order in venue.market.state.orders.values()].count(Status.FILLED) == 2
