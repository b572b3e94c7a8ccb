"""The guides say what the program does: their figures are right, no alert, check or state is missing."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from adapters.doctor import account, machine, secrets, telegram
from adapters.notifications import words
from adapters.variables import ALLOWED
from fsm.bot import State
from fsm.gates import GATES
from fsm.limits import Limits

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(str(p.relative_to(ROOT)) for p in DOCS.rglob("*.md"))
RUNBOOK = (DOCS / "runbook.md").read_text()
TELLERS = ("", "notifications", "telegram")
OTHERS = ("losing_streak", "drawdown", "stop_refused", "exit_refused", "scheduler", "telegram")


def blocks(text: str, language: str) -> list[str]:
    return [re.sub(r"^ {3}", "", body, flags=re.M) for body in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]


# -- generated pages
def test_the_reference_is_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.drifted() == [], "run: python docs/generate.py"


# -- variables
def test_no_guide_speaks_of_a_variable_that_does_not_exist() -> None:
    ours = re.compile(r"`((?:WEBHOOK|TELEGRAM|TRADING|MAX|BINANCE|KRAKEN|DASHBOARD|EXCHANGE|DATABASE)_[A-Z_]+)[`=]")
    others = {"DATABASE"}
    for page in PAGES:
        for name in ours.findall((ROOT / page).read_text()):
            assert name in ALLOWED or name in others, f"{page}: {name}"


def test_the_tutorials_configuration_is_accepted() -> None:
    from adapters.settings import load

    (ini,) = blocks((DOCS / "tutorial/first-bot.md").read_text(), "ini")
    settings = load(dict(line.split("=", 1) for line in ini.strip().splitlines()))
    assert settings.trading_mode == "testnet"


def test_every_page_is_reached_from_the_index() -> None:
    def links(page: Path) -> set[Path]:
        targets = re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text())
        return {(page.parent / t).resolve() for t in targets if t.endswith(".md")}

    seen: set[Path] = set()
    todo = {DOCS / "index.md"}
    while todo:
        page = todo.pop()
        seen.add(page)
        todo |= {p for p in links(page) if p.is_relative_to(DOCS)} - seen
    ours = [p for part in ("", "tutorial", "how-to", "reference", "explanation") for p in (DOCS / part).glob("*.md")]
    assert [str(p) for p in ours if p not in seen and p.name != "lifecycle.md"] == []


# -- the runbook
def told() -> set[str]:
    """The beginnings of everything that the adapters tell people: sign and title, and an error's name."""
    found: set[str] = set()
    for file in (file for part in TELLERS for file in (ROOT / "adapters" / part).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                match = re.match(r"([^\w\s]+\ufe0f?) ([A-Z]{3,}(?: [A-Z]+)*)(?:: ([a-z_ ]+) —)?", first.value)
                if match:
                    found.add(f"{match[1]} {match[2]}")
                    found |= {f"`{match[3]}`"} if match[3] else set()
    return found


def test_the_search_finds_what_is_told() -> None:
    found = told()
    assert {
        "🟢 OPENED",
        "🚨 DAILY LOSS LIMIT HIT",
        "❌ ERROR",
        "`database`",
        "`telegram_conflict`",
        "`bad alert`",
    } <= found
    assert len(found) >= 19


@pytest.mark.parametrize("text", sorted(told()))
def test_every_alert_is_in_the_runbook(text: str) -> None:
    assert text in RUNBOOK


@pytest.mark.parametrize("why", [*words.ALARMS, *OTHERS])
def test_every_reason_to_stop_is_in_the_runbook_with_what_to_do(why: str) -> None:
    section = next(part for part in RUNBOOK.split("\n### ") if f"`{why}`" in part.splitlines()[0])
    for word in ("**Means**", "**Do**", "**Over when**"):
        assert word in section


def test_every_rule_of_the_monitoring_is_in_the_runbook() -> None:
    file = DOCS / "monitoring" / "alerts.yaml"
    rules = [rule["alert"] for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
    assert rules
    assert [rule for rule in rules if f"`{rule}`" not in RUNBOOK] == []


def test_every_refusal_of_a_gate_is_in_the_runbook() -> None:
    reasons = {gate.reason for gate in GATES} - {"duplicate_signal"}  # that one is dropped in silence
    assert [reason for reason in reasons if f"`{reason}`" not in RUNBOOK] == []


# -- the doctor, the states, the gates
def test_every_check_of_the_doctor_is_described() -> None:
    sources = [Path(str(module.__file__)).read_text() for module in (account, machine, secrets, telegram)]
    sources.append((ROOT / "adapters/doctor/examination.py").read_text())
    names = {n for s in sources for n in re.findall(r'(?:name = |(?:ok|warn|fail)\(|NAME = )"([a-z ]+)"', s)}
    assert len(names) == 17
    described = (DOCS / "reference/doctor.md").read_text()
    assert [name for name in names if f"| `{name}` |" not in described] == []


def test_every_state_and_every_gate_is_explained() -> None:
    text = (DOCS / "explanation/lifecycle.md").read_text()
    rows = re.findall(r"^\| (?:\d \| )?`(\w+)` \|", text, re.MULTILINE)
    assert rows == [*(state.value for state in State), *(gate.__name__ for gate in GATES)]


# -- figures
def test_the_example_of_the_risk_page_is_right() -> None:
    """With the default limits and fees of 0.1 %."""
    limits, fee = Limits(), Decimal("0.001")
    part = limits.risk_pct / limits.stop_pct
    lost = limits.risk_pct / 100 + part * fee + part * (1 - limits.stop_pct / 100) * fee
    text = (DOCS / "explanation/risk.md").read_text()
    rows = {int(n): Decimal(left) for n, left in re.findall(r"^\| (\d+) \| ([\d.]+) % \|", text, re.MULTILINE)}
    assert rows == {n: round((1 - lost) ** n * 100, 2) for n in (1, 3, 5, 10, 14, 15)}
    assert rows[14] > 100 - limits.drawdown_pct >= rows[15]
    assert 100 - rows[3] >= limits.daily_loss_pct > 2 * lost * 100
    assert (
        (1 - limits.risk_pct / 100) ** 17 * 100 <= 100 - limits.drawdown_pct < (1 - limits.risk_pct / 100) ** 16 * 100
    )


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"^\| ([a-z-]+) \|", (DOCS / "supply-chain.md").read_text(), re.MULTILINE)
    wanted = [re.split(r"[\[<>=]", dependency)[0] for dependency in project["dependencies"]]
    assert [name for name in wanted if name not in named] == []
