"""Every test of this folder runs once for each venue."""

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.exchanges import Desk
from adapters.simulator import SimulatedExchange, serve

from .venues import VENUES, Clock, Venue


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=VENUES.values(), ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    found: Venue = request.param
    return found


@pytest.fixture
def exchange(venue: Venue, clock: Clock) -> Iterator[SimulatedExchange]:
    """10,000 USDT at 64,000."""
    found = venue.simulate(clock)
    yield found
    found.close()


@pytest.fixture
async def url(exchange: SimulatedExchange) -> AsyncIterator[str]:
    async with serve(exchange) as base:
        yield base


@pytest.fixture
async def desk(venue: Venue, url: str, exchange: SimulatedExchange, clock: Clock) -> AsyncIterator[Desk]:
    client = venue.client(url, exchange, clock)
    await client.connect()
    yield Desk(client, clock)
    await client.disconnect()
