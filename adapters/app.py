"""The composition root: which parts there are, and in which order they start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import structlog
from apscheduler.triggers.base import BaseTrigger

from fsm.events import Booted, Tick

from . import control, scheduler
from .admission import admit, review
from .background import beside
from .clock import SteadyClock
from .exchanges import Desk, ExchangeClient, create_client
from .exchanges.base import Refused, Unresolved
from .health import Vitals
from .identity import identity
from .metrics import Metrics
from .notifications import Narrator, Send, Tail, Troubles
from .runner import Runner
from .settings import Settings
from .store import Store
from .summary import Summary
from .web import create_app, serve
from .web.dashboard import Dashboard

PROMPT = 2.0  # seconds in which an exchange that is there has answered
LOOK = 1.0  # seconds between two looks at whether the machine's clock was set
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class App:
    """A running bot."""

    settings: Settings
    store: Store
    runner: Runner
    desk: Desk
    alerts: Tail
    vitals: Vitals
    url: str


@contextlib.asynccontextmanager
async def running(
    settings: Settings, send: Send, clock: Callable[[], float] = time.time, despite: Sequence[str] = ()
) -> AsyncIterator[App]:
    """A bot that trades while the block lasts. Raises Mismatch for a database of another account, OSError for a port
    in use. An exchange that cannot be reached is no error: entries wait, and it is asked again. `despite` names the
    doctor's checks that a person overruled, for the record."""
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(Store(settings.database_path))
        if settings.trading_mode == "paper":
            from . import paper  # the simulator, which only paper trading needs

            settings = (await stack.enter_async_context(paper.market(settings, clock))).account(settings)
        claimed = store.claim(identity(settings))
        client = create_client(settings, clock)
        stack.push_async_callback(client.disconnect)
        desk = Desk(client, clock)
        runner = Runner(store, clock, desk.perform)
        vitals = Vitals(started_at=clock())
        narrator = Narrator(settings.trading_pair, settings.trading_mode, settings.active_exchange)
        if settings.telegram_bot_token is not None:
            from . import telegram  # 0.4 s that only a bot with a chat pays

            chat = await stack.enter_async_context(telegram.running(runner, store.reader, settings, vitals, clock))
            send = chat.send
        alerts = Tail(store.reader, store, runner.bell(), narrator, send, Troubles(vitals, clock), clock)
        summary = Summary(store.reader, store, alerts.say, clock)

        await _connect(client, stack)
        runner.fire(
            Booted(
                at=clock(),
                pair=settings.trading_pair,
                limits=settings.limits,
                tag=claimed.tag,
                epoch=claimed.epoch,
                version=version("auto-trader"),
                testnet=settings.trading_mode == "testnet",
                despite=tuple(despite) if settings.trading_mode == "live" else (),
            )
        )

        async def tick() -> None:
            runner.fire(Tick(at=clock()))
            vitals.database = runner.trouble

        async def mark() -> None:
            if (marked := await desk.mark()) is not None:
                runner.fire(marked)
            vitals.exchange_connected = desk.connected

        async def compare_clocks() -> None:
            asked = clock()
            try:
                venue = await client.server_time()
            except (Refused, Unresolved):
                vitals.drift = None
            else:
                vitals.drift = (asked + clock()) / 2 - venue

        async def checkpoint() -> None:
            await asyncio.to_thread(store.checkpoint)

        async def key_review() -> None:
            await review(settings, clock, alerts.say)

        await summary.daily_summary()  # the one that was missed while down
        jobs: dict[scheduler.Job, BaseTrigger] = {
            tick: scheduler.every(1),
            mark: scheduler.every(1),
            compare_clocks: scheduler.every(60),
            checkpoint: scheduler.every(60),
            summary.daily_summary: scheduler.daily(23, 59),
            key_review: scheduler.daily(11, 37),  # when no candle closes
        }
        await stack.enter_async_context(scheduler.running(jobs, vitals.troubles))
        stack.push_async_callback(runner.close)  # while the clock still ticks: doubts are asked about by it
        await stack.enter_async_context(control.listen(runner, settings.database_path, clock))
        await stack.enter_async_context(beside(_for_ever("alerts", alerts.run)))

        def backlog() -> int:
            return store.reader.count(after=alerts.at)

        watched = (runner, settings, vitals, store.reader)
        window = Dashboard(*watched, runner.bell(), clock, backlog)
        metrics = Metrics(*watched, runner.bell(), clock, backlog)
        web = create_app(
            runner,
            settings,
            vitals,
            clock,
            on_bad_alert=lambda text: alerts.say(f"❌ ERROR: bad alert — {text}"),
            dashboard=window,
            metrics=metrics,
        )
        stack.enter_context(set_aside())
        url = await stack.enter_async_context(serve(web, settings.host, settings.port))
        stack.callback(window.close)
        log.info("started", url=url, state=runner.bot.state.value, exchange=settings.active_exchange)
        yield App(settings, store, runner, desk, alerts, vitals, url)


async def run(
    settings: Settings, send: Send, wall: Callable[[], float] = time.time, despite: Sequence[str] = ()
) -> None:
    """Trade until SIGTERM or SIGINT. The stop stays at the exchange. When the machine's clock was set, by `wall`, the
    bot starts again with the new time. Raises ConfigurationError where live trading would be dangerous, but for what
    `despite` overrules."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    await admit(settings, wall, despite)
    while not stop.is_set():
        clock = SteadyClock(wall)
        async with running(settings, send, clock, despite) as app:
            while not stop.is_set() and not clock.outdated(app.vitals.drift):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK)
            if stop.is_set():
                log.info("stopping")
            else:
                log.warning("clock_set", seconds=round(wall() - clock(), 1))


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """What was made so far is not looked at by a full garbage collection, which takes 0.15 s, while the block lasts."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _connect(client: ExchangeClient, stack: contextlib.AsyncExitStack) -> None:
    """In the background, until it works. Waits only as long as a venue takes that is there: behind one that hangs,
    nobody may find the webhook and the operator's socket closed."""
    connected = asyncio.Event()

    async def connect() -> None:
        await client.connect()
        connected.set()
        await asyncio.Event().wait()

    await stack.enter_async_context(beside(_for_ever("connect", connect)))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connected.wait(), PROMPT)


async def _for_ever(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start it again when it fails, ever more slowly: nothing outside the core may take the bot down."""
    pause = 1.0
    while True:
        try:
            await work()
        except Exception:
            log.exception("restarting", part=name, in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
