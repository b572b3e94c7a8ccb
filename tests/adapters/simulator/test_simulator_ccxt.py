"""The bot's own client library, ccxt, over real HTTP."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest

from adapters.simulator import SimulatedExchange, Status

pytestmark = pytest.mark.anyio

PAIR = "BTC/USDT"


def oco(client: Any, quantity: str, name: str = "a") -> dict[str, str]:
    return {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": quantity,
        "listClientOrderId": f"list-{name}",
        "newOrderRespType": "RESULT",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": "66000",
        "aboveClientOrderId": f"profit-{name}",
        "belowType": "STOP_LOSS",
        "belowStopPrice": "62720",
        "belowClientOrderId": f"stop-{name}",
    }


async def test_markets_carry_the_venues_rules(client: Any) -> None:
    market = client.market(PAIR)

    assert market["spot"]
    assert market["active"]
    assert (market["precision"]["amount"], market["precision"]["price"]) == (1e-05, 0.01)
    assert market["limits"]["cost"]["min"] == 5.0
    assert "STOP_LOSS" in market["info"]["orderTypes"]


async def test_a_buy_pays_its_commission_out_of_the_coins_it_receives(client: Any, venue: SimulatedExchange) -> None:
    order = await client.create_order(PAIR, "market", "buy", 0.05, None, {"clientOrderId": "entry-1"})

    assert order["status"] == "closed"
    assert order["average"] == 64000.0
    assert (order["fee"]["currency"], order["fee"]["cost"]) == ("BTC", 5e-05)
    assert venue.balances() == {"BTC": Decimal("0.04995"), "USDT": Decimal(6800)}


async def test_a_whole_trade(client: Any, venue: SimulatedExchange) -> None:
    await client.create_order(PAIR, "market", "buy", 0.05, None, {"clientOrderId": "entry-1"})
    placed = await client.privatePostOrderListOco(oco(client, "0.04995"))
    legs = client.parse_orders(placed["orderReports"], client.market(PAIR))

    assert {leg["clientOrderId"] for leg in legs} == {"profit-a", "stop-a"}
    assert venue.market.locked("BTC") == Decimal("0.04995")
    assert (await client.fetch_balance())["BTC"] == {"free": 0.0, "used": 0.04995, "total": 0.04995}

    venue.move(Decimal(62700))
    stop = await client.fetch_order(None, PAIR, {"clientOrderId": "stop-a"})
    profit = await client.fetch_order(None, PAIR, {"clientOrderId": "profit-a"})
    trades = await client.fetch_order_trades(stop["id"], PAIR)

    assert (stop["status"], stop["average"]) == ("closed", 62700.0)
    assert profit["status"] == "expired"
    assert trades[0]["fee"] == {"cost": 3.131865, "currency": "USDT"}
    assert venue.balances() == {"BTC": Decimal(0), "USDT": Decimal(6800) + Decimal("3131.865") * Decimal("0.999")}
    assert not venue.market.open_orders()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda c: c.create_order(PAIR, "market", "buy", 1), ccxt.InsufficientFunds),
        (lambda c: c.create_order(PAIR, "market", "buy", 0.00002), ccxt.BadRequest),
        (lambda c: c.fetch_order("77", PAIR), ccxt.OrderNotFound),
        (lambda c: c.cancel_order("77", PAIR), ccxt.OrderNotFound),
        (lambda c: c.privateGetOrderList({"origClientOrderId": "none"}), ccxt.ExchangeError),
    ],
)
async def test_ccxt_understands_the_refusals(client: Any, make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        await make(client)


async def test_every_reading_call_the_bot_makes(client: Any, venue: SimulatedExchange) -> None:
    await client.create_market_buy_order_with_cost(PAIR, 100)
    await client.privatePostOrderListOco(oco(client, "0.001"))

    assert await client.publicGetPing() == {}
    assert abs(await client.fetch_time() - venue.now()) < 1000
    assert (await client.fetch_ticker(PAIR))["last"] == 64000.0
    assert (await client.fetch_bids_asks([PAIR]))[PAIR]["bid"] == 64000.0
    assert len((await client.fetch_order_book(PAIR, 5))["bids"]) == 5
    assert (await client.privateGetAccountCommission({"symbol": "BTCUSDT"}))["standardCommission"][
        "taker"
    ] == "0.00100000"
    assert [order["type"] for order in await client.fetch_open_orders(PAIR)] == ["market", "limit"]
    assert len(await client.privateGetOpenOrderList()) == 1
    assert (await client.privateGetOrderList({"origClientOrderId": "list-a"}))["listOrderStatus"] == "EXECUTING"
    assert (await client.fetch_my_trades(PAIR))[0]["amount"] == 0.00156
    assert len(await client.fetch_orders(PAIR)) == 3
    assert await client.fetch_ohlcv(PAIR, "5m") == []


async def test_a_cancelled_leg_takes_its_list_along(client: Any, venue: SimulatedExchange) -> None:
    venue.market.transfer("BTC", Decimal("0.05"))
    await client.privatePostOrderListOco(oco(client, "0.05"))

    answer = await client.privateDeleteOrderList({"symbol": "BTCUSDT", "listClientOrderId": "list-a"})

    assert answer["listOrderStatus"] == "ALL_DONE"
    assert {report["origClientOrderId"] for report in answer["orderReports"]} == {"profit-a", "stop-a"}
    assert {order.status for order in venue.market.state.orders.values()} == {Status.CANCELED}
    assert venue.market.free("BTC") == Decimal("0.05")
    with pytest.raises(ccxt.OrderNotFound):
        await client.privateDeleteOrderList({"symbol": "BTCUSDT", "listClientOrderId": "list-a"})
