"""A bot in paper mode: the real core, journal, runner, desk and venue client, and a clock for its ticks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from adapters.exchanges import Desk, Refused, Unresolved, create_client
from adapters.paper import Pace, PaperVenue, market
from adapters.runner import Runner
from adapters.settings import Settings, load
from adapters.simulator import SimulatedExchange
from adapters.store import Identity, Store
from fsm.book import Trade
from fsm.bot import Bot, State
from fsm.commands import Side, Signal
from fsm.events import Booted, Marked, Tick
from fsm.step import Decision

QUICK = Pace(between=0.04, stale=0.8, terms=60.0, patience=2.0, page=0.0)
SECRET = "a-secret-long-enough-for-the-webhook-1"


class Clock:
    """The real time, and jumps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def settings(venue: str, folder: Path, source: str, **more: str) -> Settings:
    """As an operator would set them: no keys."""
    return load(
        {
            "ACTIVE_EXCHANGE": venue,
            "TRADING_MODE": "paper",
            "EXCHANGE_URL": source,
            "WEBHOOK_SECRET": SECRET,
            "DATABASE_PATH": str(folder / "bot.db"),
            "HOST": "127.0.0.1",
            "PORT": "0",
            **more,
        }
    )


class House:
    """A running bot. Time passes by `tick` alone: a second each, and then everything that was asked is answered."""

    def __init__(self, store: Store, desk: Desk, venue: PaperVenue, clock: Clock) -> None:
        self.store, self.desk, self.venue, self.clock = store, desk, venue, clock
        self.runner = Runner(store, clock, desk.perform)
        self.marks: list[Marked] = []

    @property
    def bot(self) -> Bot:
        return self.runner.bot

    @property
    def exchange(self) -> SimulatedExchange:
        assert self.venue.exchange is not None
        return self.venue.exchange

    def signal(self, side: Side, signal_id: str) -> Decision:
        now = self.clock()
        return self.runner.fire(Signal(at=now, side=side, signal_id=signal_id, stamp=now, symbol="BTC/USDT"))

    async def answers(self) -> None:
        while self.runner._tasks:
            await asyncio.wait(self.runner._tasks)

    async def tick(self) -> None:
        self.clock.ahead += 1.0
        self.runner.fire(Tick(at=self.clock()))
        if (marked := await self.desk.mark()) is not None:
            self.marks.append(marked)
            self.runner.fire(marked)
        await self.answers()

    async def until(self, holds: Callable[[], bool], patience: int = 40) -> None:
        """Let time pass until it holds; answers first, they may be enough."""
        await self.answers()
        for _ in range(patience):
            if holds():
                return
            await self.tick()
        raise AssertionError(f"not after {patience} s: {self.bot.state} {self.bot.ledger}")

    async def state(self, wanted: State) -> None:
        await self.until(lambda: self.bot.state is wanted)

    def booked(self) -> list[Trade]:
        """The trades that the journal tells of."""
        return [trade for entry in self.store.reader.entries() for trade in entry.trades]

    async def ready(self) -> None:
        await self.until(lambda: self.bot.audited)

    async def agrees(self) -> None:
        """What the bot believes is what the paper exchange's own ledger says."""
        for _ in range(3):
            await self.tick()
        real = self.exchange.balances()
        assert (self.bot.cash, self.bot.coins) == (real["USDT"], real["BTC"])
        assert (self.bot.orphan, self.bot.strays, self.bot.suspect) == (0, (), None)


@asynccontextmanager
async def house(wanted: Settings, clock: Clock, pace: Pace = QUICK) -> AsyncIterator[House]:
    """A process. Leaving it is a crash: what is under way is dropped."""
    async with market(wanted, clock, pace=pace) as venue:
        given = venue.account(wanted)
        client = create_client(replace(given, trading_mode="testnet"), clock)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(client.disconnect)
            store = stack.enter_context(Store(given.database_path))
            identity = store.claim(Identity("venue", "paper", given.trading_pair, venue.api_key))
            here = House(store, Desk(client, clock), venue, clock)
            try:
                await client.connect()
            except (Refused, Unresolved):
                assert venue.trouble
            here.runner.fire(Booted(at=clock(), pair="BTC/USDT", tag=identity.tag, epoch=identity.epoch))
            stack.push_async_callback(here.runner.close, 0)
            yield here


async def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what happens by itself."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)
