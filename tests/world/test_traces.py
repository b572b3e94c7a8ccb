"""One seed, or one token, is one history, also in another process: nothing hangs on the order of a set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .mutants import ROOT

WORLD = ("tests.world", "--trace")
PRODUCT = ("tests.world.product", "--trace", "--only")


def trace(words: tuple[str, ...], hash_seed: str) -> bytes:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, env=env, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "words",
    [
        (*WORLD, "15"),
        (*WORLD, "47"),
        (*PRODUCT, "binance.stop.lost-hangs.twice.resume-after.echo"),
        (*PRODUCT, "kraken.entry.half-rests.alive.nobody.fair"),
    ],
    ids=lambda words: words[-1],
)
def test_two_processes_tell_the_same_byte_for_byte(words: tuple[str, ...]) -> None:
    """Most of these have several orders to ask about at one moment, where an order among them would show."""
    once, again = trace(words, "1"), trace(words, "2")
    assert once == again
    assert once.count(b"\n") > 30
