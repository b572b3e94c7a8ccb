"""The README's first command: the full cast, and books that agree."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from adapters.demo import Chart, Show

from .process import call, command

pytestmark = pytest.mark.anyio
ENV = {"PATH": os.environ["PATH"], "COLUMNS": "140"}


async def test_the_default_demo_shows_the_full_cast_and_its_books_agree(tmp_path: Path) -> None:
    code, said = await call(ENV, tmp_path, "demo")
    assert code == 0, said
    for line in ("🤖 BOT STARTED", "🟢 OPENED", "🔴 CLOSED", "⛔ STOP LOSS", "⚠️ SIGNAL REJECTED", "200 duplicate"):
        assert line in said, f"{line} is missing from:\n{said}"
    assert "The books agree." in said


async def test_an_interrupt_ends_it_cleanly_with_its_summary(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(*command("demo"), env=ENV, cwd=tmp_path, stdout=-1)
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while "BOT STARTED" not in said:
            said += (await process.stdout.readline()).decode()
        process.send_signal(signal.SIGINT)
        said += (await process.communicate())[0].decode()
    assert (process.returncode, "The books agree." in said) == (0, True), said


@pytest.mark.parametrize("name", ["demo", "simulate"])
async def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = await call(ENV, tmp_path, name, "--port", port)
    assert (code, f"PORT={port}" in said, "Traceback" in said) == (1, True, False), said


async def test_a_webhook_that_does_not_answer_in_time_is_a_line_and_no_traceback() -> None:
    show = Show()
    with socket.create_server(("127.0.0.1", 0)) as silent, show.console.capture() as said:
        chart = Chart(f"http://127.0.0.1:{silent.getsockname()[1]}", "secret", "BTCUSDT", show)
        chart._http.timeout = httpx.Timeout(0.1)
        await chart._post({"signal": "BUY", "price": "64210"})
        await chart.aclose()
    assert "alert BUY at 64210 -> no answer: ReadTimeout" in said.get()


async def test_another_seed_agrees_as_well(tmp_path: Path) -> None:
    code, said = await call(ENV, tmp_path, "demo", "--seconds", "10", "--seed", "52")
    assert code == 0, said
