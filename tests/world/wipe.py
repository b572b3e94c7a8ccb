"""A test network begins anew in the middle of a hostile history. Nothing of it may reach the books."""

from __future__ import annotations

from decimal import Decimal as D

from fsm.bot import State

from .history import History
from .luck import seeded

GIVEN = (D(1), D(10_000))  # coins and cash
NOTICED = 150  # seconds; an audit a minute, and then two questions
STOPPED = (State.HALTED, State.KILLED)


def play(seed: int) -> bool:
    """A hundred moves, and then the network begins anew, with whatever was on its way. False: nothing had filled by
    then, and there is nothing to tell it by."""
    history = History(seeded(seed))
    history.testnet = True
    try:
        history.boot()
        history.calm()
        for _ in range(100):
            history.move()
        if history.bot.witness is None:
            return False
        _recognised(history)
        _quarantined(history)
    except Exception as error:
        error.add_note(f"seed={seed}, wiped")
        raise
    return True


def _recognised(history: History) -> None:
    ex = history.exchange
    ex.wipe(*GIVEN)
    ex.cancel_only = ex.no_stops = ex.no_exits = False
    ex.whims = 0.0
    history.laws.wiped = history.laws.meddled = True
    for _ in range(NOTICED):
        if history.bot.wiped:
            break
        history.advance(1)
        history.calm()
    assert history.bot.wiped, "a wipe was not recognised"
    assert history.bot.state in STOPPED, "wiped, and going on"


def _quarantined(history: History) -> None:
    """Whatever else happens: no order leaves, and nothing is booked."""
    placed, book = len(history.laws.placed), history.bot.book
    for move in (history.on_price, history.sell, history.resume, history.stop, history.crash, history.on_price):
        move()
        history.calm()
        history.advance(70)
        history.calm()
    assert history.bot.wiped, "the wipe was forgotten"
    assert history.bot.state in STOPPED, "wiped, and going on"
    assert len(history.laws.placed) == placed, "an order for an account that is no more"
    assert (history.bot.book.realised, history.bot.book.cash) == (book.realised, book.cash), "a wipe was booked"
