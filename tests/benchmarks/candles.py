"""The backtest's candles a second at one, two and four times the length; its cost must grow with the length alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.backtest.bench import write

from .figures import Figure

TITLE = "The backtest"
CANDLES = 26_280  # a quarter of a year of five minutes


async def measure(tiny: bool) -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory(prefix="auto-trader-bench-") as folder:
        path = Path(folder) / "candles.csv"
        for times in (1,) if tiny else (1, 2, 4):
            write(path, 500 if tiny else CANDLES * times)
            command = [sys.executable, "-m", "tests.backtest.bench", "--one", str(path)]
            process = await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.PIPE, text=True)
            candles, trades, seconds, each, megabytes = (float(s.replace(",", "")) for s in process.stdout.split())
            case = f"{candles:,.0f} candles"
            figures += [
                Figure(case, "trades", trades),
                Figure(case, "candles a second", 1e6 / each),
                Figure(case, "CPU", seconds, "s"),
                Figure(case, "peak", megabytes, "MB"),
            ]
    return figures
