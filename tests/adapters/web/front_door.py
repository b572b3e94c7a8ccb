"""The front door in a process of its own, so that what it costs can be measured, and a blocking client can knock.

python -m tests.adapters.web.front_door DATABASE      prints its address, and lives until its standard input ends
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import structlog
from msgspec.structs import replace

from adapters.health import Vitals
from adapters.metrics import Metrics
from adapters.runner import Runner
from adapters.settings import load
from adapters.store import Store
from adapters.web import create_app, serve
from adapters.web.dashboard import Dashboard
from tests.adapters.driving import BOOT

SECRET = "a-secret-for-the-front-door-0123456789"
TOKEN = "a-token-for-the-front-door"
PATIENCE = 30  # seconds


class FrontDoor:
    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def memory(self) -> int:
        """Bytes that are resident now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[FrontDoor]:
    command = [sys.executable, "-W", "error", "-m", __name__, str(folder / "bot.db")]
    pipe = subprocess.PIPE
    with open(folder / "log", "w+") as log:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True)
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"the front door does not stand: {(folder / 'log').read_text()}")
            yield FrontDoor(process, url)
        finally:
            process.communicate(timeout=PATIENCE)


async def stand(database: Path) -> None:
    env = {
        "TRADING_MODE": "paper",
        "WEBHOOK_SECRET": SECRET,
        "DASHBOARD_TOKEN": TOKEN,
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_PATH": str(database),
        "HOST": "127.0.0.1",
    }
    settings = load(env)
    with Store(database) as store:
        runner = Runner(store, time.time)
        for input in BOOT:
            runner.fire(replace(input, at=time.time()))
        parts = (runner, settings, Vitals(started_at=time.time(), exchange_connected=True))
        dashboard = Dashboard(*parts, store.reader, runner.bell(), time.time)
        metrics = Metrics(*parts, store.reader, runner.bell(), time.time)
        app = create_app(*parts, time.time, dashboard=dashboard, metrics=metrics)
        async with serve(app, settings.host, 0) as url:
            print(url, flush=True)
            await asyncio.to_thread(sys.stdin.read)
            dashboard.close()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(stand(Path(sys.argv[1])))
