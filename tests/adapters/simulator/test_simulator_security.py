"""Who is let in: keys, signatures over the raw bytes, time windows, and how often."""

from typing import Any

import pytest

from adapters.simulator import SimulatedExchange
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

BUY = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"


def code(reply: Any) -> tuple[int, int]:
    return reply.status_code, reply.json()["code"]


async def test_query_and_body_are_signed_as_one(raw: RawClient, venue: SimulatedExchange) -> None:
    """Binance joins them without an ampersand in between."""
    query, body = "symbol=BTCUSDT&side=BUY&type=MARKET", f"quantity=0.01&timestamp={venue.now()}"

    reply = await raw.http.post(
        f"/api/v3/order?{query}",
        content=f"{body}&signature={raw.sign(query + body)}",
        headers=raw.headers,
    )

    assert reply.json()["status"] == "FILLED"


async def test_the_signature_covers_the_bytes_and_not_their_meaning(raw: RawClient, venue: SimulatedExchange) -> None:
    signed = f"{BUY}&newClientOrderId=a%2Db&timestamp={venue.now()}"
    sent = signed.replace("%2D", "-")

    same = await raw.http.post("/api/v3/order", content=f"{signed}&signature={raw.sign(signed)}", headers=raw.headers)
    other = await raw.http.post("/api/v3/order", content=f"{sent}&signature={raw.sign(signed)}", headers=raw.headers)

    assert same.json()["clientOrderId"] == "a-b"
    assert code(other) == (400, -1022)


async def test_a_wrong_secret(raw: RawClient) -> None:
    raw.secret = "another"

    assert code(await raw("GET", "account")) == (400, -1022)


async def test_no_signature(raw: RawClient) -> None:
    reply = await raw.http.get("/api/v3/account?timestamp=1", headers=raw.headers)

    assert code(reply) == (400, -1102)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, (401, -2014)), ({"X-MBX-APIKEY": "no such!"}, (401, -2014)), ({"X-MBX-APIKEY": "stranger"}, (401, -2015))],
)
async def test_a_wrong_key(raw: RawClient, headers: dict[str, str], expected: tuple[int, int]) -> None:
    raw.headers = headers

    assert code(await raw("GET", "account")) == expected


@pytest.mark.parametrize(
    ("age_ms", "params", "expected"),
    [
        (0, {}, None),
        (5200, {}, -1021),
        (5200, {"recvWindow": 6000}, None),
        (300, {"recvWindow": "100.5"}, -1021),
        (-1500, {}, -1021),
        (-500, {}, None),
        (0, {"recvWindow": 60001}, -1131),
    ],
)
async def test_the_time_window(
    raw: RawClient, venue: SimulatedExchange, age_ms: int, params: dict[str, Any], expected: int | None
) -> None:
    reply = await raw("GET", "account", timestamp=venue.now() - age_ms, **params)

    assert reply.json().get("code") == expected


async def test_a_venue_whose_clock_is_off(raw: RawClient, venue: SimulatedExchange) -> None:
    mine = venue.now()
    venue.skew = 60

    assert code(await raw("GET", "account", timestamp=mine)) == (400, -1021)
    assert (await raw.http.get("/api/v3/time")).json()["serverTime"] >= mine + 60_000


async def test_the_timestamp_is_mandatory(raw: RawClient) -> None:
    reply = await raw("GET", "account", timestamp="")

    assert reply.json() == {
        "code": -1102,
        "msg": "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.",
    }


async def test_weight_is_counted_and_limited(raw: RawClient, venue: SimulatedExchange) -> None:
    first = await raw.http.get("/api/v3/ping")
    venue.limits.max_weight = 10

    second = await raw("GET", "account")

    assert first.headers["X-MBX-USED-WEIGHT-1M"] == "1"
    assert code(second) == (429, -1003)
    assert 1 <= int(second.headers["Retry-After"]) <= 60
    assert second.headers["X-MBX-USED-WEIGHT-1M"] == "21"


async def test_orders_are_counted_and_limited(raw: RawClient, venue: SimulatedExchange) -> None:
    venue.limits.max_orders = 1
    replies = [
        await raw("POST", "order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01") for _ in range(2)
    ]

    assert replies[0].headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert code(replies[1]) == (429, -1015)
    assert len(venue.market.state.orders) == 1


async def test_what_does_not_exist(raw: RawClient) -> None:
    assert (await raw.http.get("/sapi/v1/capital/config/getall")).status_code == 404
    assert (await raw.http.get("/api/v3/nothing")).status_code == 404
    assert code(await raw.http.get("/api/v3/exchangeInfo?symbol=ETHUSDT")) == (400, -1121)
