"""The hazards: every rule and every test that the page names is there, and its table is what the incident bank says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.incidents.__main__ import table
from tests.incidents.bank import INCIDENTS, Incident
from tests.world.mutants import stale

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hazards.md").read_text()
SECTIONS = {int(number): text for number, text in re.findall(r"^## (\d+)\. (.*?)(?=^## )", PAGE, re.DOTALL | re.M)}
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::([\w.]+)`", PAGE.partition("## The incident bank")[0])))


@cache
def names(file: str) -> set[str]:
    """Everything that is defined in it; methods also with their class."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    tree = [node for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, kinds)]
    classes = [node for node in tree if isinstance(node, ast.ClassDef)]
    return {n.name for n in tree} | {f"{c.name}.{n.name}" for c in classes for n in c.body if isinstance(n, kinds)}


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_what_the_page_names_is_there(file: str, name: str) -> None:
    assert name in names(file)


def test_every_hazard_has_threads_a_rule_code_and_a_test() -> None:
    assert sorted(SECTIONS) == list(range(1, 19))
    for number, text in SECTIONS.items():
        for word in ("**Threads**: [", "**Rule**:", "**Code**: `", "**Held by**: `tests/"):
            assert word in " ".join(text.split()), f"hazard {number}: {word}"


def test_the_table_is_what_the_bank_says() -> None:
    assert PAGE.endswith(table() + "\n"), "run: python -m tests.incidents --table"


def test_every_hazard_has_an_incident_and_every_incident_a_hazard() -> None:
    assert {incident.hazard for incident in INCIDENTS} == set(SECTIONS)
    assert len(INCIDENTS) >= 25
    assert all(incident.threads for incident in INCIDENTS)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda i: i.habit.name)
def test_the_patch_fits_and_its_test_is_there(incident: Incident) -> None:
    assert not stale(incident.habit)
    file, name = re.fullmatch(r"([\w/]+\.py)::(\w+)(?:\[.*\])?", incident.killer).groups()  # type: ignore[union-attr]
    assert name in names(file)
