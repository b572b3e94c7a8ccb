"""The program with its chat: a real process, the real library, a loopback Bot API."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import Fault, SimulatedExchange, serve
from tests.adapters.telegram.botapi import OWNER, TOKEN, BotApi

from .process import Program, environment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[BotApi]:
    api = BotApi()
    await api.up()
    yield api
    await api.down()


@pytest.fixture
def exchange() -> SimulatedExchange:
    return SimulatedExchange.create(price=D(64210))


def program(exchange: SimulatedExchange, venue: str, folder: Path, api: BotApi) -> Program:
    chat = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": str(OWNER), "TELEGRAM_API_URL": api.url}
    return Program(environment(exchange, venue, folder) | chat, folder)


async def told(holds: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def test_stop_in_the_chat_while_an_order_hangs_halts_at_once_and_ends_flat(
    exchange: SimulatedExchange, tmp_path: Path, api: BotApi
) -> None:
    async with serve(exchange) as venue:
        bot = program(exchange, venue, tmp_path, api)
        try:
            await bot.start()
            await told(lambda: any("BOT STARTED" in text for text in api.texts))
            exchange.faults.add(Fault("POST", "/api/v3/order", delay=3.0))
            await bot.alert("BUY", "a")
            await bot.state("ordering")
            update = await api.say("/stop", at=time.time())
            await told(lambda: update in api.delivered)
            delivered = time.monotonic()
            await bot.state("halted")
            assert time.monotonic() - delivered < 1.0  # two processes on a shared machine; the bot's own part is 0.1 s
            await bot.until(lambda health: not health["open_positions"] and health["state"] == "halted")
            await told(lambda: any("CLOSED" in text for text in api.texts))
            assert exchange.balances()["BTC"] < D("0.00001")
            assert exchange.market.open_orders() == []
            for alert in ("OPENED", "CLOSED"):
                assert sum(alert in text for text in api.texts) == 1, api.texts
        finally:
            await bot.close()


async def test_with_telegram_dead_from_the_start_it_trades_and_the_alerts_come_later_in_order(
    exchange: SimulatedExchange, tmp_path: Path, api: BotApi
) -> None:
    await api.down()
    async with serve(exchange) as venue:
        bot = program(exchange, venue, tmp_path, api)
        try:
            await bot.start(ready="degraded")
            await bot.until(lambda health: any("telegram" in reason for reason in health["reasons"]))
            await bot.until(lambda health: not any("audited" in reason for reason in health["reasons"]))
            await bot.alert("BUY", "a")
            await bot.state("in_position")
            await bot.alert("SELL", "b")
            await bot.state("idle")
            await api.up()
            await told(lambda: "CLOSED" in "".join(api.texts), 60)
            everything = "\n".join(api.texts)
            order = [everything.index(alert) for alert in ("BOT STARTED", "OPENED", "CLOSED")]
            assert order == sorted(order)
            await bot.end(signal.SIGTERM)
            assert TOKEN not in bot.output
        finally:
            await bot.close()
