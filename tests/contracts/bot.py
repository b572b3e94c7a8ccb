"""The real core, journal and runner at a desk of a simulated venue: a bot without web and Telegram, and its clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from adapters.exchanges import Desk
from adapters.runner import Runner
from adapters.simulator import SimulatedExchange
from adapters.store import Store
from fsm.book import Trade
from fsm.bot import Bot, State
from fsm.commands import Side, Signal, Stop
from fsm.effects import AnyEffect
from fsm.events import AnyEvent, Booted, Tick
from fsm.step import Decision

from .venues import Clock, Venue


class House:
    """A running bot. Time passes by `tick` alone: a second each, and then everything that was asked is answered."""

    def __init__(self, store: Store, desk: Desk, exchange: SimulatedExchange, clock: Clock) -> None:
        self.store, self.desk, self.exchange, self.clock = store, desk, exchange, clock
        self.runner = Runner(store, clock, self._perform)
        self.effects: list[AnyEffect] = []
        self.hold: Callable[[AnyEffect], bool] = lambda effect: False  # looks at every effect; True: it never leaves

    @property
    def bot(self) -> Bot:
        return self.runner.bot

    @property
    def state(self) -> State:
        return self.bot.state

    async def _perform(self, effect: AnyEffect) -> AnyEvent | None:
        self.effects.append(effect)
        if self.hold(effect):
            return None
        return await self.desk.perform(effect)

    def signal(self, side: Side, signal_id: str) -> Decision:
        now = self.clock()
        return self.runner.fire(Signal(at=now, side=side, signal_id=signal_id, stamp=now, symbol="BTC/USDT"))

    async def enter(self) -> None:
        """Audited, bought and protected."""
        await self.tick()
        self.signal(Side.BUY, "tv-1")
        await self.until(State.IN_POSITION)

    def stop(self) -> Decision:
        return self.runner.fire(Stop(at=self.clock()))

    async def answers(self) -> None:
        """Wait until nothing is under way."""
        while self.runner._tasks:
            await asyncio.wait(self.runner._tasks)

    async def runner_turn(self) -> None:
        """Let what is under way go one step on."""
        await asyncio.sleep(0)

    async def tick(self) -> None:
        self.clock.ahead += 1.0
        self.runner.fire(Tick(at=self.clock()))
        marked = await self.desk.mark()
        if marked is not None:
            self.runner.fire(marked)
        await self.answers()

    async def until(self, *states: State, patience: int = 60) -> None:
        """Let time pass until the bot is in one of these states; answers first, they may be enough."""
        await self.answers()
        for _ in range(patience):
            if self.state in states:
                return
            await self.tick()
        raise AssertionError(f"still {self.state} after {patience} s: {self.bot.ledger}")

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.tick()

    def verdict(self, signal_id: str) -> tuple[str, tuple[str, ...]] | None:
        """What became of a signal, as the journal tells it."""
        found = (v for entry in self.store.reader.entries() for v in entry.verdicts if v.signal_id == signal_id)
        return next(((v.outcome, v.reasons) for v in found), None)

    def told(self) -> list[Trade]:
        """The trades that the journal tells of."""
        return [trade for entry in self.store.reader.entries() for trade in entry.trades]


@asynccontextmanager
async def house(
    venue: Venue, url: str, exchange: SimulatedExchange, clock: Clock, database: Path
) -> AsyncIterator[House]:
    """A process. Leaving it is a crash: what is under way is dropped."""
    client = venue.client(url, exchange, clock)
    await client.connect()
    with Store(database) as store:
        here = House(store, Desk(client, clock), exchange, clock)
        here.runner.fire(Booted(at=clock(), pair="BTC/USDT", tag="abcdef01"))
        yield here
        await here.runner.close(patience=0)
    await client.disconnect()


async def books_agree(here: House) -> None:
    """What the bot believes is what the exchange's own ledger says, and an audit finds nothing."""
    await here.wait(3)
    real = here.exchange.balances()
    bot = here.bot
    assert bot.cash == real["USDT"], (bot.cash, real)
    assert bot.coins + bot.book.foreign == real["BTC"], (bot.coins, real)
    assert (bot.orphan, bot.strays, bot.suspect) == (Decimal(0), (), None)
    assert bot.audited
