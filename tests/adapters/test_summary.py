"""The daily summary under a frozen clock: every day once, whatever the process did around midnight."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from adapters.store import Store
from adapters.summary import Summary, due, text
from fsm.book import DAY
from fsm.commands import Side
from fsm.effects import Place
from fsm.step import step

from .driving import BOOT, NOW, assessed, filled, resting, signal

pytestmark = pytest.mark.anyio
ROW = {"trades": 3, "wins": 2, "losses": 1, "pnl": "12.3456", "fees": "1"}


def stamp(when: str) -> float:
    return datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()


def day(date: str) -> int:
    return int(stamp(date) // DAY)


@pytest.mark.parametrize(
    ("told", "now", "days"),
    [
        ("2028-02-28", "2028-02-29 23:58:59.9", []),
        ("2028-02-28", "2028-02-29 23:59:00", ["2028-02-29"]),  # a leap day
        ("2028-02-28", "2028-03-01 00:00:00", ["2028-02-29"]),
        ("2028-02-28", "2028-03-01 23:59:30", ["2028-02-29", "2028-03-01"]),
        ("2027-02-27", "2027-03-01 00:00:00", ["2027-02-28"]),  # no leap day
        ("2027-12-31", "2027-12-31 23:59:59", []),
        ("2027-12-30", "2028-01-01 00:00:00", ["2027-12-31"]),
    ],
)
def test_a_day_is_due_at_one_minute_to_midnight(told: str, now: str, days: list[str]) -> None:
    assert list(due(day(told), stamp(now))) == [day(d) for d in days]


@pytest.mark.parametrize(
    ("row", "late", "said"),
    [
        (ROW, False, "📊 DAILY SUMMARY: Trades: 3 | P&L: +12.35 | Win rate: 66.7%"),
        ({**ROW, "wins": 0, "pnl": "-5"}, False, "📊 DAILY SUMMARY: Trades: 3 | P&L: -5.00 | Win rate: 0.0%"),
        (None, False, "📊 DAILY SUMMARY: Trades: 0 | P&L: +0.00 | Win rate: 0.0%"),
        (ROW, True, "📊 DAILY SUMMARY: Trades: 3 | P&L: +12.35 | Win rate: 66.7% (late, for 2028-02-29)"),
    ],
)
def test_its_text(row: dict[str, object] | None, late: bool, said: str) -> None:
    assert text(row, day("2028-02-29"), late) == said


class Life:
    """Processes that come and go over one database, and what they said."""

    def __init__(self, store: Store) -> None:
        self.store, self.said = store, list[str]()
        self.undelivered: list[Callable[[], None]] = []
        self.deaf = False
        self.start()

    def start(self) -> None:
        self.summary = Summary(self.store.reader, self.store, self._say, lambda: time.time())

    def _say(self, text: str, told: Callable[[], None]) -> None:
        self.said.append(text)
        if self.deaf:
            self.undelivered.append(told)
        else:
            told()

    async def run(self) -> list[str]:
        """What is said now, by the job or at a start."""
        self.said.clear()
        await self.summary.daily_summary()
        return self.said

    async def restart(self) -> list[str]:
        self.start()
        return await self.run()


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with Store(tmp_path / "bot.db") as store:
        yield Life(store)


@pytest.fixture
def frozen() -> Iterator[FrozenDateTimeFactory]:
    with freeze_time("2028-02-28 12:00:00", real_asyncio=True) as clock:
        assert isinstance(clock, FrozenDateTimeFactory)
        yield clock


EMPTY = "📊 DAILY SUMMARY: Trades: 0 | P&L: +0.00 | Win rate: 0.0%"


async def test_each_day_is_told_once_through_a_leap_day(life: Life, frozen: FrozenDateTimeFactory) -> None:
    assert await life.run() == []
    for date in ("2028-02-28", "2028-02-29", "2028-03-01"):
        frozen.move_to(f"{date} 23:58:59")
        assert await life.run() == []
        frozen.move_to(f"{date} 23:59:00")
        assert await life.run() == [EMPTY]
        frozen.move_to(f"{date} 23:59:59")
        assert await life.run() == await life.restart() == []


async def test_a_new_database_has_no_past(life: Life, frozen: FrozenDateTimeFactory) -> None:
    frozen.move_to("2028-02-28 23:59:30")
    assert await life.run() == []
    frozen.move_to("2028-02-29 23:59:00")
    assert await life.run() == [EMPTY]


async def test_missed_while_down_it_is_told_at_the_start_and_marked_late(
    life: Life, frozen: FrozenDateTimeFactory
) -> None:
    await life.run()
    frozen.move_to("2028-02-29 00:00:01")
    assert await life.restart() == [f"{EMPTY} (late, for 2028-02-28)"]
    assert await life.restart() == []
    frozen.move_to("2028-02-29 23:59:00")
    assert await life.run() == [EMPTY]


async def test_a_restart_in_the_last_minute_is_not_late(life: Life, frozen: FrozenDateTimeFactory) -> None:
    await life.run()
    frozen.move_to("2028-02-28 23:59:40")
    assert await life.restart() == [EMPTY]


async def test_after_a_long_absence_only_days_with_news_and_the_last(life: Life, frozen: FrozenDateTimeFactory) -> None:
    await life.run()
    life.store._db.execute("INSERT INTO daily_stats VALUES ('2028-03-01', '10000', 2, 1, 1, '7.5', '0.1')")
    frozen.move_to("2028-03-05 08:00:00")
    assert await life.restart() == [
        "📊 DAILY SUMMARY: Trades: 2 | P&L: +7.50 | Win rate: 50.0% (late, for 2028-03-01)",
        f"{EMPTY} (late, for 2028-03-04)",
    ]


async def test_until_it_was_delivered_a_restart_says_it_again(life: Life, frozen: FrozenDateTimeFactory) -> None:
    await life.run()
    life.store._db.execute("INSERT INTO daily_stats VALUES ('2028-02-28', '10000', 0, 0, 0, '0', '0')")
    life.deaf = True
    frozen.move_to("2028-02-28 23:59:00")
    assert await life.run() == [EMPTY]
    frozen.move_to("2028-02-29 23:59:00")
    assert await life.run() == [EMPTY]  # yesterday's is still on its way
    assert await life.restart() == [f"{EMPTY} (late, for 2028-02-28)", EMPTY]
    for told in life.undelivered[2:]:
        told()
    assert await life.restart() == []


async def test_the_numbers_are_those_of_the_books(life: Life) -> None:
    bot = life.store.load()
    for input in (*BOOT, signal(Side.BUY, "a"), assessed("a")):
        decision = step(bot, input)
        life.store.append(decision)
        bot = decision.bot
    for answer in (lambda p: filled(p, D(64_210)), resting):
        placed = next(e for e in decision.effects if isinstance(e, Place))
        decision = step(bot, answer(placed))
        life.store.append(decision)
        bot = decision.bot
    decision = step(bot, filled(placed, D(62_925)))
    life.store.append(decision)
    with freeze_time(datetime.fromtimestamp(NOW, UTC), real_asyncio=True) as frozen:
        await life.run()
        frozen.move_to(datetime.fromtimestamp(NOW, UTC).replace(hour=23, minute=59))
        (said,) = await life.run()
    assert said == f"📊 DAILY SUMMARY: Trades: 1 | P&L: {decision.bot.book.realised:+.2f} | Win rate: 0.0%"
