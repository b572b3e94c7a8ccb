"""Telegram dead, deaf, revoked, flooded or shared: trading goes on, health says so, and nothing that was to be told is
lost."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import logs
from adapters.telegram import NotDelivered, polling
from fsm.bot import State
from fsm.commands import Side

from ..driving import signal
from .botapi import TOKEN, BotApi
from .seat import Clock, Seat, seated, until

pytestmark = pytest.mark.anyio


async def test_dead_from_the_start_and_back_later(tmp_path: Path, api: BotApi, clock: Clock) -> None:
    await api.down()
    async with seated(tmp_path / "bot.db", api, clock) as seat:
        await seat.boot()
        await until(lambda: "not reachable" in (seat.vitals.telegram or ""))
        assert seat.health == "degraded"
        for n in range(2):
            await seat.buy(f"signal-{n}")
            clock.now += 10
            await seat.fall(seat.venue.trigger)
            clock.now += 3600
        assert api.sent == []

        await api.up()
        await until(lambda: seat.vitals.telegram is None)
        assert seat.health == "ok"
        told = "\n".join(await seat.told())
        found = [told.find(sign) for sign in ("🤖", "🟢", "⛔", "🟢", "⛔")]
        assert -1 not in found
        assert [word for word in told.split() if word in "🤖🟢⛔"] == ["🤖", "🟢", "⛔", "🟢", "⛔"]
        assert sum("📬" in text for text in api.texts) == 1
        await until(lambda: any("can be read again after 2 h 0 min" in text for text in api.texts))
        assert "in_position" not in await seat.ask("/status")  # commands work


async def test_an_outage_of_many_alerts_becomes_few_messages(seat: Seat, api: BotApi, clock: Clock) -> None:
    await api.down()
    for n in range(200):
        clock.now += 61
        seat.runner.fire(signal(Side.SELL, f"signal-{n}", at=clock()))
    await api.up()
    told = await seat.told()
    assert len(told) <= 6
    assert "\n".join(told).count("⚠️ SIGNAL REJECTED: nothing_to_sell") == 200


async def test_a_revoked_token_is_noticed_and_a_new_life_too(seat: Seat, api: BotApi) -> None:
    await until(lambda: seat.vitals.telegram is None)
    api.revoked = True
    await seat.api.say("/help", seat.clock())  # ends the long poll
    await until(lambda: seat.vitals.telegram)
    assert seat.vitals.telegram == (
        "the token is not accepted; get a new one from @BotFather and set TELEGRAM_BOT_TOKEN"
    )
    assert seat.health == "degraded"
    api.revoked = False
    await until(lambda: seat.vitals.telegram is None)
    await seat.ask("/stop")
    assert seat.state is State.HALTED


async def test_a_token_that_never_worked(tmp_path: Path, api: BotApi, clock: Clock) -> None:
    api.revoked = True
    async with seated(tmp_path / "bot.db", api, clock) as seat:
        await seat.boot()
        await until(lambda: "the token is not accepted" in (seat.vitals.telegram or ""))
        with pytest.raises(NotDelivered) as refusal:
            await seat.telegram.send("hello")
        assert TOKEN not in str(refusal.value)


async def test_a_second_reader_is_an_alarm_told_once(seat: Seat, api: BotApi, clock: Clock) -> None:
    await until(lambda: seat.vitals.telegram is None)
    api.rival = 1_000_000
    await api.say("/help", clock())
    await until(lambda: any("telegram_conflict" in text for text in api.texts))
    assert "another program reads this bot's messages" in (seat.vitals.telegram or "")
    await until(lambda: api.calls["getUpdates"] > 20)
    api.rival = 0
    await seat.ask("/help")  # heard again, and still suspicious
    assert seat.health == "degraded"
    clock.now += polling.RIVAL_GONE
    await seat.say("/help")
    await until(lambda: seat.vitals.telegram is None)
    assert sum("telegram_conflict" in text for text in api.texts) == 1


async def test_one_conflict_is_our_own_restart(seat: Seat, api: BotApi, clock: Clock) -> None:
    await until(lambda: api.asked.get("timeout") == "10")
    api.rival = 1
    await api.say("/help", clock())
    await until(lambda: "409" in (seat.vitals.telegram or ""))
    await seat.ask("/help")
    clock.now += polling.RIVAL_GONE
    await seat.ask("/help")
    await until(lambda: seat.vitals.telegram is None)
    assert not any("telegram_conflict" in text for text in await seat.told())


async def test_a_flood_limit_is_respected_and_nothing_is_lost(seat: Seat, api: BotApi, clock: Clock) -> None:
    api.flood["sendMessage"] = 30
    await seat.buy("a")
    await until(lambda: "asks for silence for 30 s" in (seat.vitals.telegram or ""))
    await api.say("hello", clock(), chat=666)
    await until(lambda: seat.telegram.strangers == 1)
    assert "asks for silence for 30 s" in (seat.vitals.telegram or "")  # although reading works
    calls = api.calls["sendMessage"]
    with pytest.raises(NotDelivered, match="asked for silence"):
        await seat.telegram.send("hello")
    assert api.calls["sendMessage"] == calls
    clock.now += 30
    assert (await seat.told())[-1].startswith("🟢 OPENED")
    await until(lambda: seat.vitals.telegram is None)


async def test_a_flood_limit_on_reading_is_respected_too(seat: Seat, api: BotApi, clock: Clock) -> None:
    await until(lambda: api.asked.get("timeout") == "10")
    api.flood["getUpdates"] = 30
    await api.say("/help", clock())
    await until(lambda: "asks for silence for 30 s" in (seat.vitals.telegram or ""))
    calls = api.calls["getUpdates"]
    for _ in range(10):
        await seat.telegram.send("hello")
    assert api.calls["getUpdates"] == calls


async def test_who_blocks_the_bot_is_told_by_health(seat: Seat, api: BotApi) -> None:
    api.blocked = True
    with pytest.raises(NotDelivered):
        await seat.telegram.send("hello")
    await api.say("hello", seat.clock(), chat=666)
    await until(lambda: seat.telegram.strangers == 1)
    assert "bot was blocked by the user" in (seat.vitals.telegram or "")  # although reading works
    api.blocked = False
    await seat.telegram.send("hello")
    assert seat.vitals.telegram is None


async def test_text_from_anywhere_is_shown_as_it_is(seat: Seat, api: BotApi) -> None:
    await seat.telegram.send("⚠️ SIGNAL REJECTED: <b>&amp; P&L")
    assert api.texts[-1] == "⚠️ SIGNAL REJECTED: <b>&amp; P&L"


@pytest.mark.parametrize("state", ["fine", "down", "revoked", "rival", "held", "never up"])
async def test_it_hangs_up_quickly_in_every_state(tmp_path: Path, api: BotApi, clock: Clock, state: str) -> None:
    if state == "never up":
        await api.down()
    async with seated(tmp_path / "bot.db", api, clock) as seat:
        await seat.boot()
        if state != "never up":
            await seat.told()
        match state:
            case "down":
                await api.down()
            case "revoked" | "rival":
                setattr(api, state, 1_000_000)
                await api.say("/help", clock())
                await until(lambda: seat.vitals.telegram)
            case "held":
                api.hold()
                await seat.say("/stop")
        begun = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begun < 2
    assert seat.vitals.telegram is None


async def test_a_proxy_that_repeats_the_address_does_not_give_the_token_away(seat: Seat, api: BotApi) -> None:
    api.parrot = 502
    with pytest.raises(NotDelivered) as refusal:
        await seat.telegram.send("hello")
    assert str(refusal.value) == "not reachable (no route for /bot***/sendMessage); alerts wait"
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    await until(lambda: "/bot***/sendMessage" in (seat.vitals.telegram or ""))


@pytest.fixture
def logged(api: BotApi) -> Iterator[io.StringIO]:
    """Everything that reaches the log, at its most talkative."""
    from .seat import configured

    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure(configured(api, LOG_LEVEL="DEBUG"), stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


async def test_the_token_is_in_no_line_of_the_log(logged: io.StringIO, seat: Seat, api: BotApi) -> None:
    await seat.ask("/help")
    api.revoked = True
    await api.say("/help", seat.clock())
    await until(lambda: seat.vitals.telegram)
    await api.down()
    await until(lambda: "not reachable" in (seat.vitals.telegram or ""))
    assert "telegram_deaf" in logged.getvalue()
    assert TOKEN not in logged.getvalue()
    assert TOKEN.split(":")[1] not in logged.getvalue()
