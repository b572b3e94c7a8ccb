"""`ok`, `degraded` or `halted`, and why in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.health import Vitals, health
from adapters.settings import load
from fsm.book import Book
from fsm.bot import Bot, State
from fsm.ledger import Ledger, Order, Purpose, Status

SETTINGS = load({"TRADING_MODE": "paper", "WEBHOOK_SECRET": "x" * 32})
READY = Bot(
    audited=True,
    pair="BTC/USDT",
    book=Book(cash=Decimal(10_000), peak=Decimal(10_000), day_open=Decimal(10_000)),
)
ENTRY = Order(
    "e", Purpose.ENTRY, Decimal(1), 0, 5, status=Status.FILLED, filled=Decimal(1), cost=Decimal(100), final=True
)


def vitals(**fields: Any) -> Vitals:
    return Vitals(**{"started_at": 100.0, "exchange_connected": True, **fields})


def test_all_is_well() -> None:
    found = health(READY, vitals(), SETTINGS, 160.7)
    assert (found.status, found.reasons, found.uptime_seconds) == ("ok", (), 60)


def test_a_clock_set_back_gives_no_negative_uptime() -> None:
    assert health(READY, vitals(), SETTINGS, 0.0).uptime_seconds == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"exchange_connected": False}, "exchange: not connected"),
        ({"telegram": "token rejected"}, "telegram: token rejected"),
        ({"database": "disk full"}, "database: disk full"),
        ({"troubles": ["clock: 2 s behind"]}, "clock: 2 s behind"),
    ],
)
@pytest.mark.parametrize(("state", "status"), [(State.IDLE, "degraded"), (State.HALTED, "halted")])
def test_troubles_degrade_but_do_not_hide_a_halt(
    trouble: dict[str, Any], reason: str, state: State, status: str
) -> None:
    found = health(replace(READY, state=state), vitals(**trouble), SETTINGS, 100)
    assert (found.status, found.reasons[-1]) == (status, reason)


def test_an_order_without_an_answer_degrades() -> None:
    doubtful = Order("s", Purpose.STOP, Decimal(1), 0, 5, Decimal(98), status=Status.OPEN, doubts=1)
    bot = replace(READY, state=State.IN_POSITION, ledger=Ledger((ENTRY, doubtful)))
    found = health(bot, vitals(), SETTINGS, 100)
    assert (found.status, found.reasons, found.open_positions) == (
        "degraded",
        ("orders: one has no definite answer yet",),
        1,
    )


def test_an_account_not_yet_audited_degrades() -> None:
    found = health(replace(READY, audited=False), vitals(), SETTINGS, 100)
    assert (found.status, found.reasons) == ("degraded", ("account: not yet audited, so entries wait",))


@pytest.mark.parametrize(
    ("state", "why", "reasons"),
    [
        (State.PAUSED, ("losing_streak",), ("5 losses in a row: /resume when you have looked",)),
        (State.HALTED, ("daily_loss_limit",), ("daily loss -3.25 % reached the limit of 3 %",)),
        (
            State.KILLED,
            ("drawdown",),
            ("drawdown reached the limit of 15 %: restart by hand with auto-trader rearm",),
        ),
        (State.HALTED, ("stopped by Ann",), ("stopped by Ann",)),
        (State.HALTED, (), ("the bot is halted",)),
    ],
)
def test_a_halt_is_explained_in_words(state: State, why: tuple[str, ...], reasons: tuple[str, ...]) -> None:
    book = replace(READY.book, streak=5, day_pnl=Decimal(-325))
    found = health(replace(READY, state=state, why=why, book=book), vitals(), SETTINGS, 100)
    assert (found.status, found.reasons, found.state) == ("halted", reasons, state.value)
    assert found.daily_pnl_pct == -3.25


def test_every_alarm_has_words() -> None:
    from fsm.breakers import ALARMS

    for alarm in ALARMS:
        bot = replace(READY, state=State.HALTED, why=(alarm.__name__,))
        (reason,) = health(bot, vitals(), SETTINGS, 100).reasons
        assert reason != alarm.__name__


def test_a_halted_bot_tells_of_coins_without_a_stop() -> None:
    bot = replace(READY, state=State.HALTED, why=("stopped",), ledger=Ledger((ENTRY,)))
    found = health(bot, vitals(), SETTINGS, 100)
    assert found.reasons == ("stopped", "1 BTC without a confirmed stop")


def test_an_alarm_that_came_after_the_halt_is_told_as_well() -> None:
    bot = replace(READY, state=State.HALTED, why=("unprotectable",), orphan=Decimal(-1))
    found = health(bot, vitals(), SETTINGS, 100)
    assert len(found.reasons) == 2
    assert "auto-trader orphan" in found.reasons[1]


def test_no_negative_zero() -> None:
    bot = replace(READY, book=replace(READY.book, day_pnl=Decimal("-0.000001")))
    assert str(health(bot, vitals(), SETTINGS, 100).daily_pnl_pct) == "0.0"


def test_a_stop_that_is_on_its_way_for_long_leaves_the_coins_bare_and_says_how_many() -> None:
    unconfirmed = Order("s", Purpose.STOP, Decimal(1), 0, 5, Decimal(98))
    bot = replace(
        READY, state=State.ORDERING, ledger=Ledger((ENTRY, unconfirmed)), bare_since=0.0, bare_told=True, now=15.0
    )
    assert "position: 1 BTC without a confirmed stop" in health(bot, vitals(), SETTINGS, 115).reasons
