"""Memory and start: an idle bot's resident set, what 10^5 signals add to it, and the time from nothing to an answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.end_to_end.process import BOOT, Program, environment

from .bots import far
from .figures import Figure

TITLE = "Memory and start"
SIGNALS, STEPS = 100_000, 4
MEMORY = Path(
    "/dev/shm"
)  # a disk that is memory, where there is one: a hundred thousand times fsync would take an hour


async def measure(tiny: bool) -> list[Figure]:
    count = 400 if tiny else SIGNALS
    case = "with the web, ready"
    async with far("binance", 0.0) as there:
        bot = Program(environment(there.exchange, there.url, there.folder), there.folder)
        try:
            began = time.perf_counter()
            await bot.launch()
            await bot.until(bool, BOOT)
            started = time.perf_counter() - began
            await bot.until(lambda health: health["status"] == "ok", BOOT)
            idle = resident(bot.process.pid if bot.process else 0)
        finally:
            await bot.close()
    figures = [Figure(case, "start", started, "s"), Figure(case, "resident", idle, "MB")]
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(count)]
    process = await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.PIPE, text=True)
    for line in process.stdout.split():
        signals, megabytes = line.split("=")
        figures.append(
            Figure(f"core, journal and readers, {int(signals):,} signals", "resident", float(megabytes), "MB")
        )
    return figures


def resident(pid: int | str = "self") -> float:
    """MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def feed(count: int) -> None:
    """Signals into a bot whose readers follow, in this process; its size after each part of them."""
    from adapters.health import Vitals
    from adapters.metrics import Metrics
    from adapters.runner import Runner
    from adapters.settings import load
    from adapters.store import Store
    from adapters.web.dashboard.past import Past
    from fsm.commands import Side
    from tests.adapters.driving import BOOT as FIRST
    from tests.adapters.driving import NOW, signal

    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.exists() else None) as folder:
        settings = load({"TRADING_MODE": "paper", "WEBHOOK_SECRET": "x" * 40, "LOG_LEVEL": "ERROR"})
        with Store(Path(folder) / "bot.db") as store:
            now = NOW
            runner = Runner(store, lambda: now)
            for input in FIRST:
                runner.fire(input)
            past, bell = Past(store.reader), asyncio.Event()
            metrics = Metrics(runner, settings, Vitals(started_at=NOW), store.reader, bell, lambda: now)
            for n in range(count + 1):
                if n % (count // STEPS) == 0:
                    past.sections(runner.bot.limits)
                    metrics.scrape()
                    print(f"{n}={resident():.1f}", flush=True)
                now += 1.0
                runner.fire(signal(Side.SELL, f"s{n}", at=now))


if __name__ == "__main__":
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    feed(int(sys.argv[1]))
