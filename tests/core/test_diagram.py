"""The picture says what the table says, and the page in docs/ is the picture."""

from __future__ import annotations

from pathlib import Path

from fsm import diagram
from fsm.bot import State
from fsm.gates import GATES
from fsm.lifecycle import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_page_is_generated() -> None:
    """If this fails: python -m fsm.diagram > docs/lifecycle.md"""
    assert PAGE.read_text() == diagram.page()


def test_seven_states_and_seven_gates_by_name() -> None:
    for drawn in (diagram.mermaid(), diagram.dot()):
        assert all(s.value in drawn for s in State)
        assert all(g.__name__ in drawn for g in GATES)
    assert len(State) == len(GATES) == 7


def test_nothing_but_rearm_leaves_killed() -> None:
    from_killed = [line for line in diagram.mermaid().splitlines() if line.strip().startswith("killed -->")]
    assert from_killed == ["    killed --> halted: rearm [flat, quiet]"]


def test_every_row_is_in_the_grid() -> None:
    lines = diagram.grid().splitlines()[2:]
    assert len(lines) == len(TABLE)
    assert all(row.do is None or f"| {row.do.__name__} |" in line for row, line in zip(TABLE, lines, strict=True))


def test_dot_is_one_graph_with_closed_quotes() -> None:
    dot = diagram.dot()
    assert dot.startswith("digraph lifecycle {")
    assert dot.endswith("}")
    assert all(line.count('"') in (0, 2) for line in dot.splitlines())
