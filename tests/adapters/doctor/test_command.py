"""The two commands, as the command line has them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.doctor_command import doctor, healthcheck
from adapters.settings import ConfigurationError
from adapters.variables import VARIABLES
from tests.end_to_end.process import free_port

from .conftest import Clinic

pytestmark = pytest.mark.anyio
STATUS = b"HTTP/1.1 200 OK"
REPORT = b'{"status":"halted","state":"killed"}'


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.chdir(tmp_path)


async def called(clinic: Clinic, *words: str) -> Result:
    """In a thread: the command has a loop of its own, and the venue lives on ours."""
    return await asyncio.to_thread(CliRunner().invoke, doctor, words, env=clinic.env)


async def test_exit_code_0_for_a_healthy_bot(clinic: Clinic) -> None:
    result = await called(clinic)
    assert result.exit_code == 0, result.output
    assert "0 failures" in result.output


async def test_exit_code_1_when_a_check_failed(clinic: Clinic) -> None:
    clinic.chat.blocked = True  # type: ignore[attr-defined]
    result = await called(clinic)
    assert result.exit_code == 1
    assert "FAIL  @trader_bot may not write" in result.output


async def test_one_json_object_a_check(clinic: Clinic) -> None:
    result = await called(clinic, "--json")
    found = [json.loads(line) for line in result.output.splitlines()]
    assert {"name", "level", "what", "fix", "fatal"} == set(found[0])
    assert {f["level"] for f in found} <= {"ok", "warn", "fail"}


def test_a_configuration_with_mistakes_is_told_as_run_tells_it() -> None:
    result = CliRunner().invoke(doctor, env={"PORT": "much"})
    assert isinstance(result.exception, ConfigurationError)  # main turns it into exit code 2
    assert [p.split(":")[0] for p in result.exception.problems][-2:] == ["TELEGRAM_CHAT_ID", "WEBHOOK_SECRET"]


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(STATUS + b"\r\ncontent-length: %d\r\n\r\n" % len(REPORT) + REPORT)
    await writer.drain()
    writer.close()


async def test_the_healthcheck_is_content_with_a_bot_that_is_halted(anyio_backend: str) -> None:
    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        port = str(server.sockets[0].getsockname()[1])
        result = await asyncio.to_thread(CliRunner().invoke, healthcheck, [], env={"PORT": port})
    assert (result.exit_code, result.output) == (0, "killed\n")


def test_the_healthcheck_fails_when_nobody_answers() -> None:
    result = CliRunner().invoke(healthcheck, ["--port", str(free_port())])
    assert result.exit_code == 1
    assert "nobody answers" in result.output


@pytest.mark.parametrize(("part", "value"), [("REPORT", b"<html>"), ("STATUS", b"HTTP/1.1 500 Oh")])
async def test_the_healthcheck_fails_when_something_else_answers(
    anyio_backend: str, monkeypatch: pytest.MonkeyPatch, part: str, value: bytes
) -> None:
    monkeypatch.setattr(f"{__name__}.{part}", value)
    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        port = str(server.sockets[0].getsockname()[1])
        result = await asyncio.to_thread(CliRunner().invoke, healthcheck, ["--port", port])
    assert result.exit_code == 1


async def test_a_running_bots_own_port_is_no_trouble(clinic: Clinic) -> None:
    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        clinic.env["PORT"] = str(server.sockets[0].getsockname()[1])
        result = await called(clinic, "--json")
    (port,) = [f for f in map(json.loads, result.output.splitlines()) if f["name"] == "port"]
    assert port["what"].endswith("is in use by a running auto-trader (killed)")


def test_the_examination_of_a_database_writes_nothing(tmp_path: Path) -> None:
    from adapters.doctor.machine import database
    from adapters.settings import load
    from adapters.store import Store

    path = tmp_path / "bot.db"
    settings = load({"TRADING_MODE": "paper", "WEBHOOK_SECRET": "w" * 32, "DATABASE_PATH": str(path)})
    with Store(path):  # a running bot has it, and the doctor may still look
        before = path.read_bytes()
        assert database(settings).what.endswith("intact and writable")
        assert path.read_bytes() == before
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")  # nothing is held any more
            assert other.execute("SELECT name FROM sqlite_master WHERE name LIKE '%doctor%'").fetchall() == []
