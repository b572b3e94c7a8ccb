"""The bot's own client library, ccxt, over real HTTP."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest

from adapters.simulator import SimulatedKraken, Status

pytestmark = pytest.mark.anyio

D = Decimal
PAIR = "BTC/USDT"
ENTRY = "0" * 31 + "1"
EXIT = "0" * 31 + "2"
PROTECTED = {"clientOrderId": ENTRY, "oflags": "fciq", "close": {"ordertype": "stop-loss", "price": "62720.0"}}


async def test_markets_carry_the_venues_rules(kraken_client: Any) -> None:
    market = kraken_client.market(PAIR)

    assert (market["id"], market["base"], market["quote"]) == ("XBTUSDT", "BTC", "USDT")
    assert (market["info"]["wsname"], market["info"]["base"]) == ("XBT/USDT", "XXBT")
    assert market["active"]
    assert (market["precision"]["amount"], market["precision"]["price"]) == (1e-08, 0.1)
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (5e-05, 0.5)
    assert (market["taker"], market["maker"]) == (0.004, 0.0025)


async def test_a_buy_receives_all_it_bought_and_pays_its_fee_in_quote(
    kraken_client: Any, kraken: SimulatedKraken
) -> None:
    placed = await kraken_client.create_order(PAIR, "market", "buy", 0.05, None, PROTECTED)
    order = await kraken_client.fetch_order(placed["id"], PAIR)

    assert (placed["status"], placed["clientOrderId"]) == (None, None)
    assert placed["info"]["descr"] == {
        "order": "buy 0.05000000 XBTUSDT @ market",
        "close": "close position @ stop loss 62720.0",
    }
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.05, 64000.0)
    assert (order["clientOrderId"], order["fee"]) == (ENTRY, {"cost": "12.80000", "rate": None, "currency": "USDT"})
    assert kraken.balances() == {"BTC": D("0.05"), "USDT": D("6787.2")}


async def test_a_whole_trade(kraken_client: Any, kraken: SimulatedKraken) -> None:
    entry = await kraken_client.create_order(PAIR, "market", "buy", 0.05, None, PROTECTED)
    stops = [order for order in await kraken_client.fetch_open_orders(PAIR) if order["info"]["refid"] == entry["id"]]

    assert [(stop["amount"], stop["stopLossPrice"], stop["type"]) for stop in stops] == [(0.05, 62720.0, "market")]
    assert (await kraken_client.fetch_balance())["BTC"] == {"free": 0.0, "used": 0.05, "total": 0.05}
    with pytest.raises(ccxt.InsufficientFunds):
        await kraken_client.create_order(PAIR, "market", "sell", 0.05)

    await kraken_client.cancel_order(stops[0]["id"])
    await kraken_client.create_order(PAIR, "market", "sell", 0.05, None, {"clientOrderId": EXIT})
    sold = (await kraken_client.fetch_closed_orders(PAIR, None, None, {"clientOrderId": EXIT}))[0]
    stop = await kraken_client.fetch_order(stops[0]["id"], PAIR)

    assert (stop["status"], stop["filled"], stop["info"]["reason"]) == ("canceled", 0.0, "User requested")
    assert (sold["status"], sold["filled"]) == ("closed", 0.05)
    assert kraken.balances() == {"BTC": D(0), "USDT": D("10000") - D("25.6")}
    assert not kraken.market.open_orders()


async def test_a_stop_that_triggers_sells_at_the_market(kraken_client: Any, kraken: SimulatedKraken) -> None:
    await kraken_client.create_order(PAIR, "market", "buy", 0.05, None, PROTECTED)
    kraken.move(D(62700))

    stop = next(order for order in await kraken_client.fetch_closed_orders(PAIR) if order["side"] == "sell")
    trades = await kraken_client.fetch_order_trades(
        stop["id"], PAIR, None, None, {"trades": [{"id": "TSIMUL-TRADE-000002"}]}
    )

    assert (stop["status"], stop["average"], stop["filled"]) == ("closed", 62700.0, 0.05)
    assert (stop["info"]["misc"], stop["info"]["reason"]) == ("stopped", None)
    assert trades[0]["fee"]["cost"] == 12.54
    assert kraken.naked().total == 0


async def test_a_stop_of_its_own(kraken_client: Any, kraken: SimulatedKraken) -> None:
    kraken.market.transfer("BTC", D("0.05"))
    placed = await kraken_client.create_order(PAIR, "market", "sell", 0.05, None, {"stopLossPrice": 60000})
    order = (await kraken_client.fetch_open_orders(PAIR))[0]

    assert placed["id"] == order["id"]
    assert order["info"]["descr"]["order"] == "sell 0.05000000 XBTUSDT @ stop loss 60000.0"
    assert (order["stopLossPrice"], order["info"]["refid"]) == (60000.0, None)
    await kraken_client.edit_order(order["id"], PAIR, "market", "sell", None, None, {"stopLossPrice": 61000})
    assert kraken.market.state.orders[1].stop_price == 61000


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda c: c.create_order(PAIR, "market", "buy", 1), ccxt.InsufficientFunds),
        (lambda c: c.create_order(PAIR, "market", "buy", 0.00002), ccxt.InvalidOrder),
        (lambda c: c.fetch_order("OSIMUL-ORDER-000077", PAIR), ccxt.InvalidOrder),
        (lambda c: c.cancel_order("OSIMUL-ORDER-000077", PAIR), ccxt.InvalidOrder),
        (lambda c: c.create_order(PAIR, "stop-loss", "sell", 0.01, 60000), ccxt.InvalidOrder),  # drops the price
    ],
)
async def test_ccxt_understands_the_refusals(kraken_client: Any, make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        await make(kraken_client)


async def test_the_price_of_a_close_is_sent_as_it_was_given(kraken_client: Any, kraken: SimulatedKraken) -> None:
    """ccxt rounds a copy of it and sends the original."""
    close = {"ordertype": "stop-loss", "price": 62720.04}

    with pytest.raises(ccxt.ExchangeError, match="up to 1 decimals"):
        await kraken_client.create_order(PAIR, "market", "buy", 0.05, None, {"close": close})

    assert not kraken.market.state.orders


async def test_every_reading_call_a_bot_makes(kraken_client: Any, kraken: SimulatedKraken) -> None:
    await kraken_client.create_market_buy_order_with_cost(PAIR, 100)
    kraken.move(D(64100))

    assert abs(await kraken_client.fetch_time() - kraken.now()) < 2000
    assert (await kraken_client.fetch_status())["status"] == "ok"
    assert (await kraken_client.fetch_ticker(PAIR))["last"] == 64100.0
    assert len((await kraken_client.fetch_order_book(PAIR, 5))["bids"]) == 5
    assert [trade["price"] for trade in await kraken_client.fetch_trades(PAIR)] == [64000.0, 64100.0]
    assert (await kraken_client.fetch_ohlcv(PAIR, "1m"))[-1][4] == 64100.0
    assert (await kraken_client.fetch_trading_fee(PAIR))["taker"] == 0.4 / 100
    assert (await kraken_client.fetch_my_trades(PAIR))[0]["amount"] == 0.0015625
    assert (await kraken_client.private_post_getapikeyinfo())["result"]["apiKeyName"] == "simulated"
    assert await kraken_client.fetch_open_orders(PAIR) == []
    order = (await kraken_client.fetch_closed_orders(PAIR))[0]
    assert (order["amount"], order["filled"]) == (0.0015625, 0.0015625)
    assert kraken.market.state.orders[1].status is Status.FILLED
