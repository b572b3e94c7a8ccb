"""How it ends and begins again: asked to, killed, stopped for good, and beside another one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import Answer, Fault, Side, SimulatedExchange, serve
from tests.crash import child, judge

from .process import Program, call, command, environment, free_port, holding, trading

pytestmark = pytest.mark.anyio

FULL = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY)); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)
AT_MOST = 5.0  # seconds from SIGTERM to the end


INDEX = 32_768  # bytes of the file beside the log


@pytest.fixture
def exchange() -> SimulatedExchange:
    return SimulatedExchange.create(price=D(64210))


async def test_sigterm_while_an_order_hangs_ends_in_time_and_the_next_start_learns_what_became_of_it(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with trading(exchange, tmp_path) as bot:
        exchange.faults.add(Fault("POST", "/api/v3/order", lag=60.0))  # bought, and the answer does not come
        assert (await bot.alert("BUY", "a")).status_code == 202
        await bot.state("ordering")
        began = time.monotonic()
        assert await bot.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < AT_MOST
        assert "ended_without_an_answer" in bot.output
        exchange.faults.clear()
        await bot.start()
        await bot.state("in_position")
        assert list(judge.guarded(exchange)) == []
        assert (await bot.alert("SELL", "b")).status_code == 202
        await bot.state("idle")
        await bot.end(signal.SIGTERM)
        assert list(judge.once(exchange, tmp_path / "bot.db", ["a", "b"])) == []
        assert list(judge.books(exchange, tmp_path / "bot.db")) == []


@pytest.mark.parametrize(
    "fault",
    [Fault("POST", "/api/v3/order", lag=1.5), Fault("POST", "/api/v3/order", answer=Answer.DROPPED)],
    ids=["late", "lost"],
)
async def test_sigterm_between_an_entry_and_its_answer_ends_when_the_stop_rests(
    exchange: SimulatedExchange, tmp_path: Path, fault: Fault
) -> None:
    async with trading(exchange, tmp_path) as bot:
        exchange.faults.add(fault)
        assert (await bot.alert("BUY", "a")).status_code == 202
        async with asyncio.timeout(10):
            while not exchange.market.state.orders:
                await asyncio.sleep(0.01)
        assert list(judge.guarded(exchange)) != []
        began = time.monotonic()
        assert await bot.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < AT_MOST
        assert list(judge.guarded(exchange)) == []
    assert list(judge.once(exchange, tmp_path / "bot.db", ["a"])) == []


async def test_sigterm_right_after_a_sell_loses_nothing(exchange: SimulatedExchange, tmp_path: Path) -> None:
    async with holding(exchange, tmp_path) as bot:
        exchange.faults.add(Fault("DELETE", "*", lag=60.0))  # the stop is cancelled, and the answer does not come
        assert (await bot.alert("SELL", "b")).status_code == 202
        began = time.monotonic()
        assert await bot.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < AT_MOST
        exchange.faults.clear()
        await bot.start()
        await bot.state("idle")
        await bot.end(signal.SIGTERM)
        assert list(judge.flat(exchange)) == []
        assert list(judge.once(exchange, tmp_path / "bot.db", ["a", "b"])) == []


async def test_killed_bare_and_started_on_a_full_disk_it_protects_what_it_holds(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    """Nothing can be written beyond the size of the log's index, without which SQLite cannot even read."""
    async with serve(exchange) as venue:
        bot = Program(environment(exchange, venue, tmp_path), tmp_path)
        try:
            bot.words = (sys.executable, child.__file__, "committed", "5")  # bought; the stop is decided, and not sent
            await bot.start()
            await bot.alert("BUY", "a")
            assert bot.process is not None
            await bot.ended()
            assert exchange.market.open_orders() == []
            bot.words = (sys.executable, "-c", FULL, str(INDEX), *command("run"))
            await bot.start(ready="degraded")
            report = await bot.state("in_position")
            assert list(judge.guarded(exchange)) == []
            report = await bot.until(lambda health: any("database" in reason for reason in health["reasons"]))
            assert report["status"] == "degraded"
        finally:
            await bot.close()


async def test_killed_for_good_it_trades_again_only_after_a_person_rearmed_it(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    """Through a restart at each step."""
    async with holding(exchange, tmp_path) as bot:
        exchange.move(D(38_000))  # a gap far through the stop
        await bot.state("killed")
        bot.env["MAX_DAILY_LOSS_PCT"] = "90"  # or the same loss would refuse the resume until midnight
        for words, state in (("resume", "killed"), ("rearm --reason looked", "halted"), ("resume", "idle")):
            await bot.end(signal.SIGKILL)
            await bot.start()
            code, _ = await call(bot.env, tmp_path, *words.split())
            assert code == (1 if state == "killed" else 0)
            assert (await bot.health())["state"] == state
        await bot.end(signal.SIGKILL)
        await bot.start()
        assert (await bot.alert("BUY", "b")).status_code == 202
        await bot.state("in_position")


async def test_a_second_bot_on_the_same_account_halts_and_touches_nothing(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    """Another database, so another tag: the first one's stop and coins are nobody's."""
    async with holding(exchange, tmp_path) as bot:
        before = [(o.client_id, o.status) for o in exchange.market.state.orders.values()]
        elsewhere = {"DATABASE_PATH": str(tmp_path / "second.db"), "PORT": str(free_port())}
        second = Program(bot.env | elsewhere, tmp_path)
        try:
            await second.start(ready="halted")
            assert any("auto-trader orphan" in reason for reason in (await second.health())["reasons"])
            assert (await second.alert("BUY", "b")).json()["status"] == "rejected"
            assert (await second.alert("SELL", "c")).json()["status"] == "rejected"
        finally:
            await second.close()
        assert [(o.client_id, o.status) for o in exchange.market.state.orders.values()] == before
        assert (await bot.health())["state"] == "in_position"
        assert sum(o.side is Side.BUY for o in exchange.market.state.orders.values()) == 1


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """What is written to it waits until somebody reads, and nobody does."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x")
    os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


async def test_a_log_and_alerts_that_nobody_reads_hold_nobody_up(
    exchange: SimulatedExchange, tmp_path: Path, full_pipe: int
) -> None:
    async with serve(exchange) as venue:
        bot = Program(environment(exchange, venue, tmp_path), tmp_path)
        bot.printed = full_pipe
        try:
            await bot.start()
            await bot.alert("BUY", "a")
            await bot.state("in_position")
            assert list(judge.guarded(exchange)) == []
            began = time.monotonic()
            assert await bot.end(signal.SIGTERM) == 0
            assert time.monotonic() - began < AT_MOST
        finally:
            await bot.close()
