"""Every command of the documents is typed here, in a clone, with a simulated exchange, and does what its page says; or
it is listed with the reason why that cannot be done here."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from tests.backtest.markets import walk, write
from tests.end_to_end.process import BOOT, SECRET

from .clone import Clone, Step, cloned
from .commands import ROOT, commands

pytestmark = pytest.mark.anyio
GIVEN = commands()
GENERATED = ("docs/lifecycle.svg", "docs/reference/commands.md", "docs/reference/environment.md")
Act = tuple[Step | Callable[[Clone], Awaitable[None]], ...]


# -- what happens between two commands
async def configured(clone: Clone) -> None:
    """As the tutorial says; the database where most pages expect it."""
    page = (ROOT / "docs/tutorial/first-bot.md").read_text()
    (ini,) = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    lines = [line for line in ini.splitlines() if not line.startswith(("DATABASE_PATH", "WEBHOOK_SECRET"))]
    (clone.folder / ".env").write_text(clone.here("\n".join([*lines, "HOST=127.0.0.1", "PORT=8000"])))


async def died(clone: Clone) -> None:
    await clone.end(signal.SIGKILL, only="auto-trader run")


async def ended(clone: Clone) -> None:
    await clone.end(signal.SIGTERM, only="auto-trader run")


async def bought_once(clone: Clone) -> None:
    assert 0.07 < float((await clone.venue("GET", "balances"))["BTC"]["total"]) < 0.09


async def sold(clone: Clone) -> None:
    assert float((await clone.venue("GET", "balances"))["BTC"]["total"]) < 0.0001


async def kept_coins_only(clone: Clone) -> None:
    """What was left alone is still there; what was adopted and what came last is sold."""
    async with asyncio.timeout(BOOT):
        await clone.until(lambda health: health["open_positions"] == 0)
    assert 0.05 <= float((await clone.venue("GET", "balances"))["BTC"]["total"]) < 0.0501


async def pages_are_lost(clone: Clone) -> None:
    for page in GENERATED:
        (clone.folder / page).unlink()


async def pages_are_the_same(clone: Clone) -> None:
    """What was written anew is what was there."""
    for page in GENERATED:
        assert (clone.folder / page).read_text() == (ROOT / page).read_text()


async def given_coins(clone: Clone) -> None:
    await clone.venue("POST", "transfers", asset="BTC", amount="0.05")


async def fell_to_half(clone: Clone) -> None:
    """Through the stop, and with it the drawdown limit."""
    price = float((await clone.venue("GET", "price"))["price"])
    await clone.venue("PUT", "price", price=str(round(price / 2, 2)))
    async with asyncio.timeout(BOOT):
        await clone.until(lambda health: health["state"] == "killed")


async def replicated(clone: Clone) -> None:
    """As the container does it."""
    command = "DATABASE=data/auto-trader.db litestream replicate -config deploy/litestream.yml"
    await clone.type(Step(command, makes="replica/**/*.ltx", stays=True))


async def lost(clone: Clone) -> None:
    """The machine is, and the copy of the day is there."""
    await clone.end(signal.SIGKILL)
    shutil.copy(clone.folder / "backup.db", clone.folder / "data/restored.db")
    shutil.copy(clone.folder / "backup.db", clone.folder / "restored.db")


async def exported(clone: Clone) -> None:
    """From TradingView: two charts, and an alert's text."""
    write(walk(11, 300), clone.folder / "CANDLES.csv")
    write(walk(12, 300), clone.folder / "FILE.csv")
    (clone.folder / "FILE").write_text('{"signal": "BUY", "timestamp": {{timenow}}}')  # pasted, without its quotes


CURL = next(command for command in GIVEN if command.startswith("curl") and "/webhook" in command)
ACTS: dict[str, Act] = {
    "the first day, and the loss of the machine": (
        Step('python3 -c "import secrets; print(secrets.token_urlsafe(32))"'),
        Step("cp .env.example .env", makes=".env"),
        configured,
        Step("chmod 600 .env"),
        Step('export PATH="$PWD/.venv/bin:$PATH"'),
        Step("auto-trader simulate --port 9000", "EXCHANGE_URL=http://127.0.0.1:9000", stays=True),
        Step("auto-trader doctor", "not set: nobody is told anything"),
        Step("ENTRY_MODE=atomic auto-trader doctor", "0 failures"),
        Step("auto-trader run", state="idle", stays=True),
        Step("auto-trader healthcheck", "idle"),
        Step("curl -s http://127.0.0.1:8000/health", '"status":"ok"'),
        Step("auto-trader signal BUY", "202", state="in_position"),
        Step("auto-trader journal --last 20", "-> in_position"),
        Step("curl -s http://127.0.0.1:8000/metrics", 'auto_trader_state{auto_trader_state="in_position"} 1.0'),
        died,
        Step("auto-trader run", state="in_position", stays=True),
        bought_once,
        Step("auto-trader signal SELL", "202", state="idle"),
        sold,
        Step("auto-trader stop", "accepted: halted", state="halted"),
        Step("auto-trader resume", "accepted: idle", state="idle"),
        Step(CURL, '"status":"accepted"', state="in_position"),
        replicated,
        Step(
            "DATABASE=standby.db litestream restore -f -config deploy/litestream.yml -o standby.db standby.db",
            makes="standby.db",
            stays=True,
        ),
        Step(
            'python3 -c "import sqlite3; '
            "sqlite3.connect('file:data/auto-trader.db?mode=ro', uri=True).backup(sqlite3.connect('backup.db'))\"",
            makes="backup.db",
        ),
        lost,
        Step("auto-trader restore-check data/restored.db", "Epoch 1: order ids from now on cannot collide"),
        Step("auto-trader journal --database restored.db --last 3", "in_position"),
        Step("auto-trader restore-check", "in_position, 0.0"),
        Step("auto-trader journal --last 5", "in_position"),
        Step("auto-trader journal --last 30", "signal SELL"),
        Step("auto-trader journal", "signal BUY by-hand-"),
        Step("auto-trader journal --json", '"side":"BUY"'),
        Step("auto-trader journal --verify", "the same: every row of every table follows"),
    ),
    "coins that nobody can explain, and the drawdown": (
        Step("auto-trader simulate --port 9000", "Point the bot at it", stays=True),
        configured,
        given_coins,
        Step("auto-trader run", state="halted", stays=True),
        Step("auto-trader orphan keep", "accepted"),
        Step("auto-trader resume", "accepted: idle", state="idle"),
        ended,
        given_coins,
        Step("auto-trader run --despite fees", state="halted", stays=True),
        Step("auto-trader orphan adopt", "accepted"),
        Step("auto-trader resume", "accepted: in_position", state="in_position"),
        ended,
        given_coins,
        Step("auto-trader run", state="halted", stays=True),
        Step("auto-trader orphan exit", "accepted"),
        kept_coins_only,
        Step("auto-trader resume", "accepted: idle", state="idle"),
        Step("auto-trader signal BUY", "202", state="in_position"),
        fell_to_half,
        Step('auto-trader rearm --reason "looked at it, risk halved"', "accepted: halted", state="halted"),
        Step('auto-trader rearm --reason "..."', "refused", code=1, state="halted"),
    ),
    "paper trading at a local market": (
        configured,
        Step("auto-trader simulate --venue kraken --port 8090", "Simulated Kraken", stays=True),
        Step(
            "ACTIVE_EXCHANGE=kraken TRADING_MODE=paper EXCHANGE_URL=http://127.0.0.1:8090 "
            "DATABASE_PATH=data/rehearsal.db auto-trader run",
            "paper_trading",
            state="idle",
            makes="data/rehearsal.paper.db",
            stays=True,
        ),
    ),
    "the past, and the pages": (
        configured,
        exported,
        Step("auto-trader backtest CANDLES.csv --report report.html", "Sharpe", makes="report.html"),
        Step("auto-trader backtest CANDLES.csv --sweep stop=1,2,3 --sweep risk=0.5,1", "Sharpe"),
        Step("auto-trader backtest FILE.csv --json", '"signals"'),
        Step("auto-trader template --with-secret", f'"secret":"{SECRET}"'),
        Step("auto-trader template --explain FILE", "quote", code=1),
        pages_are_lost,
        Step("auto-trader diagram --format svg --output docs/lifecycle.svg", makes="docs/lifecycle.svg"),
        Step("python -m fsm.diagram", "| settle | in_position | idle | flat, quiet | close_trade |"),
        Step("python docs/generate.py"),
        Step(
            "python -m tests.world.product --only binance.stop.lost-hangs.twice.stop-later.echo --trace",
            "binance.stop.lost-hangs.twice.stop-later.echo  holds",
        ),
        Step("ruff check", "All checks passed!"),
        Step("ruff format --check", "already formatted"),
        pages_are_the_same,
    ),
}
TYPED = {step.command for act in ACTS.values() for step in act if isinstance(step, Step)}

# -- what cannot be done here
NOT_TYPED: dict[str, tuple[str, ...]] = {
    "downloads packages; .ci/run begins like the README, and the demo is played by tests/end_to_end/test_demo.py": (
        "python3 -m venv .venv && pip install -q --require-hashes -r requirements.lock && pip install -q --no-deps . "
        "&& auto-trader demo",
        "python3 -m venv .venv && pip install -q --require-hashes -r requirements-dev.lock && "
        "pip install -q --no-deps -e . && pytest -n 2",
        "python3 -m venv .venv",
        "pip install --require-hashes -r requirements.lock",
        "pip install --require-hashes -r requirements-dev.lock",
        "pip install --no-deps .",
        "pip install --no-deps -e .",
        "pip install cosmic-ray==8.7.0",
        "pip install pip-licenses cyclonedx-bom pip-audit",
        "pip install py-spy line_profiler",
        "uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "
        "-o requirements.lock",
    ),
    "needs a package that is no dependency": (
        "pip-licenses --python .venv/bin/python --format=markdown",
        "cyclonedx-py environment .venv/bin/python --of JSON -o sbom.json",
        "pip-audit --strict --disable-pip --require-hashes -r requirements.lock",
        "py-spy record --subprocesses -d 75 -r 400 -f raw -o profile.txt -- python -m tests.benchmarks --only signals",
        "nice -n 19 python -m tests.mutation results.jsonl",
        "python -m tests.mutation results.jsonl --survivors",
    ),
    "half a minute: tests/end_to_end/test_demo.py": ("auto-trader demo",),
    "minutes, and nothing waits for its figures: tests/benchmarks/test_benchmarks.py runs each, small": (
        "python -m tests.benchmarks",
        "python -m tests.benchmarks --json run.json",
        "python -m tests.benchmarks --render run.json",
        *(
            f"python -m tests.benchmarks --only {name}"
            for name in ("candles", "core", "growth", "memory", "signals", "stops", "webhook")
        ),
    ),
    "minutes: a part of each is in tests/crash/test_crash.py, tests/docs/test_hazards.py, tests/world/test_world.py, "
    "tests/world/test_mutants.py, tests/world/test_product.py": (
        "python -m tests.crash",
        "python -m tests.incidents",
        "python -m tests.world 0 3200",
        "python -m tests.world.mutants",
        "python -m tests.world.mutants --product",
        "python -m tests.world.product",
        "python -m tests.world.product --full",
    ),
    "tests that run beside this one, or write what others compare": (
        "pytest -n 2",
        "pytest --rewrite",
        "pytest tests/contracts",
        "pytest tests/adapters/telegram/test_story.py --rewrite",
        "AUTO_TRADER_SLOW_TESTS=1 pytest tests/deploy",
        "AUTO_TRADER_SLOW_TESTS=1 pytest -s tests/deploy/test_litestream.py",
    ),
    "needs root, buildah and debootstrap": (
        "AUTO_TRADER_BASE=/tmp/base pytest tests/deploy/test_image.py",
        "debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm /tmp/base",
    ),
    "asks the real exchange, with a person's keys": (
        "VENUE_CHECK=binance-testnet BINANCE_API_KEY=... BINANCE_API_SECRET=... pytest tests/contracts/test_live.py",
        "VENUE_CHECK=kraken-validate KRAKEN_API_KEY=... KRAKEN_API_SECRET=... pytest tests/contracts/test_live.py",
        "ENTRY_MODE=atomic VENUE_CHECK=binance-testnet BINANCE_API_KEY=... BINANCE_API_SECRET=... "
        "pytest tests/contracts/test_live.py",
    ),
    "needs a container engine; what is called is compared with compose.yaml below": (
        "docker compose --profile backup up -d",
        "docker compose --profile tls --profile monitor up -d",
        "docker compose --profile tls up -d",
        "docker compose -p second up -d",
        "docker compose build",
        "docker compose exec bot auto-trader journal --last 20",
        "docker compose exec bot auto-trader stop",
        "docker compose logs -f bot",
        "docker compose logs bot",
        "docker compose run --rm --no-deps --entrypoint litestream litestream restore -config /etc/litestream.yml "
        "-o /data/auto-trader.db /data/auto-trader.db",
        "docker compose run --rm bot restore-check",
        "docker compose run --rm bot doctor",
        "docker compose up -d",
        "docker pull python:3.11-slim-trixie",
        "echo \"PYTHON_IMAGE=$(docker inspect --format '{{index .RepoDigests 0}}' python:3.11-slim-trixie)\" >> .env",
    ),
    "needs a cluster; what is called is compared with deploy/kubernetes.yaml below": (
        "kubectl -n auto-trader apply -f deploy/kubernetes.yaml",
        "kubectl -n auto-trader create secret generic auto-trader-env --from-env-file=.env",
        "kubectl -n auto-trader exec auto-trader-0 -- auto-trader doctor",
        "kubectl create namespace auto-trader",
        "kubectl delete pod --force",
    ),
    "needs root, a host name or another machine; tests/deploy/test_proxies.py runs both proxies with these files": (
        "SITE_ADDRESS=bot.example.com BOT_ADDRESS=127.0.0.1:8000 caddy run --config deploy/Caddyfile",
        "certbot certonly --nginx -d bot.example.com",
        "sudo cp deploy/nginx.conf /etc/nginx/conf.d/auto-trader.conf",
        "sudo nginx -t",
        "sudo systemctl reload nginx",
        "ssh -L 8000:127.0.0.1:8000 you@your-machine",
        "timedatectl set-ntp true",
    ),
    "a name in a sentence, without what it needs; with it, it is above": (
        "auto-trader backtest",
        "auto-trader orphan",
        "auto-trader rearm",
        "auto-trader signal",
        "auto-trader simulate",
        "auto-trader simulate --venue kraken",
        "chmod 600",
        "git clone",
        "kill -9",
        "litestream restore -f",
        "pip install --require-hashes",
    ),
}
LISTED = [command for listed in NOT_TYPED.values() for command in listed]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("act", ACTS)
async def test_it_does_what_the_pages_say(anyio_backend: str, act: str, tmp_path: Path) -> None:
    async with cloned(tmp_path) as clone:
        for part in ACTS[act]:
            await (clone.type(part) if isinstance(part, Step) else part(clone))


@pytest.mark.parametrize("page", sorted({page for pages in GIVEN.values() for page in pages}))
def test_every_command_of_a_page_is_typed_or_listed(page: str) -> None:
    assert [c for c, pages in GIVEN.items() if page in pages and c not in TYPED and c not in LISTED] == []


def test_nothing_is_typed_or_listed_that_no_page_gives_any_more() -> None:
    assert [command for command in [*TYPED, *LISTED] if command not in GIVEN] == []


def test_nothing_is_listed_twice_or_typed_all_the_same() -> None:
    assert sorted({*LISTED} - TYPED) == sorted(LISTED)


@pytest.mark.parametrize("command", [c for c in GIVEN if re.search(r"\btests[./]", c)])
def test_tests_that_a_command_names_are_there(command: str) -> None:
    modules = re.findall(r"-m (tests[\w.]*)", command)
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
    files = re.findall(r"tests/[\w/]+(?:\.py)?", command)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert modules or files


def test_the_tests_that_stand_in_are_there() -> None:
    named = re.findall(r"tests/[\w/]+\.py", " ".join(NOT_TYPED))
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("command", [c for c in GIVEN if c.startswith("docker compose ")])
def test_containers_are_called_by_their_names(command: str) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", ())}
    assert set(re.findall(r"--profile (\w+)", command)) <= profiles
    match = re.search(r" (?:exec|logs|run)(?: -f| --rm| --no-deps| --entrypoint \w+)* (\w+)", command)
    assert match is None or match[1] in services
    if match and " run " in command and services[match[1]].get("depends_on"):
        assert "--no-deps" in command  # or what it depends on is started: the bot, beside its own restore


def test_what_kubernetes_is_asked_for_is_in_the_manifest() -> None:
    manifest = {m["kind"]: m for m in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text())}
    pods = manifest["StatefulSet"]["metadata"]["name"]
    (source,) = manifest["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    called = " ".join(command for command in GIVEN if command.startswith("kubectl"))
    assert set(re.findall(r"exec (\S+)", called)) == {f"{pods}-0"}
    assert set(re.findall(r"secret generic (\S+)", called)) == {source["secretRef"]["name"]}
