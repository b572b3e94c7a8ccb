"""What became of a signal, in words and gate by gate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters import verdicts
from adapters.runner import Runner
from adapters.store import Store
from fsm.commands import Side, Stop
from fsm.gates import GATES

from .driving import BOOT, NOW, assessed, signal


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bot.db") as store:
        yield store


@pytest.fixture
def runner(store: Store) -> Runner:
    runner = Runner(store, lambda: NOW)
    for input in BOOT:
        runner.fire(input)
    return runner


def signs(told: verdicts.Told, runner: Runner) -> list[bool | None]:
    return [answer.passed for answer in verdicts.gates(told, runner.bot.limits)]


def test_all_gates_agree(store: Store, runner: Runner) -> None:
    runner.fire(signal(Side.BUY, "a"))
    runner.fire(assessed("a"))
    (told,) = verdicts.recent(store.reader, 5)
    assert (told.side, told.signal_id, told.verdict, verdicts.outcome(told)) == ("BUY", "a", None, "not decided yet")
    assert signs(told, runner) == [True] * 7
    shown = {answer.gate: answer.shown for answer in verdicts.gates(told, runner.bot.limits)}
    assert list(shown) == [gate.__name__ for gate in GATES]
    assert shown["min_notional"] == "5,000.03 at 64,210.00, at least 10.00"
    assert shown["min_balance"] == "equity 10,000.10, at least 50.00"


def test_those_that_veto_are_crossed(store: Store, runner: Runner) -> None:
    runner.fire(signal(Side.BUY, "a"))
    runner.fire(replace(assessed("a"), reachable=False, trading=False))
    (told,) = verdicts.recent(store.reader, 5)
    assert signs(told, runner) == [True, True, True, True, False, True, False]
    assert verdicts.outcome(told) == "refused: the exchange did not answer; this market cannot be traded"


def test_at_the_door_no_gate_is_asked_and_figures_stay(store: Store, runner: Runner) -> None:
    runner.fire(signal(Side.BUY, "old", stamp=NOW - 120))
    (told,) = verdicts.recent(store.reader, 5)
    assert signs(told, runner) == [None] * 7
    assert verdicts.outcome(told) == "refused: it came too late: 120 s old, at most 60 s"
    runner.fire(Stop(at=NOW))
    runner.fire(signal(Side.BUY, "halted"))
    assert "not while halted" in verdicts.outcome(verdicts.recent(store.reader, 1)[0])


def test_a_sell_meets_no_gates(store: Store, runner: Runner) -> None:
    runner.fire(signal(Side.SELL, "s"))
    (told,) = verdicts.recent(store.reader, 5)
    assert verdicts.gates(told, runner.bot.limits) == []
    assert verdicts.outcome(told) == "refused: there is nothing to sell"


def test_the_same_id_with_another_time_is_judged_by_its_own_row(store: Store, runner: Runner) -> None:
    runner.fire(signal(Side.BUY, "a"))
    runner.fire(replace(assessed("a"), price=Decimal(1), cash=Decimal(0)))
    later = NOW + 61
    runner.fire(signal(Side.BUY, "a", at=later))
    runner.fire(assessed("a", at=later))
    second, first = verdicts.recent(store.reader, 5)
    assert signs(first, runner) == [True, True, True, True, True, False, True]
    assert signs(second, runner) == [True] * 7
    assert second.judged is not None
    assert second.judged.at == later


def test_every_gate_has_its_words() -> None:
    assert {gate.reason for gate in GATES} <= set(verdicts.WORDS)
