"""A test network may begin anew at any moment of a hostile history."""

from __future__ import annotations

import pytest

from .wipe import play


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_a_wipe_is_recognised_whatever_was_going_on(first: int) -> None:
    assert sum(play(seed) for seed in range(first, first + 50)) > 25
