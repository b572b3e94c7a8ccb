"""Transcripts: `pytest tests/stories` compares, `pytest tests/stories --rewrite` writes them anew; read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def transcript(request: pytest.FixtureRequest) -> Callable[[str, list[str]], None]:
    """Compares what was said with the story of that name."""

    def check(name: str, said: list[str]) -> None:
        path, text = HERE / f"{name}.txt", "\n".join(said) + "\n"
        if request.config.getoption("--rewrite"):
            path.write_text(text)
        assert path.exists(), f"no transcript yet: pytest tests/stories --rewrite writes {path.name}"
        assert text == path.read_text()

    return check
