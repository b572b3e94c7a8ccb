"""`/stop` while an order hangs at the exchange: how long until it is journaled and in effect, for the operator."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from adapters import control
from adapters.simulator import Fault
from fsm.commands import Stop

from .bots import far, our_bot
from .distance import Question
from .figures import Figure, spread

TITLE = "/stop while an order hangs for 3 s"
HANG, TIMES = 3.0, 200


async def measure(tiny: bool) -> list[Figure]:
    async with far("binance", 0.0) as there, our_bot("binance", there) as bot:
        there.exchange.faults.add(Fault("POST", "/api/v3/order", lag=HANG))
        there.distance.forget()
        await bot.alert("BUY", "hanging")
        async with asyncio.timeout(10):
            while not there.distance.asked("POST /api/v3/order"):
                await asyncio.sleep(0.001)
        (order,) = there.distance.asked("POST /api/v3/order")
        waits = await asyncio.to_thread(_press, Path(bot.env["DATABASE_PATH"]), order, 3 if tiny else TIMES)
        return [
            Figure("stop", "pressed", len(waits)),
            Figure("stop", "the first", waits[0] * 1000, "ms"),
            *spread("stop", "each", waits),
        ]


def _press(database: Path, order: Question, times: int) -> list[float]:
    """The first halts, the others find it halted; every one is journaled before it is answered."""
    waits: list[float] = []
    while len(waits) < times and order.answered is None:
        began = time.perf_counter()
        answer = control.ask(database, Stop(at=time.time(), by="a benchmark"))
        waits.append(time.perf_counter() - began)
        if not (answer.accepted and answer.state == "halted"):
            raise AssertionError(f"/stop was answered {answer}")
    return waits
