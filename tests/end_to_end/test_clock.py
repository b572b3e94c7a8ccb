"""The machine's clock is set while the bot trades: `app.run`, real HTTP, the exchange's own ledger as the judge."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters import app
from adapters.settings import load
from adapters.simulator import OrderType, SimulatedExchange, serve
from adapters.store import Reader

from .process import SECRET, environment

pytestmark = pytest.mark.anyio


class Bot:
    def __init__(self, env: dict[str, str]) -> None:
        self.env, self.leap = env, 0.0
        self.settings = load(env)
        self.url = f"http://127.0.0.1:{env['PORT']}"

    def wall(self) -> float:
        return time.time() + self.leap

    async def send(self, text: str) -> None: ...

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(app.run(self.settings, self.send, self.wall))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(15), httpx.AsyncClient(base_url=self.url) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if holds(report := dict((await http.get("/health")).json())):
                        return report
                await asyncio.sleep(0.02)

    async def alert(self, side: str, name: str) -> dict[str, Any]:
        alert = {"secret": SECRET, "signal": side, "symbol": "BTCUSDT", "price": "1", "signal_id": name}
        async with httpx.AsyncClient(base_url=self.url) as http:
            answer = await http.post("/webhook", json=alert | {"timestamp": int(time.time() * 1000), "strategy": "t"})
            return dict(answer.json())

    def boots(self) -> int:
        reader = Reader.open(self.settings.database_path)
        try:
            return sum(entry.kind == "Booted" for entry in reader.entries())
        finally:
            reader.close()


@pytest.fixture
async def exchange() -> SimulatedExchange:
    return SimulatedExchange.create(price=D(64210))


@pytest.mark.parametrize("wrong", [-3600.0, 3600.0])
async def test_a_clock_that_was_wrong_is_taken_up_when_it_is_set(
    exchange: SimulatedExchange, tmp_path: Path, wrong: float
) -> None:
    async with serve(exchange) as venue:
        bot = Bot(environment(exchange, venue, tmp_path))
        bot.leap = wrong
        async with bot.running():
            report = await bot.until(lambda health: any("clock" in reason for reason in health["reasons"]))
            assert report["status"] == "degraded"
            refused = await bot.alert("BUY", "a")
            assert refused["status"] == "rejected"
            assert "stale_signal" in refused["reasons"][0]
            bot.leap = 0.0
            await bot.until(lambda health: health["status"] == "ok")
            assert bot.boots() == 2
            assert (await bot.alert("BUY", "b"))["status"] == "accepted"
            await bot.until(lambda health: health["state"] == "in_position")
    assert [o.type for o in exchange.market.open_orders()].count(OrderType.STOP_LOSS) == 1


async def test_a_clock_that_leaps_away_from_the_exchange_changes_nothing(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with serve(exchange) as venue:
        bot = Bot(environment(exchange, venue, tmp_path))
        async with bot.running():
            await bot.until(lambda health: health["status"] == "ok")
            await bot.alert("BUY", "a")
            await bot.until(lambda health: health["state"] == "in_position")
            bot.leap = 86_400.0
            assert (await bot.alert("SELL", "b"))["status"] == "accepted"
            await bot.until(lambda health: health["state"] == "idle")
            assert (await bot.alert("BUY", "c"))["status"] == "accepted"
            report = await bot.until(lambda health: health["state"] == "in_position")
            assert report["status"] == "ok"
            assert bot.boots() == 1
