"""The short fault product: nothing is drawn, and nothing breaks a law."""

from __future__ import annotations

import pytest

from .habits import HABITS
from .mutants import judge_all
from .product import dimensions, faces
from .product.dimensions import Token
from .product.play import Play
from .product.result import Result, result

VENUES = dimensions.VENUES
NOTICED = (  # some of the habits that the short product notices all by itself
    "a timeout is a rejection",
    "'not found' is believed at once",
    "what has expired cannot arrive",
    "long naked, and nobody hears of it",
    "which of two orders came first is read from the clock",
)


@pytest.mark.parametrize("stage", dimensions.OUTCOMES)
@pytest.mark.parametrize("venue", VENUES)
def test_no_combination_breaks_a_law(venue: str, stage: str) -> None:
    """Flat or guarded, books equal, one verdict a signal, naked within bounds, no silent halt."""
    results = [result(t) for t in dimensions.short() if (t.venue, t.stage) == (venue, stage)]
    assert not {str(r.token): r.violation for r in results if r.violation}


def test_what_the_product_counts() -> None:
    """The numbers of the page; a dimension that shrinks by accident is noticed here."""
    full, short = list(dimensions.every()), list(dimensions.short())
    assert (len(full), len(short)) == (105_890, 1_691)
    assert len(set(full)) == len(full)
    assert set(short) <= set(full)
    assert all(dimensions.parse(str(t)) == t for t in short)


@pytest.mark.parametrize("text", ["", "x.entry", "binance.entry.ok.dead", "kraken.stop.ok.alive.nobody.fair"])
def test_a_token_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        dimensions.parse(text)


@pytest.mark.parametrize(
    "token",
    [
        "binance.stop.lost-hangs.twice.resume-after.echo",
        "kraken.exit.half-rests.told.sell-before.restart-20",
    ],
)
def test_one_token_is_one_history(token: str) -> None:
    once, twice = list[str](), list[str]()
    Play(dimensions.parse(token), once).play()
    Play(dimensions.parse(token), twice).play()
    assert once == twice
    assert len(once) > 30


def test_what_the_venues_really_answer_is_taken_for_what_the_product_plays() -> None:
    wrong = [(reply, meant) for reply, meant in faces.every() if faces.taken_for(reply) is not meant]
    assert not wrong


def test_the_product_notices() -> None:
    """A green product is no evidence until it turns red. All of the bank: `python -m tests.world.mutants --product`."""
    some = [h for h in HABITS if h.name in NOTICED]
    survivors = {v.habit.name: v.by for v in judge_all(some, "--product") if not v.killed}
    assert len(some) == len(NOTICED)
    assert not survivors


def test_a_violation_names_its_token_and_what_was_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.world.product.play.FAULTY", 0.0)
    found = result(Token("binance", "stop", "lost-dropped"))
    assert isinstance(found, Result)
    assert found.violation.startswith("AssertionError: naked for 2")
