"""A venue with a hand-set clock, served over real HTTP, and the real ccxt pointed at it."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import httpx
import pytest

from adapters.simulator import DEFAULT_ACCOUNT, Depth, SimulatedExchange, serve

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
