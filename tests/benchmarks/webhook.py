"""The webhook's answer under load. It comes after the decision is on the disk, so this is what durability costs.

Every alert is a SELL of nothing, which is judged, journaled, and refused. A stranger and a monitor of health and
metrics ask on as fast as they get answers; so do, at last, eight senders of alerts at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx

from tests.end_to_end.process import Program

from .bots import far, our_bot
from .figures import Figure, spread

TITLE = "The webhook's answer under load"
SENDERS, ALERTS, ROUNDS = 8, 20, 5  # a minute takes 60 SELLs, so each round is a process of its own


async def measure(tiny: bool) -> list[Figure]:
    alone, beside, at_once = list[float](), list[float](), list[float]()
    count = 1 if tiny else ALERTS
    for _ in range(1 if tiny else ROUNDS):
        async with far("binance", 0.0) as there, our_bot("binance", there) as bot, _client(bot) as http:
            alone += await _send(bot, "alone", count)
            noise = asyncio.ensure_future(_noise(http))
            beside += await _send(bot, "beside", count)
            answers = await asyncio.gather(*(_send(bot, str(n), max(1, count // SENDERS)) for n in range(SENDERS)))
            at_once += [wait for answer in answers for wait in answer]
            noise.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await noise
    return [
        *_told("one at a time", alone),
        *_told("one at a time, beside a stranger and a monitor", beside),
        *_told(f"{SENDERS} senders at once, beside them", at_once),
    ]


def _told(case: str, waits: list[float]) -> list[Figure]:
    return [Figure(case, "alerts", len(waits)), *spread(case, "answered", waits)]


async def _send(bot: Program, sender: str, count: int) -> list[float]:
    return [await _post(bot, f"{sender}-{n}") for n in range(count)]


async def _post(bot: Program, signal_id: str) -> float:
    began = time.perf_counter()
    answer = await bot.alert("SELL", signal_id)
    if answer.json()["status"] != "rejected":
        raise AssertionError(answer.text)
    return time.perf_counter() - began


def _client(bot: Program) -> httpx.AsyncClient:
    """Made beforehand: that takes 30 ms, and this process must not be what an alert waits for."""
    return httpx.AsyncClient(base_url=bot.url)


async def _noise(http: httpx.AsyncClient) -> None:
    while True:
        await http.post("/webhook/a-wrong-secret", content=b"{}")
        await http.get("/health")
        await http.get("/metrics")
