"""The buttons under an orphan alert."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from adapters.telegram import orphans
from fsm.bot import State
from fsm.breakers import orphaned

from .botapi import BotApi
from .seat import Clock, Seat, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def orphan(seat: Seat, api: BotApi) -> Seat:
    """Half a coin that nobody can explain; the alert is in the chat."""
    seat.venue.base += D("0.5")
    await seat.pass_time(70)
    assert seat.state is State.HALTED
    await seat.told()
    return seat


async def press(seat: Seat, data: str) -> tuple[str, list[str]]:
    """Press a button; what is there afterwards."""
    before = len(seat.api.edits)
    await seat.api.press(data, seat.clock())
    await until(lambda: len(seat.api.edits) > before)
    return seat.api.edits[-1].text, seat.api.edits[-1].buttons


async def test_the_alert_carries_the_choices(orphan: Seat, api: BotApi) -> None:
    alert = api.sent[-1]
    assert alert.text.startswith("❌ ERROR: orphaned — ")
    assert alert.buttons == ["orphan:keep", "orphan:adopt", "orphan:exit"]
    await orphan.telegram.send("⚠️ SIGNAL REJECTED: nothing_to_sell")
    assert all(not message.buttons for message in api.sent if message is not alert)


@pytest.mark.parametrize(
    ("choice", "position", "foreign"), [("keep", "0", "0.5"), ("adopt", "0.5", "0"), ("exit", "0", "0")]
)
async def test_a_choice_is_asked_and_then_done(
    orphan: Seat, api: BotApi, choice: str, position: str, foreign: str
) -> None:
    text, buttons = await press(orphan, f"orphan:{choice}")
    assert text.startswith(f"🧩 Unexplained: 0.5 BTC.\n{choice}: ")
    assert buttons[1] == "orphan:back"
    assert orphaned(orphan.runner.bot)

    text, buttons = await press(orphan, buttons[0])
    assert text == f"🧩 {choice}, decided by telegram @user4242. /resume trades again."
    assert buttons == []
    bot = orphan.runner.bot
    assert not orphaned(bot)
    await until(lambda: orphan.runner.bot.ledger.position == D(position))
    assert bot.book.foreign == D(foreign)
    assert sum("🧩" in text for text in await orphan.told()) == 0  # answered in place
    await until(lambda: "RESUMED" in api.sent[-1].text or not orphan.runner._tasks)


async def test_a_confirmation_expires(orphan: Seat, clock: Clock) -> None:
    _, buttons = await press(orphan, "orphan:exit")
    clock.now += orphans.EXPIRES + 1
    text, again = await press(orphan, buttons[0])
    assert text.startswith("Too late: a confirmation is good for 60 s. Nothing was done.")
    assert again == ["orphan:keep", "orphan:adopt", "orphan:exit"]
    assert orphaned(orphan.runner.bot)


async def test_a_confirmation_is_good_until_it_expires(orphan: Seat, clock: Clock) -> None:
    _, buttons = await press(orphan, "orphan:keep")
    clock.now += orphans.EXPIRES
    await press(orphan, buttons[0])
    assert not orphaned(orphan.runner.bot)


async def test_only_the_latest_confirmation_counts_and_only_once(orphan: Seat) -> None:
    _, exit_ = await press(orphan, "orphan:exit")
    _, keep = await press(orphan, "orphan:keep")
    text, _ = await press(orphan, exit_[0])
    assert text.startswith("That confirmation was used, or replaced by another.")
    text, _ = await press(orphan, keep[0])  # the wrong press used up the question
    assert text.startswith("That confirmation was used")
    assert orphaned(orphan.runner.bot)


async def test_a_confirmation_is_used_once(orphan: Seat) -> None:
    """The same coins again, and the same button: it is asked again."""
    _, buttons = await press(orphan, "orphan:keep")
    await press(orphan, buttons[0])
    orphan.venue.base += D("0.5")
    await orphan.pass_time(1)
    while not orphaned(orphan.runner.bot):
        await orphan.pass_time(1)
    orphan.clock.now -= 120
    text, _ = await press(orphan, buttons[0])
    assert text.startswith("That confirmation was used")
    assert orphaned(orphan.runner.bot)


async def test_back_forgets_the_question(orphan: Seat) -> None:
    _, buttons = await press(orphan, "orphan:exit")
    text, choices = await press(orphan, "orphan:back")
    assert text == "🧩 Unexplained: 0.5 BTC.\nWhat is to become of it?"
    assert len(choices) == 3
    await press(orphan, buttons[0])
    assert orphaned(orphan.runner.bot)


async def test_what_changed_since_it_was_shown_is_shown_again(orphan: Seat) -> None:
    _, buttons = await press(orphan, "orphan:exit")
    orphan.venue.base += D("0.25")
    await orphan.pass_time(50)
    while orphan.runner.bot.orphan != D("0.75"):
        await orphan.pass_time(1)
    orphan.clock.now -= 55  # the confirmation itself is young enough
    text, _ = await press(orphan, buttons[0])
    assert text.startswith("It changed in the meantime. Nothing was done; look again.\n🧩 Unexplained: 0.75 BTC.")


async def test_a_button_from_yesterday_finds_nothing_to_decide(seat: Seat) -> None:
    text, buttons = await press(seat, "orphan:exit")
    assert (text, buttons) == ("Nothing is unexplained any more.", [])
    text, buttons = await press(seat, "orphan:yes:0123456789abcdef")
    assert text.endswith("Nothing is unexplained any more.")
    text, buttons = await press(seat, "launch:missiles")
    assert (text, buttons) == ("This button is from another time.", [])


async def test_a_second_orphan_in_the_same_halt_is_told_as_well(orphan: Seat, api: BotApi) -> None:
    _, buttons = await press(orphan, "orphan:keep")
    await press(orphan, buttons[0])
    orphan.venue.strangers = ("somebody-elses-order",)
    await orphan.pass_time(130)
    await orphan.told()
    alerts = [message for message in api.sent if "ERROR: orphaned" in message.text]
    assert len(alerts) == 2
    assert alerts[1].buttons == ["orphan:keep", "orphan:adopt", "orphan:exit"]
    assert any(text.startswith("✅ RECOVERED: nothing on the account is unexplained") for text in api.texts)
