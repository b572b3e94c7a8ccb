"""Every bad habit, put back, is noticed."""

from __future__ import annotations

import pytest

from .habits import HABITS, Habit
from .mutants import judge_all, stale


@pytest.mark.parametrize("habit", HABITS, ids=lambda h: h.name)
def test_the_patch_fits(habit: Habit) -> None:
    assert not stale(habit)
    assert habit.why


def test_the_bank_is_a_bank() -> None:
    assert len(HABITS) >= 43
    assert len({h.name for h in HABITS}) == len(HABITS)


def test_every_habit_is_noticed() -> None:
    survivors = {v.habit.name: v.by for v in judge_all(HABITS) if not v.killed}
    assert not survivors
