"""The core's values: nobody changes one that is out, nobody mixes up two fields, and the journal holds no defaults."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import FrozenInstanceError
from typing import get_args

import msgspec
import pytest

from fsm.bot import Bot
from fsm.commands import AnyCommand
from fsm.effects import AnyEffect
from fsm.events import AnyEvent, Tick
from fsm.limits import Limits
from fsm.scratch import Step
from fsm.step import step
from tests.core.test_purity import CORE

MODULES = [importlib.import_module(f"fsm.{path.stem}") for path in CORE if path.stem != "__init__"]
VALUES = sorted(
    {v for m in MODULES for v in vars(m).values() if inspect.isclass(v) and issubclass(v, msgspec.Struct)}
    - {msgspec.Struct},
    key=lambda value: value.__name__,
)


def test_the_search_finds_the_values() -> None:
    assert len(VALUES) >= 35
    assert Bot in VALUES


@pytest.mark.parametrize("value", VALUES, ids=lambda v: v.__name__)
def test_a_value_cannot_be_changed(value: type[msgspec.Struct]) -> None:
    assert value.__struct_config__.frozen


@pytest.mark.parametrize("value", [v for v in VALUES if any(f.required is False for f in msgspec.structs.fields(v))])
def test_what_is_as_always_is_not_written_down(value: type[msgspec.Struct]) -> None:
    assert value.__struct_config__.omit_defaults


@pytest.mark.parametrize("kind", get_args(AnyCommand | AnyEvent | AnyEffect), ids=lambda v: v.__name__)
def test_the_journal_tells_inputs_and_effects_apart(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.tag == kind.__name__


@pytest.mark.parametrize("kind", get_args(AnyCommand | AnyEvent), ids=lambda v: v.__name__)
def test_the_fields_of_an_input_are_called_by_their_names(kind: type[msgspec.Struct]) -> None:
    """Two numbers in the wrong order would be a time and a price."""
    assert {p.kind for p in inspect.signature(kind).parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_a_decision_cannot_be_changed_either() -> None:
    decision = step(Bot(), Tick(at=1.0))
    with pytest.raises(FrozenInstanceError):
        decision.accepted = False  # type: ignore[misc]
    assert not hasattr(decision, "__dict__")
    assert not hasattr(Step(Bot(), Tick(at=1.0)), "__dict__")  # a misspelt field is an error


def test_the_limits_nobody_has_set_are_those_of_the_manual() -> None:
    assert msgspec.structs.astuple(Limits()) == (1, 2, 3, 15, 5, 50, 10, 60, 0)
