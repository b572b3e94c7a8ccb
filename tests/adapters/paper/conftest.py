"""A replayed recording as the live market, for either venue."""

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path

import pytest

from .house import Clock
from .recording import Recording, Replay, record, replayed, walk

RECORDINGS: dict[str, Recording] = {}  # by venue; made once


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["binance", "kraken"])
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def replay(venue: str) -> AsyncIterator[Replay]:
    """Twelve candles down a falling random walk, each test with a copy of its own."""
    if venue not in RECORDINGS:
        RECORDINGS[venue] = await record(venue, walk(seed=7, candles=12))
    async with replayed(venue, deepcopy(RECORDINGS[venue])) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
