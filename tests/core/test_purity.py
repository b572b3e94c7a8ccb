"""The core imports nothing that could look at the world, and asks no clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CORE = sorted((Path(__file__).parents[2] / "fsm").glob("*.py"))
ALLOWED = {"__future__", "collections", "dataclasses", "decimal", "enum", "typing", "msgspec", "transitions", "sys"}
ORDER = (  # a file may import only from files further down
    "diagram picture",
    "step",
    "lifecycle",
    "actions reasons fold",
    "breakers questions audit",
    "guards",
    "gates cover round_trip",
    "sizing",
    "scratch",
    "bot",
    "effects events commands book witness",
    "limits ledger",
)
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names.split()}


def imports(path: Path) -> list[tuple[int, str]]:
    """Depth of the relative import, and the top name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [a.name for a in node.names]
            found += [(node.level, name.split(".")[0]) for name in names]
        elif isinstance(node, ast.Import):
            found += [(0, a.name.split(".")[0]) for a in node.names]
    return found


@pytest.mark.parametrize("path", CORE, ids=lambda p: p.stem)
def test_no_file_can_reach_the_world(path: Path) -> None:
    outside = {name for level, name in imports(path) if level == 0}
    assert outside <= (ALLOWED if path.stem == "diagram" else ALLOWED - {"sys"})


@pytest.mark.parametrize("path", [p for p in CORE if p.stem != "__init__"], ids=lambda p: p.stem)
def test_imports_point_downwards(path: Path) -> None:
    mine = LEVEL[path.stem]
    assert all(LEVEL[name] > mine for level, name in imports(path) if level == 1)


@pytest.mark.parametrize("path", CORE, ids=lambda p: p.stem)
def test_nothing_is_awaited_printed_or_kept_in_a_global(path: Path) -> None:
    tree = ast.walk(ast.parse(path.read_text()))
    banned = (ast.Await, ast.AsyncFunctionDef, ast.Global, ast.Nonlocal)
    for node in tree:
        assert not isinstance(node, banned)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "open", "input", "eval", "exec", "hash", "id"}
