"""The control surface, and where it does not exist."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.simulator import Phase, SimulatedExchange, serve
from adapters.simulator.server import _is_loopback
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


async def test_the_price(raw: RawClient, venue: SimulatedExchange) -> None:
    assert (await raw.http.put("/control/price", json={"price": "65000.5"})).json() == {"price": "65000.5"}
    assert venue.market.price == Decimal("65000.5")
    assert (await raw.http.get("/api/v3/ticker/price?symbol=BTCUSDT")).json()["price"] == "65000.50000000"


async def test_deposits_and_withdrawals(raw: RawClient, venue: SimulatedExchange) -> None:
    await raw.http.post("/control/transfers", json={"asset": "BTC", "amount": "0.5"})
    answer = await raw.http.post("/control/transfers", json={"asset": "USDT", "amount": "-9000"})
    refused = await raw.http.post("/control/transfers", json={"asset": "USDT", "amount": "-1000.01"})

    assert answer.json() == (await raw.http.get("/control/balances")).json()
    assert answer.json()["USDT"] == {"total": "1000", "free": "1000", "locked": "0"}
    assert (refused.status_code, refused.json()) == (400, {"error": "insufficient balance"})
    assert venue.balances() == {"BTC": Decimal("0.5"), "USDT": Decimal(1000)}


async def test_a_test_network_begins_anew(raw: RawClient, venue: SimulatedExchange) -> None:
    await raw("POST", "order", **BUY, newClientOrderId="entry")
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.009", "stopPrice": "62000"}
    await raw("POST", "order", **stop)

    answer = await raw.http.post("/control/wipe", json={"balances": {"BTC": "1", "USDT": "10000"}})

    assert answer.json()["BTC"] == {"total": "1", "free": "1", "locked": "0"}
    assert venue.balances() == {"BTC": Decimal(1), "USDT": Decimal(10000)}
    assert (await raw("GET", "openOrders", symbol="BTCUSDT")).json() == []
    assert (await raw("GET", "myTrades", symbol="BTCUSDT")).json() == []
    forgotten = await raw("GET", "order", symbol="BTCUSDT", origClientOrderId="entry")
    assert (forgotten.status_code, forgotten.json()["code"]) == (400, -2013)
    assert (await raw("POST", "order", **BUY)).json()["status"] == "FILLED"  # the key is still good


async def test_a_human_trades_on_the_same_account(raw: RawClient) -> None:
    order = (await raw.http.post("/control/trades", json={"side": "BUY", "quantity": "0.01"})).json()

    assert order["client_id"].startswith("web_")
    assert (await raw("GET", "order", symbol="BTCUSDT", orderId=order["id"])).json()["status"] == "FILLED"


async def test_faults(raw: RawClient) -> None:
    fault: dict[str, Any] = {
        "method": "POST",
        "path": "/api/v3/order",
        "answer": {"code": -1003, "message": "Slow down.", "status": 418, "headers": {"Retry-After": "120"}},
        "execution": "never",
    }
    await raw.http.post("/control/faults", json=fault)
    await raw.http.post("/control/faults", json={"method": "GET", "path": "*", "answer": "html 502"})
    await raw.http.delete("/control/faults")
    await raw.http.post("/control/faults", json=fault)
    impossible = await raw.http.post("/control/faults", json=fault | {"answer": "honest"})

    banned, bought = await raw("POST", "order", **BUY), await raw("POST", "order", **BUY)

    assert (banned.status_code, banned.headers["Retry-After"]) == (418, "120")
    assert bought.json()["status"] == "FILLED"
    assert impossible.status_code == 400
    assert (await raw.http.get("/control/faults")).json() == []


async def test_conditions(raw: RawClient, venue: SimulatedExchange) -> None:
    wanted = {"status": "BREAK", "skew": 2.5, "blind": 3, "thin": "0.001", "max_weight": 100}
    await raw.http.put("/control/conditions", json=wanted)
    await raw.http.put("/control/conditions", json={"blind": 4})

    assert (venue.market.state.phase, venue.skew, venue.faults.blind) == (Phase.BREAK, 2.5, 4)
    assert (venue.market.thin, venue.limits.max_weight) == (Decimal("0.001"), 100)


async def test_the_venue_takes_an_order_away(raw: RawClient) -> None:
    await raw("POST", "order", **BUY)
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.009", "stopPrice": "62000"}
    await raw("POST", "order", **stop)

    gone = await raw.http.post("/control/cancels", json={"order_id": 2})
    again = await raw.http.post("/control/cancels", json={"order_id": 2})

    assert gone.json()[0]["status"] == "EXPIRED"
    assert again.json() == {"error": "no such open order"}


async def test_the_books(raw: RawClient) -> None:
    await raw("POST", "order", **BUY)

    books = (await raw.http.get("/control/ledger")).json()

    assert [order["status"] for order in books["orders"]] == ["FILLED"]
    assert books["fills"][0]["commission"] == "0.00001000"
    assert [event["kind"] for event in books["events"]] == ["transfer", "accepted", "fill", "filled"]
    assert books["balances"]["BTC"]["total"] == "0.00999000"
    assert books["naked"]["total"] >= 0


async def test_what_cannot_be_controlled(raw: RawClient) -> None:
    assert (await raw.http.get("/control/weather")).status_code == 404
    assert (await raw.http.put("/control/price", json={"price": "high"})).status_code == 400


def test_only_loopback_addresses_are_controlled() -> None:
    assert [_is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.4", "venue")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


async def test_an_open_server_has_no_controls(venue: SimulatedExchange) -> None:
    async with serve(venue, "0.0.0.0") as url:
        reachable = url.replace("0.0.0.0", "127.0.0.1")
        async with httpx.AsyncClient(base_url=reachable) as http:
            assert (await http.get("/api/v3/ping")).status_code == 200
            assert (await http.get("/control/price")).status_code == 404


async def test_a_taken_port_is_an_error(url: str, venue: SimulatedExchange) -> None:
    with pytest.raises(OSError, match="in use"):
        async with serve(venue, port=int(url.rsplit(":", 1)[1])):
            pass
