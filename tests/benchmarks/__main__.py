"""`python -m tests.benchmarks [--only NAME] [--json FILE]`: measures, prints tables, asserts nothing.

`--render FILE` writes the tables of an earlier run into docs/performance.md; `--tiny` runs everything once and small,
to see that it works.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec
from msgspec import Struct

from adapters.app import set_aside

from . import candles, core, growth, memory, signals, stops, webhook
from .figures import Result, table

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: python -m tests.benchmarks --render -->", "<!-- end of figures -->"

BENCHMARKS: dict[str, ModuleType] = {
    module.__name__.rsplit(".", 1)[1]: module for module in (signals, stops, webhook, growth, memory, core, candles)
}


class Run(Struct, frozen=True):
    """All figures of one run, and where it was."""

    at: str
    machine: str
    load: float  # average of the last minute before it began, for each core
    results: tuple[Result, ...]


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


async def measured(name: str, tiny: bool) -> Result:
    module, began = BENCHMARKS[name], time.perf_counter()
    with set_aside():  # it is not this process that is measured
        figures = await module.measure(tiny)
    return Result(name, module.TITLE, round(time.perf_counter() - began, 1), tuple(figures))


def tables(run: Run) -> Iterator[str]:
    """Markdown."""
    yield f"Measured {run.at}: {run.machine}, load average {run.load:.1f} a core when it began."
    for result in run.results:
        yield from ("", f"### {result.title}", "", *table(result), "")
        yield f"`python -m tests.benchmarks --only {result.name}` ({result.took:.0f} s)"


def onto(page: str, run: Run) -> str:
    """The page with this run's tables between its two marks."""
    before, _, rest = page.partition(BEGIN)
    return "\n".join((before + BEGIN, "", *tables(run), "", END + rest.partition(END)[2]))


def main() -> None:
    args = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    args.add_argument("--only", choices=BENCHMARKS, action="append", help="this one; may be given several times")
    args.add_argument("--json", type=Path, metavar="FILE", help="where to keep the figures")
    args.add_argument(
        "--render", type=Path, metavar="FILE", help=f"write the tables of an earlier run into {PAGE.name}"
    )
    args.add_argument("--tiny", action="store_true", help="once and small: whether it works, not how fast it is")
    given = args.parse_args()
    if given.render:
        run = msgspec.json.decode(given.render.read_bytes(), type=Run)
        PAGE.write_text(onto(PAGE.read_text(), run))
        return
    at, load, results = f"{datetime.now(UTC):%Y-%m-%d}", os.getloadavg()[0] / (os.cpu_count() or 1), []
    for name in given.only or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results.append(asyncio.run(measured(name, given.tiny)))
        run = Run(at, machine(), round(load, 1), tuple(results))
        if given.json:  # what was measured is kept, whatever becomes of the next
            given.json.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")
    print("\n".join(tables(run)))


if __name__ == "__main__":
    main()
