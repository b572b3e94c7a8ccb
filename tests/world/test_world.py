"""Two thousand hostile histories, and what must be true of all of them."""

from __future__ import annotations

import os

import pytest

from fsm.lifecycle import TABLE

from .history import play
from .rows import told, watch_rows

SEEDS = int(os.environ.get("WORLD_SEEDS", "2000"))
CHUNK = 100
FAIR_SEEDS = 160
FAIR_NAKED = 10.0


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_history_breaks_a_law(first: int) -> None:
    """Naked time is bounded in each of them; see `world.MAX_NAKED`."""
    for seed in range(first, min(first + CHUNK, SEEDS)):
        play(seed)


@pytest.mark.parametrize("first", range(0, FAIR_SEEDS, 40))
def test_naked_for_ten_seconds_at_most_while_the_venue_answers(first: int) -> None:
    worst = {seed: play(seed, fair=True).worst for seed in range(first, first + 40)}
    assert max(worst.values()) <= FAIR_NAKED, {seed: s for seed, s in worst.items() if s > FAIR_NAKED}


def test_every_row_fires() -> None:
    """A proof about a machine says nothing of a row that was never taken."""
    with watch_rows() as fired:
        for seed in range(400):
            play(seed)
            if len(fired) == len(TABLE):
                return
    assert not [told(row) for i, row in enumerate(TABLE) if not fired[i]]


def test_one_seed_is_one_history() -> None:
    for seed in (5, 23):
        once, twice = list[str](), list[str]()
        play(seed, said=once)
        play(seed, said=twice)
        assert once == twice
        assert len(once) > 50
