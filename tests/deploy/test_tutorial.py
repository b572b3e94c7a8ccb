"""A stranger's path: the second step of the tutorial, its own commands and its own `.env`, in an empty folder."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.cli import main
from adapters.doctor.machine import ask_health
from tests.end_to_end.process import Program, call, command, free_port

from .tools import ROOT

pytestmark = pytest.mark.anyio
STEP = (ROOT / "docs/tutorial/first-bot.md").read_text().split("\n## ")[2]


def told(words: str) -> tuple[str, ...]:
    """A command, if the tutorial really gives it."""
    assert f"auto-trader {words}\n" in STEP, f"the tutorial does not say: auto-trader {words}"
    return tuple(words.split())


@pytest.fixture
async def venue(anyio_backend: str, tmp_path: Path) -> AsyncIterator[int]:
    port = free_port()
    words = [str(port) if word == "9000" else word for word in told("simulate --port 9000")]
    process = await asyncio.create_subprocess_exec(*command(*words), cwd=tmp_path, stdout=-1, stderr=-1)
    async with httpx.AsyncClient() as http, asyncio.timeout(20):
        while True:
            try:
                await http.get(f"http://127.0.0.1:{port}/api/v3/ping")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    yield port
    process.send_signal(signal.SIGINT)
    await process.communicate()


async def test_the_second_step_does_what_it_says(venue: int, tmp_path: Path) -> None:
    (ini,) = re.findall(r"```ini\n(.*?)```", STEP, re.DOTALL)
    port = free_port()
    (tmp_path / ".env").write_text(ini.replace(":9000", f":{venue}") + f"HOST=127.0.0.1\nPORT={port}\n")
    bot = Program({"PATH": os.environ["PATH"], "PORT": str(port)}, tmp_path)
    env = {"PATH": os.environ["PATH"]}
    if "doctor" in main.commands:
        code, output = await call(env, tmp_path, *told("doctor"))
        assert code == 0, output
        assert "not set: nobody is told anything" in output
    told("run")
    await bot.start(ready="ok")
    assert await asyncio.to_thread(ask_health, port) == "idle"  # what the container's health check asks
    try:
        code, output = await call(env, tmp_path, *told("signal BUY"))
        assert (code, output[:3]) == (0, "202"), output
        await bot.state("in_position")
        _, output = await call(env, tmp_path, *told("journal --last 20"))
        assert "in_position" in output
        await bot.end(signal.SIGKILL)
        await bot.start(ready="ok")
        assert (await bot.health())["state"] == "in_position"
        async with httpx.AsyncClient() as http:
            held = (await http.get(f"http://127.0.0.1:{venue}/control/balances")).json()
        assert 0.07 < float(held["BTC"]["total"]) < 0.09  # bought once
        code, output = await call(env, tmp_path, *told("signal SELL"))
        assert (code, output[:3]) == (0, "202"), output
        await bot.state("idle")
        for words, state in (("stop", "halted"), ("resume", "idle")):
            code, output = await call(env, tmp_path, *told(words))
            assert code == 0, output
            assert (await bot.health())["state"] == state
    finally:
        await bot.close()
