"""The core alone: one step of each kind, and whole hostile histories."""

from __future__ import annotations

import statistics
import time
from decimal import Decimal

from fsm.bot import Bot
from fsm.commands import AnyCommand, Side, Stop
from fsm.effects import Place
from fsm.events import AnyEvent, Marked, Tick
from fsm.step import step
from tests.adapters.driving import BOOT, NOW, assessed, filled, resting, signal
from tests.world.history import play

from .figures import Figure

TITLE = "The core"
TIMES, HISTORIES, MOVES = 2_000, 60, 120


async def measure(tiny: bool) -> list[Figure]:
    figures = []
    for case, (bot, input) in inputs().items():
        waits = []
        for _ in range(20 if tiny else TIMES):
            began = time.perf_counter()
            step(bot, input)
            waits.append(time.perf_counter() - began)
        figures.append(Figure(f"step: {case}", "median", statistics.median(waits) * 1e6, "us"))
    count = 2 if tiny else HISTORIES
    began = time.perf_counter()
    for seed in range(count):
        play(seed, MOVES)
    spent = time.perf_counter() - began
    figures.append(Figure(f"hostile histories of {MOVES} moves", "a second", count / spent))
    return figures


def inputs() -> dict[str, tuple[Bot, AnyCommand | AnyEvent]]:
    """The inputs of a trade, each with the bot that it meets."""
    found: dict[str, tuple[Bot, AnyCommand | AnyEvent]] = {}
    bot = Bot()

    def feed(name: str, input: AnyCommand | AnyEvent) -> list[Place]:
        nonlocal bot
        found[name] = (bot, input)
        decision = step(bot, input)
        bot = decision.bot
        return [effect for effect in decision.effects if isinstance(effect, Place)]

    for input in BOOT:
        feed("boot", input)
    feed("BUY", signal(Side.BUY, "a"))
    (entry,) = feed("facts, seven gates, entry", assessed("a"))
    (stop,) = feed("fill, stop", filled(entry, Decimal(64210)))
    feed("stop confirmed", resting(stop))
    feed("price", Marked(at=NOW + 1, price=Decimal(64300)))
    feed("tick", Tick(at=NOW + 2))
    feed("/stop", Stop(at=NOW + 3))
    del found["boot"]
    return found
