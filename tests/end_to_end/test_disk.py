"""The database cannot be written: a full disk, a file that is read-only, a lock that somebody else holds. Entries wait,
and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters import control
from adapters.simulator import Fault, Side, SimulatedExchange
from adapters.verify import verify
from fsm.commands import Stop
from tests.crash import judge

from .process import Program, command, holding, trading

pytestmark = pytest.mark.anyio

Unwritable = Callable[[Program], contextlib.AbstractAsyncContextManager[None]]

# prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE): permissions count for root as well
DROP = "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.fixture
def exchange() -> SimulatedExchange:
    return SimulatedExchange.create(price=D(64210))


@contextlib.asynccontextmanager
async def full(bot: Program) -> AsyncIterator[None]:
    """No file takes another byte of this process: the kernel's own limit, set from outside."""
    assert bot.process is not None
    process = bot.process
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        if process.returncode is None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextlib.asynccontextmanager
async def read_only(bot: Program) -> AsyncIterator[None]:
    """A life in which the file's own permissions forbid to write. One that is open already would not be asked again."""
    await bot.end(signal.SIGTERM)
    (bot.folder / "bot.db").chmod(0o444)
    bot.words = forbidden("run")
    await bot.start(ready="degraded")
    await bot.until(lambda health: not any(reason.startswith("account:") for reason in health["reasons"]))
    try:
        yield
    finally:
        bot.words = command("run")
        if bot.process is not None:
            await bot.end(signal.SIGTERM)
            await bot.start()


def forbidden(*words: str) -> tuple[str, ...]:
    """A command that may write only where its user may, root too."""
    return sys.executable, "-c", DROP, *command(*words)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    with contextlib.closing(sqlite3.connect(folder / "bot.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


async def leave(bot: Program) -> None:
    """Its SELL is not written down, so whoever sent it sends it again; it is executed all the same."""
    assert (await bot.alert("SELL", "b")).status_code == 503
    await bot.state("idle")


@pytest.mark.parametrize("unwritable", [full, read_only])
async def test_while_nothing_can_be_written_no_entry_is_taken_and_a_person_hears_of_it(
    exchange: SimulatedExchange, tmp_path: Path, unwritable: Unwritable
) -> None:
    async with trading(exchange, tmp_path) as bot:
        async with unwritable(bot):
            answer = await bot.alert("BUY", "a")
            assert (answer.status_code, answer.json()["reasons"]) == (503, ["not_persisted"])
            report = await bot.until(lambda health: health["status"] == "degraded")
            assert report["state"] == "idle"
            assert any(reason.startswith("database:") for reason in report["reasons"])
            assert not exchange.market.state.orders
        await bot.until(lambda health: health["status"] == "ok")
        assert (await bot.alert("BUY", "a")).status_code == 202
        await bot.state("in_position")
        assert await bot.end(signal.SIGTERM) == 0
    assert "❌ ERROR: database" in bot.output
    assert list(judge.once(exchange, tmp_path / "bot.db", ["a"])) == []
    assert not verify(tmp_path / "bot.db").differences


async def test_on_a_full_disk_a_position_is_left_and_the_journal_gets_it_later(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        async with full(bot):
            await leave(bot)
            assert list(judge.flat(exchange)) == []
            await bot.until(lambda health: health["status"] == "degraded")
        await bot.until(lambda health: health["status"] == "ok")
        assert await bot.end(signal.SIGTERM) == 0
        assert list(judge.books(exchange, tmp_path / "bot.db")) == []
        assert list(judge.once(exchange, tmp_path / "bot.db", ["a", "b"])) == []


@pytest.mark.parametrize("unwritable", [full, read_only])
async def test_killed_while_nothing_could_be_written_it_does_not_trade_on_what_it_does_not_know(
    exchange: SimulatedExchange, tmp_path: Path, unwritable: Unwritable
) -> None:
    """What left from memory is in no journal. The next life finds the difference, and asks a person."""
    async with holding(exchange, tmp_path) as bot:
        async with unwritable(bot):
            await leave(bot)
            await bot.end(signal.SIGKILL)
        await bot.start(ready="halted")
        await bot.until(lambda health: any("auto-trader orphan" in reason for reason in health["reasons"]))
        await bot.end(signal.SIGTERM)
        assert list(judge.flat(exchange)) == []
        assert list(judge.once(exchange, tmp_path / "bot.db", ["a"])) == []
        assert not verify(tmp_path / "bot.db").differences


def close(folder: Path) -> None:
    """As a read-only volume is, or one that belongs to somebody else."""
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555)


@pytest.mark.parametrize(
    ("word", "why"),
    [("run", "cannot be written: Permission denied"), ("stop", "attempt to write a readonly database")],
)
async def test_a_folder_that_is_read_only_is_told_in_a_sentence(
    exchange: SimulatedExchange, tmp_path: Path, word: str, why: str
) -> None:
    """Not even the lock against a second bot can be taken then."""
    async with holding(exchange, tmp_path) as bot:
        await bot.end(signal.SIGTERM)
        close(tmp_path)
        bot.words, bot.output = forbidden(word), ""
        await bot.launch()
        assert await bot.ended() == 2
        assert "DATABASE_PATH: " in bot.output
        assert f"{tmp_path / 'bot.db'}: {why}" in bot.output
        assert "Traceback" not in bot.output
        assert list(judge.guarded(exchange)) == []


async def test_a_lock_that_another_program_holds_delays_neither_an_exit_nor_a_stop(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with trading(exchange, tmp_path) as bot:
        exchange.faults.add(Fault("POST", "/api/v3/order", lag=1.0))
        await bot.alert("BUY", "a")
        await bot.state("ordering")
        with locked(tmp_path):
            async with asyncio.timeout(10):
                while not exchange.market.open_orders():
                    await asyncio.sleep(0.02)
            assert exchange.naked().longest < 1.0 + 1.0  # the lag, and a generous second of a busy machine
            await bot.state("in_position")
            asked = time.monotonic()
            answer = await asyncio.to_thread(control.ask, tmp_path / "bot.db", Stop(at=0.0))
            assert time.monotonic() - asked < 1.0
            assert (answer.state, answer.accepted) == ("halted", False)  # it holds, but in memory only
            async with asyncio.timeout(10):
                while exchange.market.open_orders() or exchange.balances()["BTC"] > D("0.00001"):
                    await asyncio.sleep(0.02)
            assert time.monotonic() - asked < 3.0
        await bot.until(lambda health: not any("database" in reason for reason in health["reasons"]))
        await bot.end(signal.SIGTERM)
        assert list(judge.books(exchange, tmp_path / "bot.db")) == []
        assert sum(o.side is Side.BUY for o in exchange.market.state.orders.values()) == 1
