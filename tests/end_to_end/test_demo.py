"""The README's first command: the full cast, and books that agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .process import call

pytestmark = pytest.mark.anyio
ENV = {"PATH": os.environ["PATH"], "COLUMNS": "140"}


async def test_the_default_demo_shows_the_full_cast_and_its_books_agree(tmp_path: Path) -> None:
    code, said = await call(ENV, tmp_path, "demo")
    assert code == 0, said
    for line in ("🤖 BOT STARTED", "🟢 OPENED", "🔴 CLOSED", "⛔ STOP LOSS", "⚠️ SIGNAL REJECTED", "200 duplicate"):
        assert line in said, f"{line} is missing from:\n{said}"
    assert "The books agree." in said


async def test_another_seed_agrees_as_well(tmp_path: Path) -> None:
    code, said = await call(ENV, tmp_path, "demo", "--seconds", "10", "--seed", "52")
    assert code == 0, said
