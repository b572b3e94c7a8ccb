"""python -m tests.world FIRST LAST [--fair] [--moves N] [--trace SEED]"""

from __future__ import annotations

import argparse
from collections import Counter

from fsm.lifecycle import TABLE

from .history import play
from .rows import told, watch_rows


def trace(seed: int, moves: int, fair: bool) -> None:
    said: list[str] = []
    try:
        play(seed, moves, fair=fair, said=said)
    finally:
        print("\n".join(said))


def survey(first: int, last: int, moves: int, fair: bool) -> None:
    stats, worst = Counter[str](), []
    with watch_rows() as fired:
        for seed in range(first, last):
            history = play(seed, moves, fair=fair)
            stats += history.laws.stats
            worst.append((history.worst, seed))
    for i, row in enumerate(TABLE):
        print(f"{fired[i]:8} {told(row)}")
    for name, n in sorted(stats.items()):
        print(f"{n:8} {name}")
    worst.sort()
    half, most = worst[len(worst) // 2][0], worst[len(worst) * 99 // 100][0]
    print(f"naked: median {half:g} s, p99 {most:g} s, worst {worst[-1][0]:g} s (seed {worst[-1][1]})")
    print("rows never fired:", [i for i in range(len(TABLE)) if not fired[i]] or "none")


def main() -> None:
    args = argparse.ArgumentParser(prog="python -m tests.world", description="Play hostile histories.")
    args.add_argument("first", nargs="?", type=int, default=0)
    args.add_argument("last", nargs="?", type=int, default=300)
    args.add_argument("--moves", type=int, default=120)
    args.add_argument("--fair", action="store_true", help="the exchange answers within a second and loses nothing")
    args.add_argument("--trace", type=int, metavar="SEED", help="tell one history line by line")
    given = args.parse_args()
    if given.trace is not None:
        trace(given.trace, given.moves, given.fair)
    else:
        survey(given.first, given.last, given.moves, given.fair)


if __name__ == "__main__":
    main()
