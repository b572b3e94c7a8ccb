"""The whole seat: real store, core, runner and library; only the exchange and Telegram's side are played."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path

from adapters.health import Vitals, health
from adapters.notifications import Narrator, Tail, Troubles
from adapters.runner import Runner
from adapters.settings import Settings, load
from adapters.store import Store
from adapters.telegram import Telegram, running
from fsm.bot import State
from fsm.commands import Side
from fsm.events import Booted, Marked, Tick
from fsm.guards import flat, quiet
from fsm.limits import Limits

from ..driving import NOW, signal
from .botapi import OWNER, TOKEN, BotApi
from .venue import Venue


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


def configured(api: BotApi, **more: str) -> Settings:
    return load(
        {
            "TRADING_MODE": "paper",
            "WEBHOOK_SECRET": "a-secret-of-the-webhook-0123456789abcdef",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_CHAT_ID": str(OWNER),
            "TELEGRAM_API_URL": api.url,
            **more,
        }
    )


@dataclass
class Seat:
    """One bot with an operator. Time stands still unless a test moves it."""

    api: BotApi
    venue: Venue
    clock: Clock
    settings: Settings
    store: Store
    runner: Runner
    vitals: Vitals
    tail: Tail
    telegram: Telegram

    @property
    def state(self) -> State:
        return self.runner.bot.state

    @property
    def health(self) -> str:
        return health(self.runner.bot, self.vitals, self.settings, self.clock()).status

    async def boot(self, limits: Limits = Limits()) -> None:  # noqa: B008 (a frozen value)
        self.runner.fire(Booted(at=self.clock(), pair="BTC/USDT", limits=limits, tag="0badcafe"))
        await until(lambda: self.runner.bot.audited)
        self.runner.fire(Marked(at=self.clock(), price=self.venue.price))

    async def buy(self, signal_id: str) -> None:
        """A position with its stop at the exchange."""
        self.runner.fire(signal(Side.BUY, signal_id, at=self.clock()))
        await until(lambda: self.state is State.IN_POSITION)

    async def fall(self, price: D) -> None:
        """Through the stop, down to this price."""
        for seen in self.venue.fall(price):
            self.runner.fire(seen)
        self.runner.fire(Marked(at=self.clock(), price=price))
        await self.calm()

    async def calm(self) -> None:
        """Nothing held and nothing live."""
        await until(lambda: flat(self.runner.bot) and quiet(self.runner.bot))

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """As the scheduler would: ticks, and room for the answers."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min(self.clock.now + step, end)
            self.runner.fire(Tick(at=self.clock()))
            await answered(self.runner)

    async def say(self, text: str, *, chat: int = OWNER, user: int | None = None) -> None:
        """A command, and wait until Telegram delivered it."""
        update = await self.api.say(text, self.clock(), chat=chat, user=user)
        await until(lambda: update in self.api.delivered)

    async def ask(self, text: str) -> str:
        """A command, and its answer."""
        before = len(await self.told())
        await self.say(text)
        await until(lambda: len(self.api.sent) > before)
        return self.api.texts[before]

    async def told(self) -> list[str]:
        """Everything in the chat, when nothing is left to be told."""
        await until(lambda: self.tail.idle and self.tail.at == self.store.reader.nth_last_seq(0))
        return self.api.texts


async def answered(runner: Runner) -> None:
    """Every effect that the scripted exchange can answer has its answer."""
    await until(lambda: not runner._tasks)


@contextlib.asynccontextmanager
async def seated(
    path: Path, api: BotApi, clock: Clock, env: dict[str, str] | None = None, venue: Venue | None = None
) -> AsyncIterator[Seat]:
    """As the composition root puts it together. `api` may be down."""
    settings, venue = configured(api, **(env or {})), venue or Venue(clock)
    vitals = Vitals(started_at=clock(), exchange_connected=True)
    with Store(path) as store:
        runner = Runner(store, clock, venue.perform)
        async with running(runner, store.reader, settings, vitals, clock) as telegram:
            narrator, troubles = Narrator("BTC/USDT", "paper", "binance"), Troubles(vitals, clock)
            tail = Tail(store.reader, store, runner.bell(), narrator, telegram.send, troubles, clock)
            telling = asyncio.create_task(tail.run())
            try:
                yield Seat(api, venue, clock, settings, store, runner, vitals, tail, telegram)
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
        venue.open.set()
        await runner.close(patience=0.1)
