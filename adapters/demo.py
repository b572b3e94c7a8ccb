"""`auto-trader demo`: the whole system on loopback, and the exchange's own ledger as the judge of it.

A simulated Binance moves along seeded five-minute candles faster than real time; the reference strategy watches the
closed ones and posts its alerts to the webhook as TradingView would; the bot trades through real ccxt over real HTTP.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from fsm.commands import Stop
from fsm.guards import flat, quiet

from . import app, logs
from .background import beside
from .settings import Settings, load
from .simulator import Candle, RandomWalk, Regime, SimulatedExchange, SimulatedKraken
from .simulator import play as play_candles
from .simulator import serve as serve_exchange
from .strategy import EmaCross

WARM_UP = 60  # candles before the bell, so that the averages exist
PACE = 8.0  # candles a second
DEPOSIT = Decimal(10_000)
TIGHTER = {"STOP_LOSS_PCT": "1"}  # than the default 2, so that half a minute sees a stop
STORMY = (
    Regime(drift=0.0015, volatility=0.004, length=30),
    Regime(drift=-0.0015, volatility=0.004, length=26),
    Regime(drift=0.0, volatility=0.006, length=20),
    Regime(drift=0.003, volatility=0.007, length=16),
    Regime(drift=-0.004, volatility=0.008, length=12),
)
COLOURS = {"🟢": "green", "🔴": "cyan", "⛔": "red", "🚨": "bold red", "⚠️": "yellow", "❌": "bold red", "🤖": "bold"}


class TooSlow(Exception):
    """What did not happen in time, in words."""


class Show:
    """What the watcher sees: the alerts as they are told, and one live line under them."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._live = self.console.status("starting")

    async def tell(self, text: str) -> None:
        style = next((style for sign, style in COLOURS.items() if text.startswith(sign)), "")
        self.console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/]  [{style or 'default'}]{text}[/]")

    def note(self, text: str) -> None:
        self.console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}  {text}[/]")

    def __enter__(self) -> Show:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def status(self, bot: app.App, price: Decimal, left: float) -> None:
        b = bot.runner.bot
        self._live.update(
            f"[bold]{b.state.value}[/]  {b.pair} {price:,.2f}  equity {b.equity:,.2f}  "
            f"today {b.book.day_pnl:+,.2f}  {max(left, 0):.0f} s left"
        )


class Chart:
    """Stands in for TradingView: runs the strategy on closed candles and posts its alerts."""

    def __init__(self, url: str, secret: str, symbol: str, show: Show) -> None:
        self._url, self._secret, self._symbol, self._show = f"{url}/webhook", secret, symbol, show
        self._strategy, self._resent = EmaCross(), False
        self._http = httpx.AsyncClient(timeout=3)  # TradingView gives up after 3 s

    def warm_up(self, candles: Iterable[Candle]) -> None:
        for candle in candles:
            self._strategy.close(float(candle.close))

    async def closed(self, candle: Candle) -> None:
        side = self._strategy.close(float(candle.close))
        if side is None:
            return
        alert = {
            "secret": self._secret,
            "signal": side,
            "symbol": self._symbol,
            "price": str(candle.close),
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "strategy": "ema-9-21",
            "signal_id": f"ema-9-21|{self._symbol}|5|{candle.open_time}|{side}",
        }
        await self._post(alert)
        if not self._resent:
            self._resent = True
            self._show.note("the same alert once more, as TradingView does when it is in doubt")
            await self._post(alert)

    async def _post(self, alert: dict[str, str]) -> None:
        try:
            answer = await self._http.post(self._url, json=alert)
        except httpx.TransportError as error:
            self._show.note(f"alert {alert['signal']} at {alert['price']} -> no answer: {type(error).__name__}")
            return
        said = answer.json()
        self._show.note(
            f"alert {alert['signal']} at {alert['price']} -> {answer.status_code} {said.get('status', said)}"
        )

    async def aclose(self) -> None:
        await self._http.aclose()


async def play(seconds: float, port: int, seed: int) -> int:
    """Run it; 0 when the bot's books and the exchange's ledger agree to the last cent, else 1."""
    stopping = _on_interrupt()
    walk = RandomWalk(seed, regimes=STORMY)
    history = walk.history(WARM_UP)
    exchange = SimulatedExchange.create(balances={"USDT": DEPOSIT}, price=history[-1].close)
    with tempfile.TemporaryDirectory(prefix="auto-trader-") as folder, Show() as show:
        async with serve_exchange(exchange) as venue:
            settings = _settings(exchange, venue, Path(folder), port)
            logs.configure(settings)
            _introduce(show, venue, seed, seconds)
            async with app.running(settings, show.tell) as bot:
                chart = Chart(bot.url, settings.webhook_secret.reveal(), "BTCUSDT", show)
                chart.warm_up(history)
                await _until("the account is audited", lambda: bot.runner.bot.audited, 15)
                await _market(exchange, walk, chart, bot, show, seconds, stopping)
                await chart.aclose()
                await _go_home(bot, show)
                await _until("all is told", lambda: bot.alerts.at == bot.store.reader.nth_last_seq(0), 5)
                return _summary(bot, exchange, show.console)


def _introduce(show: Show, venue: str, seed: int, seconds: float) -> None:
    show.console.print(
        f"[bold]auto-trader demo[/]: a simulated Binance at {venue}, seed {seed}, {seconds:.0f} s at "
        f"{PACE:.0f} five-minute candles a second.\n"
        f"[dim]Changed for the demo: a stormy market, and the stop 1 % under the entry (default 2 %).[/]"
    )


def _on_interrupt() -> asyncio.Event:
    stopping = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    return stopping


def _settings(exchange: SimulatedExchange, venue: str, folder: Path, port: int) -> Settings:
    return load(
        {
            "ACTIVE_EXCHANGE": "binance",
            "TRADING_MODE": "testnet",
            "EXCHANGE_URL": venue,
            "BINANCE_API_KEY": exchange.account.api_key,
            "BINANCE_API_SECRET": exchange.account.api_secret,
            "WEBHOOK_SECRET": secrets.token_urlsafe(32),
            "DATABASE_PATH": str(folder / "demo.db"),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_LEVEL": "ERROR",
            **TIGHTER,
        }
    )


async def _market(
    exchange: SimulatedExchange,
    walk: RandomWalk,
    chart: Chart,
    bot: app.App,
    show: Show,
    seconds: float,
    stopping: asyncio.Event,
) -> None:
    end = time.monotonic() + seconds
    async for candle in play_candles(walk, exchange.move, per_second=PACE):
        exchange.candles.append(candle)
        await chart.closed(candle)
        show.status(bot, candle.close, end - time.monotonic())
        if time.monotonic() >= end or stopping.is_set():
            return


async def _go_home(bot: app.App, show: Show) -> None:
    """The end is a /stop: whatever is held is sold, whatever is in flight is learned."""
    show.note("the demo ends with /stop: what is held is sold")
    bot.runner.fire(Stop(at=time.time(), by="the demo"))
    await _until("all is sold", lambda: flat(bot.runner.bot) and quiet(bot.runner.bot), 30)


async def _until(what: str, condition: Callable[[], bool], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TooSlow(f"{seconds:.0f} s were not enough until {what}: is this machine very busy?") from None


def _summary(bot: app.App, exchange: SimulatedExchange, console: Console) -> int:
    reader, b = bot.store.reader, bot.runner.bot
    signals = Table(title="Signals", title_justify="left")
    for column in ("time", "side", "price", "verdict", "why"):
        signals.add_column(column)
    for s in reversed(reader.signals()):
        when = datetime.fromtimestamp(s["at"], UTC).strftime("%H:%M:%S")
        signals.add_row(when, s["side"], s["price"], s["verdict"], "; ".join(s["reasons"]))
    trades = Table(title="Trades", title_justify="left")
    for column in ("bought", "at", "sold at", "by", "fees", "P&L"):
        trades.add_column(column, justify="right")
    booked = reversed(reader.trades())
    profit = Decimal(0)
    for t in booked:
        profit += Decimal(t["pnl"])
        prices = (f"{Decimal(t[name]):,.2f}" for name in ("entry_price", "exit_price"))
        trades.add_row(t["qty"], *prices, t["reason"], f"{Decimal(t['fees']):.2f}", f"{Decimal(t['pnl']):+.2f}")
    console.print(signals, trades)
    held = exchange.balances()
    checks = {
        "cash": (b.cash, held["USDT"]),
        "coins": (b.coins, held["BTC"]),
        "P&L": (profit, held["USDT"] - DEPOSIT),
        "open orders": (Decimal(len(b.ledger.live())), Decimal(len(exchange.market.open_orders()))),
    }
    naked = exchange.naked()
    agree = all(ours == theirs for ours, theirs in checks.values())
    for name, (ours, theirs) in checks.items():
        console.print(
            f"{'✓' if ours == theirs else '✗'} {name}: bot {ours.normalize():f}, exchange {theirs.normalize():f}"
        )
    console.print(
        f"without a stop, by the exchange's ledger: {naked.longest:.2f} s at the longest, {naked.total:.2f} s in all"
    )
    console.print("[green]The books agree.[/]" if agree else "[bold red]The books do NOT agree.[/]")
    return 0 if agree else 1


async def host_exchange(name: str, port: int, seed: int) -> None:
    """`auto-trader simulate`: the venue alone, one candle every ten seconds, until interrupted."""
    stopping, console = _on_interrupt(), Console(highlight=False)
    walk = RandomWalk(seed)
    make = SimulatedKraken if name == "kraken" else SimulatedExchange
    exchange = make.create(balances={"USDT": DEPOSIT}, price=walk.history(1)[0].close)
    async with serve_exchange(exchange, port=port) as venue:
        console.print(f"Simulated {name.title()}, {DEPOSIT} USDT, seed {seed}. Point the bot at it with:")
        for line in (
            f"ACTIVE_EXCHANGE={name}",
            "TRADING_MODE=testnet",
            f"EXCHANGE_URL={venue}",
            f"{name.upper()}_API_KEY={exchange.account.api_key}",
            f"{name.upper()}_API_SECRET={exchange.account.api_secret}",
        ):
            console.print(f"  {line}")
        async with beside(_move(exchange, walk)):
            await stopping.wait()


async def _move(exchange: SimulatedExchange, walk: RandomWalk) -> None:
    async for candle in play_candles(walk, exchange.move, per_second=0.1):
        exchange.candles.append(candle)
