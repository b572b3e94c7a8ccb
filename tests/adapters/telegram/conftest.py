from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.notifications import tail
from adapters.telegram import line, polling

from .botapi import BotApi
from .seat import Clock, Seat, seated


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once."""
    for part in (tail, line, polling):
        monkeypatch.setattr(part, "FIRST", 0.01)
        monkeypatch.setattr(part, "SLOWEST", 0.02)


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[BotApi]:
    api = BotApi()
    await api.up()
    yield api
    api.let_go()
    await api.down()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def seat(tmp_path: Path, api: BotApi, clock: Clock) -> AsyncIterator[Seat]:
    async with seated(tmp_path / "bot.db", api, clock) as seat:
        await seat.boot()
        await seat.told()
        yield seat
