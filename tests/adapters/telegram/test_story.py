"""A week at the operator's seat, written down as he sees it: `docs/stories/operators-week.md`.

Real store, core, runner and library over HTTP; only the exchange, Telegram's side and the clock are played. After a
change that is meant, write it anew with: pytest tests/adapters/telegram/test_story.py --rewrite
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.summary import Summary
from fsm.bot import State
from fsm.commands import Rearm, Side
from fsm.events import Marked, Tick

from ..driving import signal
from .botapi import BotApi
from .seat import Clock, Seat, answered, seated, until
from .venue import Venue

pytestmark = pytest.mark.anyio
STORY = Path(__file__).parents[3] / "docs" / "stories" / "operators-week.md"
HEAD = """\
# A week at the operator's seat

What the owner does, what becomes of the bot, and what stands in the Telegram chat: five losses in a row, the daily
limit, the drawdown limit, and the ways back. Written by `tests/adapters/telegram/test_story.py`, which also checks it;
after a change that is meant, `pytest tests/adapters/telegram/test_story.py --rewrite` writes it anew. Times are UTC.
"""


class Teller:
    """Lets things happen, one after the other, and writes down what could be seen of each."""

    def __init__(self, path: Path, api: BotApi, clock: Clock) -> None:
        self.path, self.api, self.clock, self.venue = path, api, clock, Venue(clock)
        self.lines: list[str] = [HEAD]
        self._seen, self._day = 0, ""
        self._signals = 0
        self._life = contextlib.AsyncExitStack()
        self.seat: Seat
        self.summary: Summary

    async def start(self) -> None:
        self.seat = await self._life.enter_async_context(seated(self.path, self.api, self.clock, venue=self.venue))
        self.summary = Summary(self.seat.store.reader, self.seat.store, self.seat.tail.say, self.clock)
        await self.summary.daily_summary()
        await self.seat.boot()

    async def stop(self) -> None:
        await self._life.aclose()

    async def happens(self, when: str, what: str, deed: Awaitable[object]) -> None:
        before = self.seat.state if hasattr(self, "seat") else None
        self._travel(when)
        if before is not None:
            self.seat.runner.fire(Tick(at=self.clock()))
            await answered(self.seat.runner)
        await deed
        await answered(self.seat.runner)
        await self.seat.told()
        after = self.seat.state
        turn = f" ({before.value} → {after.value})" if before not in (None, after) else ""
        self._write(when, f"{what}{turn}")

    def _travel(self, when: str) -> None:
        self.clock.now = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()

    def _write(self, when: str, what: str) -> None:
        date, hour = when.split()
        if date != self._day:
            self._day = date
            self.lines.append(f"\n## {datetime.fromtimestamp(self.clock(), UTC):%A}, {date}\n")
        self.lines.append(f"**{hour}** {what}\n")
        for text in self.api.texts[self._seen :]:
            self.lines += [f"> {line}  " if line else ">" for line in text.splitlines()] + [""]
        self._seen = len(self.api.texts)

    def stands(self, state: State) -> None:
        assert self.seat.state is state

    # -- deeds
    async def buys(self) -> None:
        self._signals += 1
        self.seat.runner.fire(signal(Side.BUY, f"ema-{self._signals}", at=self.clock()))

    async def types(self, command: str) -> None:
        await self.seat.ask(command)

    async def falls(self, factor: str = "") -> None:
        """To the stop, or to a part of the price without stopping at the stop; then the market comes back."""
        price = self.venue.price
        low = (price * D(factor)).quantize(D("0.01")) if factor else self.venue.trigger
        for seen in self.venue.fall(low):
            self.seat.runner.fire(seen)
        self.seat.runner.fire(Marked(at=self.clock(), price=low))
        await self.seat.calm()
        self.venue.price = price
        self.seat.runner.fire(Marked(at=self.clock(), price=price))

    async def loses(self, first: str, then: str) -> None:
        await self.happens(first, "An alert says BUY.", self.buys())
        await self.happens(then, "The price falls to the stop.", self.falls())

    async def restarts(self) -> None:
        await self.stop()
        await self.start()

    async def rearms(self) -> None:
        self.seat.runner.fire(Rearm(at=self.clock(), reason="looked at it, risk halved", by="command line"))

    async def closes_the_day(self) -> None:
        await self.summary.daily_summary()
        await until(lambda: self.seat.tail.idle)


async def test_the_operators_week(tmp_path: Path, api: BotApi, clock: Clock, request: pytest.FixtureRequest) -> None:
    t = Teller(tmp_path / "bot.db", api, clock)
    try:
        await the_week(t)
    finally:
        await t.stop()
    told = "\n".join(t.lines)
    if request.config.getoption("--rewrite"):
        STORY.parent.mkdir(exist_ok=True)
        STORY.write_text(told, encoding="utf-8")
    assert STORY.read_text(encoding="utf-8") == told, (
        "the story is another one: read the difference, and --rewrite if it is meant"
    )


async def the_week(t: Teller) -> None:
    await t.happens("2028-02-28 08:00", "`auto-trader run`", t.start())
    await t.loses("2028-02-28 09:00", "2028-02-28 10:30")
    await t.happens("2028-02-28 10:31", "The owner types `/why`.", t.types("/why"))
    await t.loses("2028-02-28 13:00", "2028-02-28 15:10")
    await t.happens("2028-02-28 23:59", "The day ends.", t.closes_the_day())

    await t.loses("2028-02-29 09:00", "2028-02-29 09:40")
    await t.loses("2028-02-29 17:00", "2028-02-29 18:20")
    await t.happens("2028-02-29 18:30", "The owner types `/status`.", t.types("/status"))
    await t.happens("2028-02-29 23:59", "The day ends.", t.closes_the_day())

    await t.loses("2028-03-01 08:00", "2028-03-01 08:45")
    t.stands(State.PAUSED)
    await t.happens("2028-03-01 09:00", "An alert says BUY.", t.buys())
    await t.happens("2028-03-01 09:10", "The owner types `/trades`.", t.types("/trades"))
    await t.happens("2028-03-01 09:15", "The owner types `/resume`.", t.types("/resume"))
    await t.loses("2028-03-01 11:00", "2028-03-01 11:20")
    await t.loses("2028-03-01 14:00", "2028-03-01 16:00")
    t.stands(State.HALTED)
    await t.happens("2028-03-01 16:05", "The owner types `/resume`.", t.types("/resume"))
    await t.happens("2028-03-01 23:59", "The day ends.", t.closes_the_day())

    await t.happens("2028-03-02 00:01", "The owner types `/resume`.", t.types("/resume"))
    t.stands(State.IDLE)
    await t.happens("2028-03-02 10:00", "An alert says BUY.", t.buys())
    await t.happens("2028-03-02 10:20", "The price jumps down by 25 %, past the stop.", t.falls("0.75"))
    t.stands(State.KILLED)
    await t.happens("2028-03-02 10:25", "The owner types `/resume`.", t.types("/resume"))
    await t.happens("2028-03-02 10:30", "The container restarts by itself.", t.restarts())
    t.stands(State.KILLED)
    await t.happens("2028-03-02 11:00", "An alert says BUY.", t.buys())
    await t.happens("2028-03-02 11:05", "The owner types `/stop`.", t.types("/stop"))
    await t.happens("2028-03-02 12:00", '`auto-trader rearm --reason "looked at it, risk halved"`', t.rearms())
    t.stands(State.HALTED)
    await t.happens("2028-03-02 12:01", "The owner types `/resume`.", t.types("/resume"))
    await t.happens("2028-03-02 23:59", "The day ends.", t.closes_the_day())

    await t.happens("2028-03-03 00:01", "The owner types `/resume`.", t.types("/resume"))
    t.stands(State.IDLE)
    await t.happens("2028-03-03 00:02", "The owner types `/status`.", t.types("/status"))
