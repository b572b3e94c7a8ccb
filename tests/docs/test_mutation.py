"""The survivors of the mutation testing are told of lines that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mutation.md").read_text()
SURVIVORS = re.findall(r"^\| `([\w/]+\.py)` \| `([^`]+)` \| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)


def test_the_page_lists_survivors() -> None:
    assert SURVIVORS


@pytest.mark.parametrize(("file", "before", "after", "why"), SURVIVORS, ids=lambda text: text[:40])
def test_a_survivor_is_a_change_of_a_line_that_is_there(file: str, before: str, after: str, why: str) -> None:
    assert before in (ROOT / file).read_text()
    assert after != before
    assert why.strip()
