"""What a long past costs: nothing that the bot does while it trades may grow with its journal."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from adapters.notifications.tail import CURSOR
from adapters.store import Store
from adapters.telegram import texts
from adapters.web.dashboard.past import Past
from fsm.commands import Side
from fsm.limits import Limits
from fsm.step import step
from tests.adapters.driving import signal
from tests.end_to_end.process import BOOT, Program, environment

from . import past
from .bots import far
from .figures import Figure

TITLE = "What a long past costs"
SIZES = (0, 10_000, 100_000, 1_000_000)


async def measure(tiny: bool) -> list[Figure]:
    figures: list[Figure] = []
    for size in (0, 2_000) if tiny else SIZES:
        async with far("binance", 0.0) as there:
            env = environment(there.exchange, there.url, there.folder)
            rows = past.write(Path(env["DATABASE_PATH"]), size)
            case = f"{rows:,} rows"
            figures += [Figure(case, what, value, unit) for what, value, unit in _inside(Path(env["DATABASE_PATH"]))]
            figures += [Figure(case, *figure) for figure in await _outside(Program(env, there.folder))]
    return figures


def _inside(path: Path) -> list[tuple[str, float, str]]:
    """Of the parts, called directly."""

    def load() -> None:
        with Store(path) as store:
            store.load()

    with Store(path) as store:
        bot = store.load()
        begun = time.time()

        def append(n: int) -> None:
            nonlocal bot
            decision = step(bot, signal(Side.SELL, f"n{n}", at=begun + n * 0.01))
            store.append(decision)
            bot = decision.bot

        asked = signal(Side.BUY, "b7-3", at=begun)
        figures = [
            ("a bare fsync", _fsync(path.with_name("bare")) * 1e3, "ms"),
            ("append", _median(append, 100) * 1e3, "ms"),
            ("cursor", _median(lambda n: store.move_cursor("bench", n), 100) * 1e3, "ms"),
            ("dedup", _median(lambda _: store.knows(asked), 200) * 1e6, "us"),
            ("/today", _median(lambda _: texts.today(bot, store.reader), 50) * 1e3, "ms"),
            ("dashboard's past", _median(lambda _: Past(store.reader).sections(Limits()), 10) * 1e3, "ms"),
        ]
        store.move_cursor(CURSOR, bot.seq)  # all of it was told
    return [("open and load", _median(lambda _: load(), 10) * 1e3, "ms"), *figures]


def _fsync(path: Path) -> float:
    """Seconds that the disk takes to keep one page: no append can be faster."""

    def keep(_n: int) -> None:
        file.write(bytes(4096))
        os.fsync(file.fileno())

    with path.open("wb", buffering=0) as file:
        return _median(keep, 100)


async def _outside(bot: Program) -> list[tuple[str, float, str]]:
    """Of the process, over HTTP."""
    began = time.perf_counter()
    try:
        await bot.launch()
        await bot.until(bool, BOOT)
        boot = time.perf_counter() - began
        await asyncio.sleep(0)
        async with httpx.AsyncClient(base_url=bot.url, timeout=30) as http:
            health, metrics = [await _asked(http, path, 30) for path in ("/health", "/metrics")]
    finally:
        await bot.close()
    return [("boot", boot, "s"), ("/health", health * 1e3, "ms"), ("/metrics", metrics * 1e3, "ms")]


async def _asked(http: httpx.AsyncClient, path: str, times: int) -> float:
    waits = []
    for _ in range(times):
        began = time.perf_counter()
        (await http.get(path)).raise_for_status()
        waits.append(time.perf_counter() - began)
    return statistics.median(waits)


def _median(work: Callable[[int], object], times: int) -> float:
    """Seconds."""
    waits = []
    for n in range(times):
        began = time.perf_counter()
        work(n)
        waits.append(time.perf_counter() - began)
    return statistics.median(waits)
