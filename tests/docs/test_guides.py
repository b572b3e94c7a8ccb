"""The guides say what the program does: their figures are right, no alert, check or state is missing."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from adapters import app
from adapters.doctor import account, machine, secrets, telegram
from adapters.notifications import words
from adapters.variables import ALLOWED
from fsm.bot import State
from fsm.gates import GATES
from fsm.ledger import Purpose
from fsm.limits import Limits

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(str(p.relative_to(ROOT)) for p in DOCS.rglob("*.md"))
RUNBOOK = (DOCS / "runbook.md").read_text()


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
def spoken() -> list[str]:
    """The beginnings of all texts in the adapters."""
    trees = (ast.parse(file.read_text()) for file in sorted((ROOT / "adapters").rglob("*.py")))
    nodes = [node for tree in trees for node in ast.walk(tree)]
    first = [node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node for node in nodes]
    return [node.value for node in first if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def titles() -> set[str]:
    """Sign and title of everything that people are told."""
    title = re.compile(r"[^\x00-\x7f]+ [A-Z]{3,}(?: [A-Z]{3,})*\b")
    return {match[0] for text in spoken() if (match := title.match(text))}


def errors() -> set[str]:
    """The name of every error: told by its name, or as an alarm, a breaker, a refused order, a part in trouble."""
    named = {match[1] for text in spoken() if (match := re.match(r"❌ ERROR: ([a-z_ ]+) —", text))}
    stopped = ast.walk(ast.parse(inspect.getsource(words.stopped)))
    breakers = {str(ast.literal_eval(case.value)) for case in stopped if isinstance(case, ast.MatchValue)}
    refused = {f"{purpose.value}_refused" for purpose in Purpose if purpose is not Purpose.ENTRY}
    return named | breakers | refused | set(words.ALARMS) | {"scheduler", "telegram"}


def test_the_search_finds_what_is_told() -> None:
    assert {"🟢 OPENED", "⚠️ SIGNAL REJECTED", "🚨 DAILY LOSS LIMIT HIT", "❌ ERROR", "🔑 REARMED"} <= titles()
    assert {"database", "telegram_conflict", "bad alert", "drawdown", "stop_refused", "naked"} <= errors()
    assert (len(titles()), len(errors())) == (17, 18)


@pytest.mark.parametrize("title", sorted(titles()))
def test_every_alert_is_in_the_runbook(title: str) -> None:
    assert re.search(rf"^(## |\|.*){title}\b", RUNBOOK, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(errors()))
def test_every_error_is_in_the_runbook_with_what_to_do(name: str) -> None:
    section = next(part for part in RUNBOOK.split("\n### ") if f"`{name}`" in part.splitlines()[0])
    for word in ("**Means**", "**Do**", "**Over when**"):
        assert word in section


def test_every_job_that_can_fail_is_in_the_runbook() -> None:
    jobs = re.findall(r"^ +(?:\w+\.)?(\w+): scheduler\.(?:every|daily)\(", inspect.getsource(app), re.MULTILINE)
    (section,) = [part for part in RUNBOOK.split("\n### ") if part.startswith("`scheduler`")]
    assert len(jobs) == 6
    assert [job for job in jobs if f"`{job}`" not in section] == []


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
