"""The composed bot on a paper account: what people see of it, with the market and without."""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapters import app
from adapters.paper import market

from .house import QUICK, SECRET, Clock, settings
from .recording import Replay

pytestmark = pytest.mark.anyio


async def told(url: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first health report of which it holds."""
    async with asyncio.timeout(10), httpx.AsyncClient(base_url=url) as http:
        while not holds(report := dict((await http.get("/health")).json())):
            await asyncio.sleep(0.02)
        return report


@pytest.mark.parametrize("venue", ["binance"], indirect=True)
async def test_health_is_degraded_while_the_market_is_lost(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    wanted = settings(venue, folder, replay.url)
    said: list[str] = []

    async def send(text: str) -> None:
        said.append(text)

    async with market(wanted, clock, pace=QUICK) as paper:
        account = replace(paper.account(wanted), trading_mode="testnet")
        async with app.running(account, send, clock) as bot:
            await told(bot.url, lambda health: health["status"] == "ok")
            alert = {"secret": SECRET, "signal": "BUY", "symbol": "BTCUSDT", "price": "1", "signal_id": "in"}
            async with httpx.AsyncClient(base_url=bot.url) as http:
                await http.post("/webhook", json=alert | {"timestamp": int(clock() * 1000), "strategy": "test"})
            held = await told(bot.url, lambda health: health["state"] == "in_position")
            assert held["open_positions"] == 1
            assert gc.get_freeze_count()  # no full collection holds trading up
            replay.dead = True
            lost = await told(bot.url, lambda health: not health["exchange_connected"])
            assert (lost["status"], lost["reasons"]) == ("degraded", ["exchange: not connected"])
            replay.dead = False
            await told(bot.url, lambda health: health["status"] == "ok" and health["exchange_connected"])
    assert any(text.startswith("🟢 OPENED") for text in said)
    assert not gc.get_freeze_count()
