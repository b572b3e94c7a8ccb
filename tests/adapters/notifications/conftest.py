from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.runner import Runner
from adapters.store import Store

from ..driving import NOW
from .hand import Hand


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bot.db") as store:
        yield store


@pytest.fixture
def hand(store: Store) -> Hand:
    return Hand(Runner(store, lambda: NOW), store)
