"""A venue with a hand-set clock, served over real HTTP, and the real ccxt pointed at it."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import httpx
import pytest

from adapters.simulator import DEFAULT_ACCOUNT, KRAKEN_ACCOUNT, Depth, SimulatedExchange, SimulatedKraken, serve

PRICE = Decimal(64000)


@pytest.fixture
def venue() -> Iterator[SimulatedExchange]:
    """10,000 USDT at 64,000 without a spread, so that prices can be told by heart."""
    exchange = SimulatedExchange.create(price=PRICE, depth=Depth(spread=Decimal(0)))
    yield exchange
    exchange.close()


@pytest.fixture
async def url(venue: SimulatedExchange) -> AsyncIterator[str]:
    async with serve(venue) as base:
        yield base


def ccxt_client(base: str) -> Any:
    client = ccxt.binance(
        {
            "apiKey": DEFAULT_ACCOUNT.api_key,
            "secret": DEFAULT_ACCOUNT.api_secret,
            "enableRateLimit": False,
            "timeout": 5000,
            "options": {
                "defaultType": "spot",
                "fetchMarkets": {"types": ["spot"]},
                "fetchMargins": False,
                "fetchCurrencies": False,
                "adjustForTimeDifference": True,
                "recvWindow": 5000,
                "maxRetriesOnFailure": 0,
            },
        }
    )
    client.set_sandbox_mode(True)
    client.urls["api"] = {name: f"{base}/{url.split('/', 3)[3]}" for name, url in client.urls["api"].items()}
    client.exceptions["exact"] |= client.exceptions["spot"]["exact"]
    return client


@pytest.fixture
async def client(url: str) -> AsyncIterator[Any]:
    """ccxt with its markets loaded."""
    exchange = ccxt_client(url)
    await exchange.load_markets()
    yield exchange
    await exchange.close()


class RawClient:
    """Signed requests without any client library in between."""

    def __init__(self, http: httpx.AsyncClient, venue: SimulatedExchange) -> None:
        self.http, self.venue = http, venue
        self.secret = venue.account.api_secret
        self.headers = {"X-MBX-APIKEY": venue.account.api_key}

    def sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    async def __call__(self, method: str, path: str, **params: Any) -> httpx.Response:
        query = urlencode({"timestamp": self.venue.now(), **params})
        return await self.http.request(
            method,
            f"/api/v3/{path}?{query}&signature={self.sign(query)}",
            headers=self.headers,
        )


@pytest.fixture
async def raw(url: str, venue: SimulatedExchange) -> AsyncIterator[RawClient]:
    async with httpx.AsyncClient(base_url=url, timeout=5) as http:
        yield RawClient(http, venue)


@pytest.fixture
def held(venue: SimulatedExchange) -> Callable[[str], None]:
    """Put base on the account."""

    def deposit(quantity: str) -> None:
        venue.market.transfer("BTC", Decimal(quantity))

    return deposit


@pytest.fixture
def kraken() -> Iterator[SimulatedKraken]:
    """10,000 USDT at 64,000 without a spread or gaps, 0.05 BTC a level: fills, but no prices, to count."""
    exchange = SimulatedKraken.create(price=PRICE, depth=Depth(spread=Decimal(0), gap=Decimal(0)))
    yield exchange
    exchange.close()


@pytest.fixture
async def kraken_url(kraken: SimulatedKraken) -> AsyncIterator[str]:
    async with serve(kraken) as base:
        yield base


def ccxt_kraken(base: str) -> Any:
    return ccxt.kraken(
        {
            "apiKey": KRAKEN_ACCOUNT.api_key,
            "secret": KRAKEN_ACCOUNT.api_secret,
            "enableRateLimit": False,
            "timeout": 5000,
            "urls": {"api": {"public": base, "private": base}},
        }
    )


@pytest.fixture
async def kraken_client(kraken_url: str) -> AsyncIterator[Any]:
    """ccxt with its markets loaded."""
    exchange = ccxt_kraken(kraken_url)
    await exchange.load_markets()
    yield exchange
    await exchange.close()


class RawKraken:
    """Signed calls without any client library in between. Answers the envelope's result, or its first error."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.nonce = http, 1000
        self.key, self.secret = KRAKEN_ACCOUNT.api_key, KRAKEN_ACCOUNT.api_secret

    def headers(self, name: str, nonce: int | str, body: str) -> dict[str, str]:
        digest = hashlib.sha256(f"{nonce}{body}".encode()).digest()
        path = f"/0/private/{name}".encode()
        mac = hmac.new(base64.b64decode(self.secret), path + digest, hashlib.sha512).digest()
        kind = "application/x-www-form-urlencoded"
        return {"API-Key": self.key, "API-Sign": base64.b64encode(mac).decode(), "Content-Type": kind}

    async def post(self, name: str, **params: Any) -> httpx.Response:
        self.nonce += 1
        body = urlencode({"nonce": self.nonce, **params})
        nonce = params.get("nonce", self.nonce)
        return await self.http.post(f"/0/private/{name}", content=body, headers=self.headers(name, nonce, body))

    async def __call__(self, name: str, **params: Any) -> Any:
        return result_of(await self.post(name, **params))

    async def get(self, name: str, **params: Any) -> Any:
        return result_of(await self.http.get(f"/0/public/{name}", params=params))


def result_of(reply: httpx.Response) -> Any:
    """What an envelope holds; application errors come with HTTP 200 and without a result."""
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == ({"error"} if body["error"] else {"error", "result"})
    return body["error"][0] if body["error"] else body["result"]


@pytest.fixture
async def raw_kraken(kraken_url: str) -> AsyncIterator[RawKraken]:
    async with httpx.AsyncClient(base_url=kraken_url, timeout=5) as http:
        yield RawKraken(http)
