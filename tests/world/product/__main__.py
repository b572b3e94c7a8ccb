"""python -m tests.world.product [--full] [--only TOKEN [--trace]]"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .dimensions import Token, every, parse, short
from .result import Result, result, summary

CHUNK = 50  # combinations a process takes at once


def survey(tokens: list[Token], *, bar: bool) -> int:
    results = list(_watched(_played(tokens), len(tokens)) if bar else _played(tokens))
    for r in results:
        if r.violation:
            print(f"{r.token}  {r.violation}")
    print("\n".join(summary(results)))
    return int(any(r.violation for r in results))


def _played(tokens: list[Token]) -> Iterator[Result]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(result, tokens, chunksize=CHUNK)


def _watched(results: Iterable[Result], total: int) -> Iterator[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task, violations = progress.add_task("0 violations", total=total), 0
        for r in results:
            violations += bool(r.violation)
            progress.update(task, advance=1, description=f"{violations} violations")
            yield r


def one(token: Token, *, trace: bool) -> int:
    said: list[str] = []
    r = result(token, said)
    if trace:
        print("\n".join(said))
    print(f"{token}  {r.violation or 'holds'}  (naked {r.naked:.0f} s)")
    return int(bool(r.violation))


def main() -> int:
    args = argparse.ArgumentParser(prog="python -m tests.world.product", description="Play the fault product.")
    args.add_argument("--full", action="store_true", help="every combination, with a progress bar")
    args.add_argument("--only", type=parse, metavar="TOKEN", help="one combination")
    args.add_argument("--trace", action="store_true", help="and tell it line by line")
    given = args.parse_args()
    if given.only:
        return one(given.only, trace=given.trace)
    return survey(list(every() if given.full else short()), bar=given.full)


if __name__ == "__main__":
    sys.exit(main())
