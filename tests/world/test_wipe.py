"""A test network begins anew in the middle of a hostile history. Nothing of it may reach the books."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from fsm.bot import Bot, State
from fsm.ledger import Purpose, Status

from .history import History
from .luck import seeded

GIVEN = (D(1), D(10_000))  # coins and cash
NOTICED = 150  # seconds; an audit a minute, and then two questions


def wiped(seed: int) -> History:
    """A hundred moves, and then the network begins anew, with whatever was on its way."""
    history = History(seeded(seed))
    history.testnet = True
    history.boot()
    history.calm()
    for _ in range(100):
        history.move()
    history.exchange.wipe(*GIVEN)
    history.laws.wiped = history.laws.meddled = True
    return history


def traded(bot: Bot) -> bool:
    return bot.witness is not None


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_a_wipe_is_recognised_whatever_was_going_on(first: int) -> None:
    seen = 0
    for seed in range(first, first + 50):
        history = wiped(seed)
        if not traded(history.bot):
            continue
        seen += 1
        try:
            settle(history)
        except Exception as error:
            error.add_note(f"seed={seed}")
            raise
    assert seen > 10


def settle(history: History) -> None:
    history.exchange.cancel_only = history.exchange.no_stops = history.exchange.no_exits = False
    history.exchange.whims = 0.0
    for _ in range(NOTICED):
        history.advance(1)
        history.calm()
        if history.bot.wiped:
            break
    assert history.bot.wiped, "not recognised"
    assert history.bot.state in (State.HALTED, State.KILLED)
    quarantined(history)


def quarantined(history: History) -> None:
    """Whatever else happens: no order leaves, and no trade is booked."""
    placed, book = len(history.laws.placed), history.bot.book
    for move in (history.on_price, history.sell, history.resume, history.stop, history.crash, history.on_price):
        move()
        history.calm()
        history.advance(70)
        history.calm()
    assert (len(history.laws.placed), history.bot.state in (State.HALTED, State.KILLED)) == (placed, True)
    assert (history.bot.book.realised, history.bot.book.cash) == (book.realised, book.cash)
    assert history.bot.wiped
