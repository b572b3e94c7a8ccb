"""A handful of the crashes; `python -m tests.crash` is all of them."""

from __future__ import annotations

import asyncio

import pytest

from .matrix import Crash, suffer

pytestmark = pytest.mark.anyio

HANDFUL = (
    Crash("binance", "exit", "committed", 4),  # the entry is decided, and never sent
    Crash("binance", "exit", "unread", 1),  # it is executed, and nobody reads the answer
    Crash("binance", "stop", "torn", 6),
    Crash("kraken", "exit", "late", 1),  # it is executed when the next life has already asked for it
    Crash("kraken", "halt", "committed", 5),
)


async def test_killed_at_any_moment_it_ends_flat_with_true_books_and_each_signal_is_answered_once() -> None:
    outcomes = await asyncio.gather(*map(suffer, HANDFUL))
    assert all(outcome.died for outcome in outcomes)
    assert {str(outcome.crash): outcome.wrong for outcome in outcomes if outcome.wrong} == {}
