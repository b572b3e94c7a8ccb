"""Chance, and the absence of it: a seed makes a hostile history, `NoLuck` makes one that a person can tell."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

T = TypeVar("T")


class Luck(Protocol):
    def random(self) -> float: ...
    def randrange(self, stop: int, /) -> int: ...
    def choice(self, options: Sequence[T]) -> T: ...
    def choices(self, options: Sequence[T], weights: Sequence[float]) -> list[T]: ...


class NoLuck:
    """Always the first option, which is the ordinary one; never an accident."""

    def random(self) -> float:
        return 1.0

    def randrange(self, stop: int, /) -> int:
        return 0

    def choice(self, options: Sequence[T]) -> T:
        return options[0]

    def choices(self, options: Sequence[T], weights: Sequence[float]) -> list[T]:
        return [options[0]]


def seeded(seed: int) -> Luck:
    return Random(seed)
