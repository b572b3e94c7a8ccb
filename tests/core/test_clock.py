"""The machine's clock is set, forwards or back, while the bot is down."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from fsm.book import DAY
from fsm.bot import Bot, State
from fsm.events import Booted, Tick
from fsm.ledger import ARRIVAL, NEVER
from fsm.step import step
from tests.world.desk import KRAKEN, PRICE, Desk

LEAPS = (-400 * DAY, -3600.0, -1.0, 1.0, 3600.0, DAY)


def restart(desk: Desk, leap: float) -> None:
    desk.exchange.skew += leap
    desk.crash()


@pytest.mark.parametrize("leap", LEAPS)
def test_a_lost_entry_is_not_absent_before_it_could_no_longer_arrive(leap: float) -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.send("never_arrives")
    restart(desk, leap)
    booted = desk.now
    desk.calm()
    while desk.bot.signal:
        assert desk.now - booted < 20
        desk.wait(1)
    assert desk.state is State.IDLE
    assert desk.now - booted > ARRIVAL


@pytest.mark.parametrize("leap", LEAPS)
def test_the_stop_goes_on_being_asked_about(leap: float) -> None:
    """What is due is due by the new clock: nothing waits for the old time to come again."""
    desk = Desk().open().hold()
    restart(desk, leap)
    desk.calm()
    assert desk.state is State.IN_POSITION
    desk.exchange.move(PRICE * D("0.97"))
    desk.wait(10)
    assert desk.state is State.IDLE
    assert desk.bot.book.day_pnl < 0


def test_a_day_that_a_wrong_clock_began_is_taken_back() -> None:
    desk = Desk().open()
    today = desk.bot.book.day
    restart(desk, 400 * DAY)
    desk.calm()
    assert desk.bot.book.day == today + 400
    restart(desk, -400 * DAY)
    desk.calm()
    assert desk.bot.book.day == today
    restart(desk, DAY)
    desk.calm()
    assert desk.bot.book.day == today + 1


def test_midnight_to_the_millisecond() -> None:
    bot = step(Bot(), Booted(at=20_000 * DAY - 0.001)).bot
    assert bot.book.day == 19_999
    assert step(bot, Tick(at=20_000 * DAY - 0.0005)).bot.book.day == 19_999
    assert step(bot, Tick(at=20_000 * DAY)).bot.book.day == 20_000
    late = step(step(bot, Tick(at=20_000 * DAY)).bot, Tick(at=20_000 * DAY - 0.001)).bot
    assert late.book.day == 20_000, "a late input does not bring yesterday back"


def test_every_moment_of_the_bot_moves_along() -> None:
    """A field that is forgotten here would live in another time than the rest."""
    desk = Desk().open().hold()
    before, by = desk.bot, -3600.0
    after = before.set_clock(by)
    for old, new in zip(before.ledger.orders, after.ledger.orders, strict=True):
        for name in ("at", "expires", "checked", "asked_at", "missed_at", "since"):
            was = getattr(old, name)
            assert getattr(new, name) == (was if was in (0.0, NEVER) else was + by), name
    for name in ("now", "marked_at", "audit_at", "pictured"):
        assert getattr(after, name) == getattr(before, name) + by, name
    assert [h.at for h in after.heard] == [h.at + by for h in before.heard]
    assert after.book.lost_at == NEVER
    floats = {n for n in Bot.__struct_fields__ if isinstance(getattr(before, n), float)}
    assert floats == {"now", "marked_at", "audit_at", "pictured"}, "a new moment: does set_clock know it?"


def test_naked_for_fifteen_seconds_is_told_once() -> None:
    desk = Desk().open()
    desk.buy("tv-1")
    desk.send()
    desk.send()  # bought
    desk.send("never_arrives")  # its stop
    told: list[float] = []
    bare_since = desk.bot.bare_since
    assert bare_since is not None
    for _ in range(40):
        desk.exchange.now += 1
        d = desk.feed(Tick(at=desk.now))
        told += [desk.now - bare_since] if "naked" in d.reasons else []
        desk.wire.todo.clear()  # the exchange is away
    assert told == [15.0]
    assert desk.bot.bare_told


def test_the_stops_that_a_venue_makes_are_awaited_anew_after_a_restart() -> None:
    """Measured by the old clock they would be overdue at once, and a second stop would lie beside them."""
    desk = Desk(market=KRAKEN).open().hold("tv-1")
    (entry,) = desk.bot.childless
    for leap in LEAPS:
        booted = step(desk.bot, Booted(at=desk.now + leap, pair=desk.bot.pair, tag=desk.bot.tag)).bot
        (entry,) = booted.childless
        assert entry.since == booted.now
