"""A simulated Kraken over real HTTP, and a desk of ours in front of it. Its fixtures are imported where needed."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import Desk, KrakenClient
from adapters.exchanges.kraken_outcome import Reply
from adapters.exchanges.kraken_wire import Wire
from adapters.simulator import BOUNDLESS, Depth, SimulatedKraken, serve
from fsm.effects import AnyEffect, Place, Query
from fsm.events import OrderSeen
from fsm.ledger import Purpose

from .conftest import Clock

PRICE = Decimal(64000)
TRIGGER = Decimal(62720)
QTY = Decimal("0.05")  # one level of the book; three times as much makes three stops
ADD, CANCEL = "/0/private/AddOrder", "/0/private/CancelOrder"

_numbers = itertools.count(1)


class Post(Desk):
    """A desk that shows what its client sent, by Kraken's names of the endpoints."""

    def __init__(self, wire: Wire, client: KrakenClient, clock: Callable[[], float]) -> None:
        super().__init__(client, clock)
        self.wire, self.clock = wire, clock
        self.sent: list[tuple[str, dict[str, Any]]] = []
        call = wire.call

        async def noted(endpoint: str, **params: Any) -> Reply:
            self.sent.append((endpoint, params))
            return await call(endpoint, **params)

        wire.call = noted  # type: ignore[method-assign]

    def names(self) -> list[str]:
        return [endpoint for endpoint, _ in self.sent]

    def orders(self) -> list[dict[str, Any]]:
        """Requests that could have moved money."""
        return [params for endpoint, params in self.sent if endpoint == "AddOrder"]

    def place(self, purpose: Purpose, qty: Decimal = QTY, within: float = 5.0, **more: Any) -> Place:
        if purpose is not Purpose.EXIT:
            more.setdefault("trigger", TRIGGER)
        return Place(cid(), purpose, qty, self.clock() + within, **more)

    async def seen(self, effect: AnyEffect) -> OrderSeen:
        event = await self.perform(effect)
        assert isinstance(event, OrderSeen), event
        return event

    async def ask(self, name: str) -> OrderSeen:
        return await self.seen(Query(name, self.clock()))


def cid() -> str:
    """A client order id as the core makes them: 32 hex digits, never the same twice."""
    return f"{next(_numbers):032x}"


@asynccontextmanager
async def desk_at(url: str, venue: SimulatedKraken, clock: Callable[[], float]) -> AsyncIterator[Post]:
    wire = Wire(url, venue.account.api_key, venue.account.api_secret, clock=clock)
    client = KrakenClient(wire, "BTC/USDT", clock)
    wire.open()
    try:
        yield Post(wire, client, clock)
    finally:
        await client.disconnect()


@pytest.fixture
def venue(clock: Clock) -> Iterator[SimulatedKraken]:
    """10,000 USDT at 64,000 without a spread or gaps, 0.05 BTC a level: stops, but no prices, to count."""
    exchange = SimulatedKraken.create(price=PRICE, depth=Depth(spread=Decimal(0), gap=Decimal(0)), clock=clock)
    exchange.key_limits.tier = BOUNDLESS
    yield exchange
    exchange.close()


@pytest.fixture
async def url(venue: SimulatedKraken) -> AsyncIterator[str]:
    async with serve(venue) as base:
        yield base


@pytest.fixture
async def desk(url: str, venue: SimulatedKraken, clock: Clock) -> AsyncIterator[Post]:
    """A desk that knows clock and rules."""
    async with desk_at(url, venue, clock) as found:
        await found.client.connect()
        found.sent.clear()
        yield found


@pytest.fixture
def held(venue: SimulatedKraken) -> Decimal:
    """Coins to protect or to sell."""
    venue.market.transfer("BTC", QTY)
    return QTY
