"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.settings import load, read_env
from adapters.variables import VARIABLES
from adapters.web.diagram import render
from fsm import diagram

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_picture_is_drawn_from_the_table() -> None:
    assert (ROOT / "docs" / "lifecycle.svg").read_text().strip() == render(diagram.mermaid()).strip(), (
        "run: auto-trader diagram --format svg --output docs/lifecycle.svg"
    )


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    command = next(line for line in README.splitlines() if "pytest" in line)
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("page", ["README.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"", text)
    for target in (a or b for a, b in targets):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_the_readme_names_every_command() -> None:
    from adapters.cli import main

    assert [name for name in main.commands if f"`{name}`" not in README] == []


def test_the_example_configuration_names_every_variable_and_only_those() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = sorted(line.split("=")[0] for line in lines if line and not line.startswith("#"))
    assert named == sorted(v.name for v in VARIABLES)


def test_the_example_configuration_names_what_the_containers_take_from_it() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    taken = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert len(taken) >= 6
    assert sorted(taken - named) == []


def test_the_example_configuration_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (v.name for v in VARIABLES):
        monkeypatch.delenv(name, raising=False)
    needed = {"WEBHOOK_SECRET": "s" * 32, "BINANCE_API_KEY": "k", "BINANCE_API_SECRET": "s"}
    needed |= {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_CHAT_ID": "1"}
    assert load(read_env(ROOT / ".env.example") | needed) == load(needed)
