"""Who may speak, and the silence for everybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.telegram.door import Door
from fsm.bot import State

from .botapi import OWNER, BotApi
from .seat import Clock, Seat, seated, until

pytestmark = pytest.mark.anyio
GROUP = -100_777
ALICE, MALLORY = 11, 666


async def test_a_hundred_commands_of_a_stranger_are_a_number_and_nothing_else(seat: Seat, api: BotApi) -> None:
    before, calls = seat.runner.bot, api.calls.copy()
    for n in range(100):
        text = ("/stop", "/resume", "/status", "/nonsense", "hello")[n % 5]
        last = await api.say(text, seat.clock(), chat=MALLORY)
    await until(lambda: last in api.delivered)
    await until(lambda: seat.telegram.strangers == 100)
    assert seat.runner.bot == before
    assert (await seat.ask("/help")).startswith("/status")
    assert api.calls["sendMessage"] == calls["sendMessage"] + 1  # the owner's
    assert api.sent[-1].chat_id == OWNER


async def test_a_strangers_button_is_no_better(seat: Seat, api: BotApi) -> None:
    await api.press("orphan:exit", seat.clock(), chat=MALLORY)
    await until(lambda: seat.telegram.strangers == 1)
    await seat.ask("/help")
    assert api.calls["answerCallbackQuery"] == 0
    assert api.edits == []


async def test_in_a_group_only_listed_people_may_speak(tmp_path: Path, api: BotApi, clock: Clock) -> None:
    env = {"TELEGRAM_CHAT_ID": str(GROUP), "TELEGRAM_USER_IDS": f"{ALICE}"}
    async with seated(tmp_path / "bot.db", api, clock, env) as seat:
        await seat.boot()
        await seat.say("/stop", chat=GROUP, user=MALLORY)
        await seat.say("/stop", chat=ALICE, user=ALICE)  # in private
        await until(lambda: seat.telegram.strangers == 2)
        assert seat.state is State.IDLE
        await seat.say("/stop", chat=GROUP, user=ALICE)
        await until(lambda: seat.state is State.HALTED)
        assert seat.runner.bot.why == ("stopped by telegram @user11",)
        await until(lambda: api.sent)
        assert {message.chat_id for message in api.sent} == {GROUP}


async def test_in_a_group_without_a_list_nobody_may(tmp_path: Path, api: BotApi, clock: Clock) -> None:
    async with seated(tmp_path / "bot.db", api, clock, {"TELEGRAM_CHAT_ID": str(GROUP)}) as seat:
        await seat.boot()
        await seat.say("/stop", chat=GROUP, user=ALICE)
        await until(lambda: seat.telegram.strangers == 1)
        assert seat.state is State.IDLE
        assert seat.health == "degraded"
        assert "❌ ERROR: telegram — a group without TELEGRAM_USER_IDS: nobody in it may command" in await seat.told()
        assert seat.vitals.troubles == ["telegram: a group without TELEGRAM_USER_IDS: nobody in it may command"]
    assert seat.vitals.troubles == []


async def test_a_door_that_breaks_stays_shut(seat: Seat, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Door, update: object) -> bool:
        raise RuntimeError("boom")

    monkeypatch.setattr(Door, "_knows", broken)
    await seat.say("/stop", chat=MALLORY)
    await until(lambda: len(api.sent) > 1)
    assert api.sent[-1].chat_id == OWNER
    assert seat.state is State.IDLE
