"""The stories are compared with their transcripts; see conftest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .tales import TALES, told


@pytest.mark.parametrize("name", sorted(TALES))
def test_story(name: str, transcript: Callable[[str, list[str]], None]) -> None:
    transcript(name, told(name))


def test_no_transcript_is_left_over() -> None:
    assert {p.stem for p in Path(__file__).parent.glob("*.txt")} == set(TALES)
