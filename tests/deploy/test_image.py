"""The image, built by a real builder from the Dockerfile as it is, and used as compose.yaml uses it. Opt-in: it needs
buildah, and a root filesystem in place of the base image, because base images come from a registry:

    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm /tmp/base
    AUTO_TRADER_BASE=/tmp/base pytest tests/deploy/test_image.py
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator import SimulatedExchange, serve
from tests.end_to_end.process import Program, environment

from .test_files import DOCKERFILE, SERVICES, UID
from .tools import ROOT

BASE = "AUTO_TRADER_BASE"
CHROOT = ("--isolation", "chroot")  # needs no engine and no other kernel features

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(BASE not in os.environ or shutil.which("buildah") is None, reason=f"needs buildah and {BASE}"),
]


class Builder:
    def __init__(self, folder: Path) -> None:
        places = ("--root", str(folder / "storage"), "--runroot", str(folder / "run"))
        self._words = ("buildah", "--storage-driver", "vfs", *places)
        self.container = ""

    def words(self, *words: str) -> tuple[str, ...]:
        return (*self._words, *words)

    def do(self, *words: str) -> str:
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def inside(self, command: str) -> subprocess.CompletedProcess[str]:
        """A shell in the finished image, as the user that it names."""
        words = self.words("run", *CHROOT, self.container, "--", "sh", "-c", command)
        return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    folder = tmp_path_factory.mktemp("image")
    builder = Builder(folder)
    base = builder.do("from", *CHROOT, "scratch")
    builder.do("copy", base, os.environ[BASE], "/")
    builder.do("run", *CHROOT, base, "--", "ln", "-sf", "python3", "/usr/bin/python")  # official images call it so
    builder.do("commit", base, "localhost/base")
    recipe = folder / "Dockerfile"  # the first line names the syntax's own image, in a registry
    recipe.write_text(DOCKERFILE.partition("\n")[2])
    how = ("--format", "docker", "--network", "host", "--build-arg", "PYTHON_IMAGE=localhost/base")
    builder.do("bud", *CHROOT, *how, "--tag", "localhost/auto-trader", "--file", str(recipe), str(ROOT))
    builder.container = builder.do("from", *CHROOT, "localhost/auto-trader")
    yield builder
    builder.do("rm", "--all")


def test_it_is_nobody_and_can_write_to_its_data_only(image: Builder) -> None:
    assert image.inside("id -u; id -g").stdout.split() == UID.split(":")
    assert image.inside("pwd; touch here && rm here").stdout.strip() == "/data"
    for place in ("/", "/opt/auto-trader", "/etc", "/usr/lib"):
        assert image.inside(f"touch {place}/x").returncode != 0, place


def test_it_holds_the_program_and_nothing_to_build_or_fetch_with(image: Builder) -> None:
    for name in ("pip", "gcc", "cc", "make", "curl", "wget", "git"):
        assert image.inside(f"command -v {name}").returncode != 0, name
    assert image.inside("python -c 'import pip'").returncode != 0
    assert image.inside("find / -xdev -name '.env*' -o -xdev -name '*.lock' -path '*requirements*'").stdout == ""
    compiled = image.inside("find /opt/auto-trader -path '*site-packages/adapters/*' -name '*.pyc' | wc -l").stdout
    assert int(compiled) > 100
    version = image.inside("auto-trader --version")
    assert re.search(r"version \d", version.stdout), version.stderr


def test_the_demo_runs_in_it(image: Builder) -> None:
    done = image.inside("auto-trader demo --seconds 6")
    assert done.returncode == 0, done.stderr
    assert "The books agree." in done.stdout


def guarded(exchange: SimulatedExchange) -> bool:
    """By its own ledger: all but what is smaller than an order."""
    return exchange.balances()["BTC"] - exchange.market.covered() < exchange.rules.lot < exchange.market.covered()


def process_of(variable: str) -> int:
    """The bot inside, as this machine counts processes."""
    for place in Path("/proc").glob("[0-9]*"):
        words = (place / "cmdline").read_bytes().split(b"\0")
        ours = words[-3:-1] == [b"/opt/auto-trader/bin/auto-trader", b"run"]
        if ours and variable.encode() in (place / "environ").read_bytes().split(b"\0"):
            return int(place.name)
    raise AssertionError("there is none")


async def test_the_bot_trades_in_it_says_how_it_is_and_ends_when_told(image: Builder, tmp_path: Path) -> None:
    exchange = SimulatedExchange.create(price=Decimal(64210))
    async with serve(exchange) as venue:
        env = environment(exchange, venue, tmp_path)
        bot = Program(env, tmp_path)
        inside = env | SERVICES["bot"]["environment"] | {"PORT": env["PORT"]}
        given = [word for name, value in inside.items() if name != "PATH" for word in ("--env", f"{name}={value}")]
        bot.words = image.words("run", *CHROOT, *given, image.container, "--", "auto-trader", "run")
        bot.env = {"PATH": os.environ["PATH"]}
        try:
            await bot.start()
            await bot.alert("BUY", "a")
            await bot.state("in_position")
            assert guarded(exchange)
            healthy = image.words("run", *CHROOT, *given, image.container, "--", "auto-trader", "healthcheck")
            assert await (await asyncio.create_subprocess_exec(*healthy)).wait() == 0
            os.kill(process_of(f"PORT={env['PORT']}"), signal.SIGTERM)  # the builder would pass on nothing
            code = await bot.ended()
        finally:
            await bot.close()
    assert code == 0, bot.output
    assert guarded(exchange)
    listing = image.inside("stat -c '%a %n' auto-trader.db*").stdout.split("\n")
    assert {line.split()[0] for line in listing if line} == {"600"}, listing
