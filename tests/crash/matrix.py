"""Which crashes there are, and what one of them is: a whole life of a position, with a death in it."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from adapters.simulator import SimulatedExchange, SimulatedKraken, serve
from tests.end_to_end.process import Program, environment

from . import child, judge
from .reaper import FATES, Reaper
from .survivor import Survivor

VENUES = {"binance": SimulatedExchange, "kraken": SimulatedKraken}
STORIES = ("exit", "stop", "halt")  # sold by a signal, by its stop, by an operator in the middle of the entry
ROWS = ("committed", "torn")
MOMENTS = (*ROWS, *FATES)
LONG = 600.0  # seconds: no life takes so long


class Crash(NamedTuple):
    """The bot dies at the n-th such moment of its first life."""

    venue: str
    story: str
    moment: str
    nth: int

    def __str__(self) -> str:
        return "-".join(map(str, self))


@dataclass(slots=True)
class Outcome:
    crash: Crash
    lives: int = 0
    wrong: list[str] = field(default_factory=list)
    naked: float = 0.0  # seconds, by the exchange's ledger, the time of being dead included
    log: str = ""

    @property
    def died(self) -> bool:
        return self.lives > 1


async def suffer(crash: Crash) -> Outcome:
    """Live through it, and be judged."""
    outcome = Outcome(crash)
    with tempfile.TemporaryDirectory(prefix=f"{crash}-") as folder:
        exchange = VENUES[crash.venue].create(price=Decimal(64_210))
        async with serve(exchange) as venue:
            program = Program(environment(exchange, venue, Path(folder)), Path(folder))
            try:
                async with asyncio.timeout(LONG):
                    await _live(crash, exchange, program, outcome)
            except Exception as error:  # whatever it is, this crash was not survived
                outcome.wrong.append(f"{type(error).__name__}: {error}"[:400])
            finally:
                await program.close()
        outcome.naked, outcome.log = exchange.naked().longest, program.output
        exchange.close()
    return outcome


async def _live(crash: Crash, exchange: SimulatedExchange, program: Program, outcome: Outcome) -> None:
    reaper = Reaper(crash.moment, crash.nth)
    exchange.faults = reaper
    if crash.moment in ROWS:
        program.words = (sys.executable, child.__file__, crash.moment, str(crash.nth))

    def born(pid: int) -> None:
        reaper.pid = pid if crash.moment in FATES else None

    bot = Survivor(program, born)
    try:
        await bot.begin()
        outcome.wrong += [wrong async for wrong in _story(crash.story, exchange, bot)]
        if (code := await program.end(signal.SIGTERM)) != 0:
            outcome.wrong.append(f"exit code {code}")
    finally:
        outcome.lives = bot.lives
    database = program.folder / "bot.db"
    outcome.wrong += [
        *judge.flat(exchange),
        *judge.books(exchange, database),
        *judge.once(exchange, database, bot.accepted),
    ]


async def _story(story: str, exchange: SimulatedExchange, bot: Survivor) -> AsyncIterator[str]:
    """What was wrong in the middle of it."""
    if story == "halt":
        await bot.signal("BUY", "buy")
        await bot.decided()
        await bot.stop()
        return
    await bot.buy()
    for wrong in judge.guarded(exchange):
        yield wrong
    if story == "exit":
        await bot.sell()
    else:
        exchange.move(Decimal(62_000))
        await bot.stopped_out()


async def column(venue: str, story: str, moment: str, turns: asyncio.Semaphore) -> AsyncIterator[Outcome]:
    """The first such moment, the second ... nobody knows how many there are before one was lived without a death."""
    outcome, nth = None, 0
    while outcome is None or outcome.died:
        nth += 1
        async with turns:
            outcome = await suffer(Crash(venue, story, moment, nth))
        yield outcome
