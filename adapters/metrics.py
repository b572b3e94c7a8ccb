"""`GET /metrics`: the bot as Prometheus sees it. Everything that can be read is read when it is asked for.

Law: a label's values come from our own code, never from a sender, so their number is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client import generate_latest as render
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, StateSetMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fsm.bot import Bot, State
from fsm.cover import bare
from fsm.ledger import Status
from fsm.picture import picture

from .background import beside
from .health import Vitals, health
from .metrics_hops import HopMetrics
from .metrics_watch import LoopLag, Naked
from .settings import Settings
from .store import Reader

THROTTLE = 0.25  # seconds between two looks at the journal, however busy the bot is
OUTCOMES = {status.name.lower() for status in (Status.ABSENT, Status.REJECTED, Status.CANCELED, Status.FILLED)}
STATUSES = ("ok", "degraded", "halted")

log = structlog.get_logger()
# no series beside every counter for the time it began: nobody asks for it
disable_created_metrics()  # type: ignore[no-untyped-call]


class Core(Protocol):
    @property
    def bot(self) -> Bot: ...


class Metrics(Collector):
    """`bell` rings when something was decided, and is ours to clear. `clock` gives seconds since the epoch. `backlog`:
    how many journal rows were not yet told."""

    content_type = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")  # Litestar adds it

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
        self._core, self._settings, self._vitals, self._reader = core, settings, vitals, reader
        self._bell, self._clock, self._backlog = bell, clock, backlog
        self._naked, self._lag = Naked(), LoopLag()
        self._registry = CollectorRegistry()
        self._hops = HopMetrics(self._registry, after=reader.nth_last_seq(0))
        self._answers = Counter(
            "auto_trader_webhook_answers", "Answers of the webhook.", ["answer"], registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    @property
    def read(self) -> int:
        """The journal's last row that told of a signal's way and was counted."""
        return self._hops.read

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watches while the block lasts."""
        async with beside(self._follow()), beside(self._lag.measure()):
            yield

    def scrape(self) -> bytes:
        self._catch_up()
        return render(self._registry)

    def answered(self, answer: str) -> None:
        """The webhook gave this answer."""
        self._answers.labels(answer).inc()

    async def _follow(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                self._catch_up()
            except Exception:  # one row that cannot be read must not blind us for ever
                log.exception("metrics_lost_track", after=self.read)
            await asyncio.sleep(THROTTLE)

    def _catch_up(self) -> None:
        self._naked.look(self._core.bot)
        self._hops.follow(self._reader)

    def describe(self) -> Iterator[Metric]:
        """Nothing ahead of time: registering must not read the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        bot, now = self._core.bot, self._clock()
        yield from self._condition(bot, now)
        yield from self._trading()
        yield from _money(bot)
        yield from _breakers(bot)
        yield from self._safety(bot, now)
        yield from self._machinery()

    def _condition(self, bot: Bot, now: float) -> Iterator[Metric]:
        status = health(bot, self._vitals, self._settings, now).status
        s, vitals = self._settings, self._vitals
        about = {"exchange": s.active_exchange, "mode": s.trading_mode, "pair": s.trading_pair}
        yield InfoMetricFamily("auto_trader", "What this bot trades, and where.", value=about)
        yield _one_of("auto_trader_state", "The state of the lifecycle.", [x.value for x in State], bot.state.value)
        yield _one_of("auto_trader_status", "As GET /health tells it.", STATUSES, status)
        yield _gauge("auto_trader_exchange_connected", "1: it answered the last request.", vitals.exchange_connected)
        last = vitals.last_signal_time or 0.0
        yield _gauge("auto_trader_last_signal_timestamp_seconds", "When the webhook last took one in.", last)

    def _trading(self) -> Iterator[Metric]:
        signals = CounterMetricFamily(
            "auto_trader_signals", "Signals, by what became of them.", labels=["side", "verdict"]
        )
        for side, verdict, n in self._reader.signals_by_verdict():
            signals.add_metric([side, verdict], n)
        orders = CounterMetricFamily("auto_trader_orders", "Orders that ended, by how.", labels=["purpose", "outcome"])
        for purpose, status, n in self._reader.orders_by_status():
            if status in OUTCOMES:
                orders.add_metric([purpose, status], n)
        yield from (signals, orders)

    def _safety(self, bot: Bot, now: float) -> Iterator[Metric]:
        doubtful = sum(order.doubts > 0 for order in bot.ledger.live())
        yield _gauge("auto_trader_unresolved_orders", "Orders without a definite answer.", doubtful)
        yield _gauge(
            "auto_trader_naked_for_seconds", "So long coins have been without a stop.", self._naked.stretch(now)
        )
        total = CounterMetricFamily("auto_trader_naked_seconds", "Time in which coins were without a stop.")
        total.add_metric([], self._naked.total(now))
        yield total
        age = now - bot.marked_at if bot.mark is not None else float("nan")
        yield _gauge("auto_trader_price_age_seconds", "How old the last price is.", age)

    def _machinery(self) -> Iterator[Metric]:
        yield _gauge("auto_trader_telegram_backlog", "Journal rows that were not yet told.", self._backlog())
        yield _gauge("auto_trader_loop_lag_seconds", "The event loop's worst delay within a minute.", self._lag.worst)
        size = _size(self._settings.database_path)
        yield _gauge("auto_trader_database_bytes", "The database and its write-ahead log.", size)
        yield _gauge(
            "auto_trader_database_writable", "0: the last decision was not written.", not self._vitals.database
        )


def _money(bot: Bot) -> Iterator[Metric]:
    seen = picture(bot)
    yield _gauge("auto_trader_equity", "Cash and coins, in quote.", seen.equity)
    yield _gauge("auto_trader_position", "Coins held, in base.", seen.position)
    yield _gauge("auto_trader_open_pnl", "Of the position at the last price, in quote.", seen.open_pnl)
    yield _gauge("auto_trader_day_pnl", "Realised since 00:00 UTC, in quote.", seen.day_pnl)
    yield _gauge("auto_trader_realised_pnl", "Realised since the first start, in quote.", bot.book.realised)
    if seen.mark and seen.stop_price is not None and not bare(bot):
        gap = (seen.mark - seen.stop_price) * 100 / seen.mark
        yield _gauge(
            "auto_trader_stop_distance_percent", "From the price down to the stop that the exchange has confirmed.", gap
        )


def _breakers(bot: Bot) -> Iterator[Metric]:
    """Percent of equity for the first two, trades for the third."""
    seen, limits = picture(bot), bot.limits
    level = GaugeMetricFamily("auto_trader_breaker_level", "How far it has come.", labels=["breaker"])
    limit = GaugeMetricFamily("auto_trader_breaker_limit", "Where it trips.", labels=["breaker"])
    used = GaugeMetricFamily("auto_trader_breaker_used_ratio", "Level by limit; 1 trips.", labels=["breaker"])
    for name, at, of in (
        ("daily_loss", max(-seen.day_pnl_pct, Decimal(0)), limits.daily_loss_pct),
        ("drawdown", -seen.drawdown_pct, limits.drawdown_pct),
        ("losing_streak", Decimal(seen.streak), Decimal(limits.streak)),
    ):
        level.add_metric([name], float(at))
        limit.add_metric([name], float(of))
        used.add_metric([name], float(at / of) if of else 1.0)
    yield from (level, limit, used)


def _gauge(name: str, text: str, value: float | Decimal) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _one_of(name: str, text: str, values: Any, value: str) -> Metric:
    return StateSetMetricFamily(name, text, value={each: each == value for each in values})


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
