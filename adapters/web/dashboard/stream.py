"""What the page is told, and when: everything at first, then whatever has changed.

Law: nobody watching costs nothing but a point of the price and a look at new journal rows; a watcher who reads slowly
slows down himself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol

import msgspec
import structlog

from fsm.bot import Bot

from ...background import beside
from ...health import Vitals
from ...settings import Settings
from ...store import Reader
from . import moment
from .past import TRADES, Past, gate_names
from .trace import Trace

MARKS = 5_000  # journal rows in which the price's past is looked for
THROTTLE = 0.25  # seconds between two looks, however busy the bot is
HEARTBEAT = 2.0  # seconds; a bot that decides nothing is looked at all the same
WATCHERS = 20  # at a time

log = structlog.get_logger()
Sections = dict[str, bytes]


class Core(Protocol):
    @property
    def bot(self) -> Bot: ...


class Full(Exception):
    """As many watch as may."""


class Dashboard:
    """`bell` rings when something was decided, and is ours to clear. `clock` gives seconds since the epoch.
    `backlog` counts journal rows that were not yet told."""

    def __init__(
        self,
        core: Core,
        settings: Settings,
        vitals: Vitals,
        reader: Reader,
        bell: asyncio.Event,
        clock: Callable[[], float],
        backlog: Callable[[], int] = lambda: 0,
    ) -> None:
        self._core, self._settings, self._vitals, self._clock = core, settings, vitals, clock
        self._bell, self._backlog, self._past = bell, backlog, Past(reader)
        self.trace = Trace(sorted(_prices(reader)))
        self._pulse = asyncio.Event()
        self._watchers, self._open = 0, True

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows the bell while the block lasts."""
        async with beside(self._follow()):
            try:
                yield
            finally:
                self.close()

    def close(self) -> None:
        """End every stream, so that the server need not wait for watchers who would stay for ever."""
        self._open = False
        self._beat()

    def watch(self) -> AsyncIterator[bytes]:
        """Server-sent events until the watcher leaves or the bot stops. Raises Full."""
        if self._watchers >= WATCHERS:
            raise Full
        return self._events()

    async def _events(self) -> AsyncIterator[bytes]:
        self._watchers += 1
        try:
            told = self._sections()
            yield b"retry: 2000\n\n" + _event(self._once() | told)
            while await self._next():
                sections = self._sections()
                yield _event({name: text for name, text in sections.items() if told.get(name) != text})
                told = sections
        finally:
            self._watchers -= 1

    def _once(self) -> Sections:
        """What a page needs once; it goes on by itself."""
        s = self._settings
        about = {"pair": s.trading_pair, "venue": s.active_exchange, "mode": s.trading_mode, "gates": gate_names()}
        return _encoded({"about": about, "trace": self.trace.points})

    def _sections(self) -> Sections:
        bot, at = self._core.bot, self._clock()
        return _encoded(
            {
                "now": moment.now(bot, at),
                "bot": moment.state(bot, self._vitals, self._settings, at),
                "position": moment.position(bot),
                "breakers": moment.breakers(bot),
                "health": moment.healths(bot, self._vitals, self._settings, self._backlog(), at),
                **self._past.sections(bot.limits),
            }
        )

    async def _follow(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                self._look()
            except Exception:  # one row that cannot be read must not blind us for ever
                log.exception("dashboard_lost_track")
            self._beat()
            await asyncio.sleep(THROTTLE)

    def _look(self) -> None:
        bot = self._core.bot
        if bot.mark is not None:
            self.trace.add(bot.marked_at, float(bot.mark))
        self._past.follow()

    def _beat(self) -> None:
        self._pulse.set()
        self._pulse = asyncio.Event()

    async def _next(self) -> bool:
        """The next moment worth a look; False when there are no more."""
        if self._open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._pulse.wait(), HEARTBEAT)
        return self._open


def _prices(reader: Reader) -> Iterator[tuple[float, float]]:
    """What the database knows of the price's past: where something was decided, and where something was traded."""
    yield from reader.marks(MARKS)
    for trade in reader.trades(TRADES):
        yield trade["opened_at"], float(trade["entry_price"])
        yield trade["closed_at"], float(trade["exit_price"])


def _encoded(sections: dict[str, Any]) -> Sections:
    return {name: msgspec.json.encode(section) for name, section in sections.items()}


def _event(sections: Sections) -> bytes:
    return b"data: " + msgspec.json.encode({name: msgspec.Raw(text) for name, text in sections.items()}) + b"\n\n"
