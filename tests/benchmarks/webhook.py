"""The webhook's answer under load. It comes after the decision is on the disk, so this is what durability costs.

Eight senders post as fast as they get answers; every alert is a SELL of nothing, which is judged, journaled, and
refused. Strangers knock meanwhile, and a monitor asks for health and metrics.
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
SENDERS, ALERTS, ROUNDS = 8, 56, 3  # a minute takes 60 SELLs, so each round is a process of its own


async def measure(tiny: bool) -> list[Figure]:
    waits: list[float] = []
    alone: list[float] = []
    for _ in range(1 if tiny else ROUNDS):
        async with far("binance", 0.0) as there, our_bot("binance", there) as bot:
            alone += [await _post(bot, f"alone-{n}") for n in range(3)]
            noise = asyncio.ensure_future(_noise(bot))
            each = 1 if tiny else ALERTS // SENDERS
            answers = await asyncio.gather(*(_send(bot, sender, each) for sender in range(SENDERS)))
            waits += [wait for answer in answers for wait in answer]
            noise.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await noise
    return [
        Figure("one at a time", "alerts", len(alone)),
        *spread("one at a time", "answered", alone),
        Figure(f"{SENDERS} senders at once", "alerts", len(waits)),
        *spread(f"{SENDERS} senders at once", "answered", waits),
    ]


async def _send(bot: Program, sender: int, count: int) -> list[float]:
    return [await _post(bot, f"{sender}-{n}") for n in range(count)]


async def _post(bot: Program, signal_id: str) -> float:
    began = time.perf_counter()
    answer = await bot.alert("SELL", signal_id)
    if answer.json()["status"] != "rejected":
        raise AssertionError(answer.text)
    return time.perf_counter() - began


async def _noise(bot: Program) -> None:
    async with httpx.AsyncClient(base_url=bot.url) as http:
        while True:
            await http.post("/webhook/a-wrong-secret", content=b"{}")
            await http.get("/health")
            await http.get("/metrics")
