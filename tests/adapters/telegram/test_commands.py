"""What a person types and what comes back."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fsm.bot import State
from fsm.commands import Side
from fsm.ledger import Purpose, Status

from ..driving import NOW, signal
from .botapi import BotApi
from .seat import Clock, Seat, answered, until

pytestmark = pytest.mark.anyio


async def test_the_menu_offers_every_command(seat: Seat, api: BotApi) -> None:
    await until(lambda: api.menu)
    offered = [entry["command"] for entry in api.menu]
    assert offered == ["status", "balance", "today", "trades", "why", "stop", "resume", "help"]
    assert [line.split(" ")[0] for line in (await seat.ask("/help")).splitlines()] == [f"/{c}" for c in offered]


async def test_status_of_a_position(seat: Seat) -> None:
    await seat.buy("a")
    assert await seat.ask("/status") == (
        "🟢 in_position · BTC/USDT · binance paper\n\n"
        "Position: 0.07778214 BTC @ 64,210.00\n"
        "Stop: 62,925.80 · price now 64,210.00\n"
        "Open P&L: -5.00 (-0.10 %)\n"
        "Today: +0.00 (+0.00 %)\n\n"
        "Breakers, used of allowed\n"
        "Daily loss: 0.00 of 3 %\n"
        "Drawdown: 0.05 of 15 %\n"
        "Losses in a row: 0 of 5"
    )


async def test_status_says_that_a_stop_is_not_confirmed(seat: Seat) -> None:
    await seat.buy("a")
    (stop,) = seat.runner.bot.ledger.live(Purpose.STOP)
    seat.runner.bot = seat.runner.bot.record(replace(stop, status=Status.PLANNED))
    assert "Stop: 62,925.80 (not confirmed by the exchange) · price now 64,210.00" in await seat.ask("/status")


async def test_status_says_why_nothing_is_traded(seat: Seat) -> None:
    await seat.ask("/stop")
    lines = (await seat.ask("/status")).splitlines()
    assert lines[:4] == ["🛑 halted · BTC/USDT · binance paper", "• stopped by telegram @user4242", "", "No position."]


async def test_balance_today_and_trades_after_a_stop_loss(seat: Seat) -> None:
    assert await seat.ask("/trades") == "No trades yet."
    await seat.buy("a")
    await seat.fall(D("62925.80"))
    assert await seat.ask("/balance") == (
        "Equity: 9,890.22 USDT\nCash: 9,890.08 USDT\nCoins: 0.00000214 BTC @ 62,925.80\n"
        "Realised since the start: -109.92 USDT"
    )
    assert (await seat.ask("/today")).splitlines()[:5] == [
        "2025-11-24 (UTC)",
        "Trades: 1 · won 0 · lost 1",
        "P&L: -109.92 (-1.10 %) after 9.89 fees",
        "Open P&L: +0.00",
        "Opened the day with 10,000.00",
    ]
    assert await seat.ask("/trades") == (
        "Last trades, newest first (UTC)\n⛔ 11-24 16:00 0.07786 64,210.00 → 62,925.80: -109.92 (-2.20 %), stop_loss"
    )


async def test_why_ticks_the_seven_gates_with_what_they_saw(seat: Seat) -> None:
    assert await seat.ask("/why") == "No signal has come yet."
    await seat.buy("ema <b>&9")
    assert await seat.ask("/why") == (
        "BUY ema <b>&9 at 11-24 16:00:00 UTC\n"
        "→ opened\n"
        "✅ max_positions: one at a time\n"
        "✅ daily_loss_limit: today +0.00 %, limit -3 %\n"
        "✅ not_duplicate: heard once\n"
        "✅ min_balance: equity 10,000.00, at least 50.00\n"
        "✅ exchange_reachable: it answered\n"
        "✅ min_notional: 4,999.39 at 64,210.00, at least 10.00\n"
        "✅ pair_available: listed, trading"
    )


async def test_why_crosses_every_gate_that_refused(seat: Seat) -> None:
    seat.venue.base = D(1)  # coins nobody knows of yet
    seat.venue.cash = D(1)
    seat.runner.fire(signal(Side.BUY, "a"))
    await answered(seat.runner)
    said = (await seat.ask("/why")).splitlines()
    open_already, too_small = "a position is already open", "the size, or its stop, is under the exchange's minimum"
    assert said[1] == f"→ refused: {open_already}; {too_small}"
    assert [line.split(":")[0] for line in said[2:]] == [
        "❌ max_positions",
        "✅ daily_loss_limit",
        "✅ not_duplicate",
        "✅ min_balance",
        "✅ exchange_reachable",
        "❌ min_notional",
        "✅ pair_available",
    ]


async def test_why_of_a_signal_that_did_not_reach_the_gates(seat: Seat) -> None:
    seat.runner.fire(signal(Side.BUY, "old", stamp=NOW - 100))
    said = (await seat.ask("/why")).splitlines()
    assert said[1] == "→ refused: it came too late: 100 s old, at most 60 s"
    assert said[2:] == [f"▫️ {line.split(': ')[0][3:]}: not asked" for line in said[2:]]
    assert len(said) == 9


async def test_why_of_a_sell_has_no_gates(seat: Seat) -> None:
    await seat.buy("a")
    seat.runner.fire(signal(Side.SELL, "b"))
    await seat.calm()
    assert await seat.ask("/why") == "SELL b at 11-24 16:00:00 UTC\n→ closed"


async def test_resume_says_which_guard_refuses(seat: Seat) -> None:
    assert await seat.ask("/resume") == (
        "✋ Refused, still idle: not while idle\nThere is nothing to resume: the next signal is welcome."
    )
    await seat.ask("/stop")
    assert await seat.ask("/resume") == "▶️ RESUMED: idle."
    assert seat.state is State.IDLE


async def test_who_did_it_is_in_the_journal(seat: Seat) -> None:
    await seat.ask("/stop")
    assert seat.runner.bot.why == ("stopped by telegram @user4242",)


async def test_a_command_for_another_bot_is_not_for_us(seat: Seat) -> None:
    await seat.say("/stop@somebody_else_bot")
    await until(lambda: len(seat.api.sent) > 1)
    assert seat.state is State.IDLE
    await seat.say("/stop@trader_bot")
    await until(lambda: seat.state is State.HALTED)


async def test_an_unknown_command_is_answered_with_what_there_is(seat: Seat) -> None:
    assert "/status — " in await seat.ask("/panic")


async def test_chatter_is_not_answered(seat: Seat, api: BotApi) -> None:
    await seat.say("stop")
    assert (await seat.ask("/help")).startswith("/status")
    assert len(api.sent) == 2
    assert seat.state is State.IDLE


async def test_an_old_command_is_ignored_with_a_note(seat: Seat, api: BotApi, clock: Clock) -> None:
    await seat.ask("/stop")
    clock.now += 7200
    await api.say("/resume", clock() - 61)
    await until(lambda: len(api.sent) == 3)
    assert api.texts[2] == "That was 61 s ago, too old to act on. Send it again if you still mean it."
    assert seat.state is State.HALTED


async def test_a_command_of_a_minute_ago_still_counts(seat: Seat, api: BotApi, clock: Clock) -> None:
    await seat.ask("/stop")
    await api.say("/resume", clock() - 60)
    await until(lambda: seat.state is State.IDLE)


@pytest.mark.parametrize("text", ["/stop", "/stop@trader_bot", "/stop please"])
async def test_an_old_stop_always_counts(seat: Seat, api: BotApi, clock: Clock, text: str) -> None:
    await api.say(text, clock() - 7200)
    await until(lambda: seat.state is State.HALTED)


async def test_an_old_command_of_another_name_does_not_count_as_stop(seat: Seat, api: BotApi, clock: Clock) -> None:
    await api.say("/stopwatch", clock() - 7200)
    await until(lambda: len(api.sent) == 2)
    assert seat.state is State.IDLE


async def test_an_edited_message_does_not_fire_again(seat: Seat, api: BotApi, clock: Clock) -> None:
    edited = await api.say("/stop", clock(), edited=True)
    await until(lambda: edited in api.delivered)
    assert (await seat.ask("/help")).startswith("/status")
    assert seat.state is State.IDLE
    assert api.asked["allowed_updates"] == '["message", "callback_query"]'
