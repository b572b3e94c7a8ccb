"""/stop acts at once, whatever else is slow, and says so twice: at once and when it is over."""

from __future__ import annotations

import asyncio

import pytest

from adapters import runner
from fsm.bot import State
from fsm.commands import Side
from fsm.events import Tick
from fsm.ledger import Purpose, Status

from ..driving import signal
from ..platter import Platter
from .botapi import BotApi
from .seat import Seat, until

pytestmark = pytest.mark.anyio


async def test_stop_in_the_middle_of_an_order(seat: Seat, api: BotApi) -> None:
    seat.venue.open.clear()
    seat.runner.fire(signal(Side.BUY, "a"))
    await until(lambda: seat.state is State.ORDERING)

    update = await api.say("/stop", seat.clock())
    await until(lambda: update in api.delivered)
    async with asyncio.timeout(0.1):
        while seat.health != "halted":
            await asyncio.sleep(0)

    seat.venue.open.set()  # the order comes through after all
    await seat.calm()
    assert seat.state is State.HALTED
    assert seat.venue.base == seat.runner.bot.coins
    assert [(o.place.purpose, o.status) for o in seat.venue.orders.values()] == [
        (Purpose.ENTRY, Status.FILLED),
        (Purpose.EXIT, Status.FILLED),
    ]
    await until(lambda: len(api.sent) == 5)
    told = {text.split(" ")[1].strip(":."): text for text in api.texts}  # answers and alerts do not wait for each other
    assert sorted(told) == ["BOT", "CLOSED", "Flat", "HALTED", "OPENED"]
    assert told["OPENED"] == "🟢 OPENED: BUY BTC/USDT @ 64,210.00 | Size: 0.07778214 | SL: none, it is being sold"
    assert told["HALTED"].endswith("I tell you when it is done.")
    assert told["Flat"].endswith("Still halted; /resume trades again.")


async def test_stop_with_nothing_held_has_one_answer(seat: Seat, api: BotApi) -> None:
    said = await seat.ask("/stop")
    assert said == (
        "🛑 HALTED stopped by telegram @user4242. Nothing is held and nothing is in flight. Lasts until /resume."
    )
    seat.runner.fire(Tick(at=seat.clock()))
    await seat.ask("/help")
    assert len(api.sent) == 3


async def test_stop_acts_while_nothing_can_be_said(seat: Seat, api: BotApi) -> None:
    api.hold()
    for _ in range(5):
        await seat.say("/status")
    await seat.say("/stop")
    async with asyncio.timeout(0.1):
        while seat.state is not State.HALTED:
            await asyncio.sleep(0)
    api.let_go()
    await until(lambda: any("HALTED" in text for text in api.texts))


async def test_the_answer_to_stop_is_said_until_it_arrives(seat: Seat, api: BotApi) -> None:
    await seat.buy("a")
    await seat.told()
    api.blocked = True
    await seat.say("/stop")
    await seat.calm()
    await until(lambda: api.calls["sendMessage"] > 6)
    api.blocked = False
    await until(lambda: len(api.sent) == 5)
    assert {text[0] for text in api.texts[2:]} == {"🛑", "🔴", "✅"}


@pytest.mark.parametrize("after", [0.01, 0.5])
async def test_a_second_stop_is_answered_and_promises_no_second_end(
    seat: Seat, api: BotApi, monkeypatch: pytest.MonkeyPatch, after: float
) -> None:
    """Also when it comes after the end, and before that was told."""
    monkeypatch.setattr(runner, "AFTER", after)
    await seat.buy("a")
    await seat.told()
    await seat.say("/stop")
    await seat.calm()
    await seat.say("/stop")
    await until(lambda: len(api.sent) >= 6)
    await seat.ask("/help")
    heads = [text[0] for text in api.texts[2:-1]]
    assert sorted(heads) == sorted("🛑🛑🔴✅")


@pytest.mark.parametrize("command", ["/stop", "/resume"])
async def test_a_command_is_answered_when_it_is_on_the_disk(
    seat: Seat, api: BotApi, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """It holds at once; but whoever reads the answer may rely on it, also after a power cut."""
    assert await seat.runner.durable()
    platter, before, rows = Platter(monkeypatch), len(api.sent), len(seat.store.reader.entries())
    platter.hold()
    await api.say(command, seat.clock())
    await until(lambda: len(seat.store.reader.entries()) > rows)
    await asyncio.sleep(0.1)  # nothing to wait for: it must not be answered
    assert len(api.sent) == before
    platter.release()
    await until(lambda: len(api.sent) > before)
