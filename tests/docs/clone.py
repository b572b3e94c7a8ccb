"""A reader's folder: the repository as it is cloned, a terminal in it, and what was started there and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.end_to_end.process import BOOT, SECRET, free_port

from .commands import ROOT

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.db*", "data")
HIDDEN = (".env.example", ".ci")


@dataclass(frozen=True)
class Step:
    """What a reader types, and what the page promises of it."""

    command: str
    says: str = ""  # some of what it prints
    code: int = 0
    state: str = ""  # the bot's afterwards
    makes: str = ""  # a file; or a pattern of one
    stays: bool = False  # a terminal of its own: it goes on


@dataclass
class Clone:
    folder: Path
    ports: dict[str, str] = field(default_factory=lambda: {n: str(free_port()) for n in ("8000", "8090", "9000")})
    started: list[tuple[str, asyncio.subprocess.Process]] = field(default_factory=list)

    def here(self, text: str) -> str:
        """With ports that are free on this machine."""
        return re.sub("|".join(self.ports), lambda match: self.ports[match[0]], text)

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
        replica = f"file://{self.folder / 'replica'}"
        return {"PATH": path, "COLUMNS": "200", "WEBHOOK_SECRET": SECRET, "LITESTREAM_URL": replica}

    async def type(self, step: Step) -> None:
        """Fails unless what the page promises comes true."""
        printed = self.folder / f"terminal-{len(self.started)}.txt"
        with printed.open("wb") as terminal:
            process = await asyncio.create_subprocess_shell(
                self.here(step.command), cwd=self.folder, env=self.env, stdout=terminal, stderr=terminal,
                start_new_session=True,
            )  # fmt: skip
        self.started.append((step.command, process))

        def shown() -> str:
            return f"{step}\n{printed.read_text()[-3000:]}"

        def kept() -> bool:
            return self.here(step.says) in printed.read_text() and (not step.makes or any(self.folder.glob(step.makes)))

        try:
            async with asyncio.timeout(BOOT):
                if not step.stays:
                    assert await process.wait() == step.code, shown()
                    assert kept(), shown()
                while not kept():
                    assert process.returncode is None, shown()
                    await asyncio.sleep(0.02)
                if step.state:
                    await self.until(lambda health: health["state"] == step.state and health["status"] != "degraded")
        except TimeoutError:
            raise AssertionError(f"it never came to this: {shown()}") from None

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """The bot's health is so."""
        report: dict[str, Any] = {}
        async with httpx.AsyncClient() as http:
            while not report or not holds(report):
                with contextlib.suppress(httpx.TransportError):
                    report = (await http.get(self.here("http://127.0.0.1:8000/health"))).json()
                await asyncio.sleep(0.02)

    async def venue(self, method: str, path: str, **body: str) -> dict[str, Any]:
        """The simulated exchange's control surface."""
        async with httpx.AsyncClient() as http:
            answer = await http.request(method, self.here(f"http://127.0.0.1:9000/control/{path}"), json=body or None)
            return dict(answer.raise_for_status().json())

    async def end(self, signum: signal.Signals, *, only: str = "") -> None:
        """Of all that goes on, or of those whose command contains the word."""
        for command, process in self.started:
            if only in command and process.returncode is None:
                os.killpg(process.pid, signum)
                async with asyncio.timeout(30):
                    await process.wait()  # the shell; what it started may still be ending
                    while _alive(process.pid):
                        await asyncio.sleep(0.02)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.asynccontextmanager
async def cloned(folder: Path) -> AsyncIterator[Clone]:
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT, dirs_exist_ok=True)
    for name in HIDDEN:
        path = ROOT / name
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    clone = Clone(folder)
    try:
        yield clone
    finally:
        await clone.end(signal.SIGKILL)
