"""Bots in processes of their own, each at a simulated exchange that is `rtt` away."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx

from adapters.simulator import BOUNDLESS, Depth, SimulatedExchange, SimulatedKraken, serve
from tests.end_to_end.process import BOOT, Program, environment, free_port

from .distance import Distance

LEVEL = Depth(spread=Decimal(0), gap=Decimal(0))  # and no fees: a trade neither wins nor loses, so no breaker trips


@dataclass(frozen=True, slots=True)
class Far:
    """An exchange and the way to it."""

    exchange: SimulatedExchange
    distance: Distance
    url: str  # through the distance
    folder: Path


@contextlib.asynccontextmanager
async def far(venue: str, rtt: float) -> AsyncIterator[Far]:
    exchange: SimulatedExchange
    if venue == "kraken":
        exchange = kraken = SimulatedKraken.create(depth=LEVEL, taker_fee=Decimal(0))
        kraken.key_limits.tier = BOUNDLESS
    else:
        exchange = SimulatedExchange.create(depth=LEVEL, taker_fee=Decimal(0))
    distance = Distance(rtt)
    with tempfile.TemporaryDirectory(prefix="auto-trader-bench-") as folder:
        async with serve(exchange) as near, distance.to(near) as url:
            yield Far(exchange, distance, url, Path(folder))
    exchange.close()


@contextlib.asynccontextmanager
async def our_bot(venue: str, there: Far) -> AsyncIterator[Program]:
    """`auto-trader run`, audited and ready for a signal."""
    env = environment(there.exchange, there.url, there.folder) | {"ACTIVE_EXCHANGE": venue, "TRADING_MODE": "testnet"}
    account = there.exchange.account
    env |= {f"{venue.upper()}_API_KEY": account.api_key, f"{venue.upper()}_API_SECRET": account.api_secret}
    program = Program(env, there.folder)
    try:
        await program.start("ok")
        yield program
    finally:
        await program.close()


@contextlib.asynccontextmanager
async def naive_bot(there: Far) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its webhook."""
    port, account = free_port(), there.exchange.account
    command = ("-m", "tests.benchmarks.naive", str(port), there.url, account.api_key, account.api_secret)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=Path(__file__).parents[2])
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            async with asyncio.timeout(BOOT):
                while process.returncode is None and not _listening(port):
                    await asyncio.sleep(0.05)
            yield http
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _listening(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
