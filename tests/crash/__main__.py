"""python -m tests.crash [--venue binance|kraken] [--jobs N] [--only CRASH]: every crash, counted and judged."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import time

from .matrix import MOMENTS, STORIES, VENUES, Crash, Outcome, column, suffer


async def everything(venues: list[str], jobs: int) -> int:
    """The number of crashes that were not survived, and of columns in which nobody died."""
    turns, outcomes, began = asyncio.Semaphore(jobs), list[Outcome](), time.monotonic()

    async def watch(venue: str, story: str, moment: str) -> None:
        async for outcome in column(venue, story, moment, turns):
            outcomes.append(outcome)
            died, wrong = sum(o.died for o in outcomes), sum(bool(o.wrong) for o in outcomes)
            if outcome.wrong:
                print(f"\nNOT SURVIVED: {outcome.crash}\n  " + "\n  ".join(outcome.wrong))
            end = "\r" if sys.stdout.isatty() else "\n"
            print(f"{time.monotonic() - began:5.0f} s  {died} deaths, {wrong} wrong  {outcome.crash!s:32}", end=end)

    await asyncio.gather(*(watch(*which) for which in itertools.product(venues, STORIES, MOMENTS)))
    print()
    return _table(venues, outcomes)


def _table(venues: list[str], outcomes: list[Outcome]) -> int:
    print(f"{'deaths survived':20}" + "".join(f"{moment:>11}" for moment in MOMENTS) + f"{'naked (s)':>11}")
    deathless = 0
    for venue, story in itertools.product(venues, STORIES):
        mine = [o for o in outcomes if o.crash[:2] == (venue, story)]
        counts = [sum(o.died and not o.wrong for o in mine if o.crash.moment == moment) for moment in MOMENTS]
        deathless += counts.count(0)
        worst = max(o.naked for o in mine)
        print(f"{venue + ' ' + story:20}" + "".join(f"{n:11}" for n in counts) + f"{worst:11.1f}")
    failed = [o for o in outcomes if o.wrong]
    died = sum(o.died for o in outcomes)
    print(f"\n{died} deaths, {died - sum(o.died for o in failed)} survived; {len(failed)} wrong")
    return len(failed) + deathless


async def one(name: str) -> int:
    venue, story, moment, nth = name.split("-")
    outcome = await suffer(Crash(venue, story, moment, int(nth)))
    print(outcome.log)
    print("\n".join(outcome.wrong) or f"survived, {outcome.lives} lives, naked for {outcome.naked:.1f} s")
    return len(outcome.wrong)


def main() -> int:
    args = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill the real bot at every moment.")
    args.add_argument("--venue", choices=VENUES)
    args.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="crashes at a time")
    args.add_argument("--only", metavar="CRASH", help="one, with its log: binance-exit-committed-5")
    given = args.parse_args()
    if given.only:
        return asyncio.run(one(given.only))
    return asyncio.run(everything([given.venue] if given.venue else list(VENUES), given.jobs))


if __name__ == "__main__":
    sys.exit(min(main(), 1))
