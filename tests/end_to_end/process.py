"""The real program in a process of its own, against a simulated exchange in this one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.simulator import SimulatedExchange, SimulatedKraken, serve

BOOT = 60  # seconds that the program may take to be there, on a busy machine
SECRET = "a-secret-long-enough-for-the-webhook-1"


def free_port() -> int:
    """Of those that the system gives to nobody who asks for any: another test's server could have it in a moment."""
    while True:
        port = 16384 + secrets.randbelow(16384)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def environment(exchange: SimulatedExchange, venue: str, folder: Path) -> dict[str, str]:
    """As an operator would set it; nothing of this machine's environment but what a process needs to start."""
    name = "kraken" if isinstance(exchange, SimulatedKraken) else "binance"
    return {
        "PATH": os.environ["PATH"],
        "ACTIVE_EXCHANGE": name,
        "TRADING_MODE": "testnet",
        "EXCHANGE_URL": venue,
        f"{name.upper()}_API_KEY": exchange.account.api_key,
        f"{name.upper()}_API_SECRET": exchange.account.api_secret,
        "WEBHOOK_SECRET": SECRET,
        "DATABASE_PATH": str(folder / "bot.db"),
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


class Ended(AssertionError):
    """The program is not there any more."""


class Program:
    """`auto-trader run`, and what a person can do to it from outside."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder, self.url = env, folder, f"http://127.0.0.1:{env['PORT']}"
        self.words = command("run")
        self.printed: int = asyncio.subprocess.PIPE  # where its output goes; a pipe is read at the end
        self.process: asyncio.subprocess.Process | None = None
        self.output = ""
        self._http = httpx.AsyncClient(base_url=self.url, timeout=5)

    async def start(self, ready: str = "", seconds: float = BOOT) -> None:
        """Until health says that it is `ready`: by default, that the account was audited."""
        await self.launch()
        await self.until(lambda health: health["status"] in ((ready,) if ready else ("ok", "halted")), seconds)

    async def launch(self) -> int:
        """Its process id."""
        self.process = await asyncio.create_subprocess_exec(
            *self.words, env=self.env, cwd=self.folder, stdout=self.printed, stderr=asyncio.subprocess.STDOUT
        )
        return self.process.pid

    async def end(self, signum: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit code. What it printed is in `output`."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signum)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end that somebody else has caused."""
        assert self.process is not None
        out, _ = await asyncio.wait_for(self.process.communicate(), 30)
        self.output += (out or b"").decode()
        code, self.process = self.process.returncode, None
        assert code is not None
        return code

    async def health(self) -> dict[str, Any]:
        return dict((await self._http.get("/health")).json())

    async def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float = BOOT) -> dict[str, Any]:
        """The first health report of which it holds."""
        report: dict[str, Any] = {}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        report = await self.health()
                        if holds(report):
                            return report
                    if self.process is not None and self.process.returncode is not None:
                        await self.ended()
                        raise Ended(f"the program ended: {self.output}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"never happened; the last report was {report}") from None

    async def state(self, wanted: str) -> dict[str, Any]:
        return await self.until(lambda health: health["state"] == wanted)

    async def alert(self, side: str, signal_id: str, **changes: object) -> httpx.Response:
        return await self._http.post("/webhook", json=spoken(side, signal_id) | changes)

    async def close(self) -> None:
        if self.process is not None:
            await self.end(signal.SIGKILL)
        await self._http.aclose()


def spoken(side: str, signal_id: str) -> dict[str, object]:
    """An alert of this moment."""
    return {
        "secret": SECRET,
        "signal": side,
        "symbol": "BTCUSDT",
        "price": "64210",
        "timestamp": datetime.now(UTC).isoformat(),
        "strategy": "test",
        "signal_id": signal_id,
    }


def command(*words: str) -> tuple[str, ...]:
    """The installed command of this Python."""
    return str(Path(sys.executable).with_name("auto-trader")), *words


async def call(env: dict[str, str], folder: Path, *words: str) -> tuple[int, str]:
    """One command to its end: exit code and everything it printed."""
    process = await asyncio.create_subprocess_exec(
        *command(*words), env=env, cwd=folder, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode()


@contextlib.asynccontextmanager
async def trading(exchange: SimulatedExchange, folder: Path) -> AsyncIterator[Program]:
    """A bot that has started and audited its account."""
    async with serve(exchange) as venue:
        program = Program(environment(exchange, venue, folder), folder)
        try:
            await program.start()
            yield program
        finally:
            await program.close()


@contextlib.asynccontextmanager
async def holding(exchange: SimulatedExchange, folder: Path) -> AsyncIterator[Program]:
    """A bot in a position, by the signal "a"."""
    async with trading(exchange, folder) as bot:
        await bot.alert("BUY", "a")
        await bot.state("in_position")
        yield bot
