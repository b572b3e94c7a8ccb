"""The live bot, played through a history: real ccxt, real HTTP, real webhook, the simulator on loopback.

Its clock stands still until everybody has done what there is to do; then the candles move it on.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import httpx

from adapters import app
from adapters.backtest import Bar, History, Options
from adapters.backtest.venue import depth
from adapters.settings import Settings, load
from adapters.simulator import SimulatedExchange, serve
from adapters.strategy import EmaCross
from fsm.commands import Resume
from fsm.guards import engaged, guarded


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


async def play(
    history: History, options: Options, folder: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], D]:
    """Trades and signals as the store keeps them, oldest first, and the cash that the exchange says is left."""
    clock = Clock(history.bars[0].time / 1000)
    exchange = SimulatedExchange.create(
        options.pair,
        balances={"USDT": options.cash},
        price=history.bars[0].open,
        clock=clock,
        taker_fee=options.fee_pct / 100,
        depth=depth(history.bars[0].open, options.slippage_pct),
    )

    async def silent(text: str) -> None:
        return None

    async with serve(exchange) as url:
        settings = _settings(url, exchange, options, folder)
        async with app.running(settings, silent, clock) as bot, httpx.AsyncClient() as http:
            await _Lockstep(history, options, clock, exchange, bot, http).run()
            reader = bot.store.reader
            return reader.trades()[::-1], reader.signals()[::-1], exchange.balances()["USDT"]


class _Lockstep:
    def __init__(
        self,
        history: History,
        options: Options,
        clock: Clock,
        exchange: SimulatedExchange,
        bot: app.App,
        http: httpx.AsyncClient,
    ) -> None:
        self._history, self._options, self._clock = history, options, clock
        self._exchange, self._bot, self._http = exchange, bot, http
        self._quarter = history.interval / 4000

    async def run(self) -> None:
        strategy, said, day = EmaCross(self._options.lengths), None, self._clock.now // 86_400
        before: Bar | None = None
        while not self._bot.runner.bot.audited:
            await asyncio.sleep(0.01)
        for bar in self._history.bars:
            opens = bar.time / 1000
            await self._reach(opens, bar.open)
            if opens // 86_400 != day:
                day = opens // 86_400
                if self._bot.runner.bot.state.value in ("paused", "halted"):
                    self._bot.runner.fire(Resume(at=self._clock.now))
            if said and before:
                await self._post(said, before)
            stops = [o.stop_price for o in self._exchange.market.open_orders() if o.waiting]
            if stops and bar.low <= stops[0]:
                await self._reach(opens + self._quarter, stops[0])
            for part, price in enumerate((bar.low, bar.high, bar.close), 1):
                await self._reach(opens + part * self._quarter, price)
            said, before = strategy.close(float(bar.close)), bar

    async def _reach(self, at: float, price: D) -> None:
        self._clock.now = at
        self._exchange.market.depth = depth(price, self._options.slippage_pct)
        self._exchange.move(price)
        await self._mark()
        while not self._settled() and self._clock.now + 1 < at + self._quarter:
            self._clock.now += 1
            await self._mark()

    async def _mark(self) -> None:
        """The second's mark, without waiting for the second; and all that follows from it."""
        marked = await self._bot.desk.mark()
        assert marked is not None
        self._bot.runner.fire(marked)
        await self._idle()

    async def _idle(self) -> None:
        while self._bot.runner._tasks:
            await asyncio.sleep(0)

    def _settled(self) -> bool:
        bot, held = self._bot.runner.bot, self._exchange.balances()
        calm = bot.signal is None and (not engaged(bot) or guarded(bot)) and bot.sunk_at is None
        return calm and (bot.cash, bot.coins) == (held["USDT"], held["BTC"])

    async def _post(self, side: str, bar: Bar) -> None:
        lengths, closed = self._options.lengths, bar.time + self._history.interval
        name = f"ema-{lengths.fast}-{lengths.slow}"
        alert = {
            "secret": self._bot.settings.webhook_secret.reveal(),
            "signal": side,
            "symbol": "BTCUSDT",
            "price": str(bar.close),
            "timestamp": closed,
            "strategy": name,
            "signal_id": f"{name}|BTCUSDT|5|{bar.time}|{side}",
        }
        answer = await self._http.post(f"{self._bot.url}/webhook", json=alert)
        assert answer.status_code in (200, 202), answer.text
        await self._idle()


def _settings(url: str, exchange: SimulatedExchange, options: Options, folder: Path) -> Settings:
    limits = options.limits
    return load(
        {
            "ACTIVE_EXCHANGE": "binance",
            "TRADING_MODE": "testnet",
            "EXCHANGE_URL": url,
            "BINANCE_API_KEY": exchange.account.api_key,
            "BINANCE_API_SECRET": exchange.account.api_secret,
            "WEBHOOK_SECRET": secrets.token_urlsafe(32),
            "DATABASE_PATH": str(folder / "live.db"),
            "HOST": "127.0.0.1",
            "PORT": "0",
            "RISK_PER_TRADE_PCT": str(limits.risk_pct),
            "STOP_LOSS_PCT": str(limits.stop_pct),
            "MAX_DAILY_LOSS_PCT": str(limits.daily_loss_pct),
            "MAX_DRAWDOWN_PCT": str(limits.drawdown_pct),
            "MAX_CONSECUTIVE_LOSSES": str(limits.streak),
        }
    )
