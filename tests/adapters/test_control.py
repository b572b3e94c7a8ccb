"""What an operator's command is told of the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters import control
from adapters.runner import Runner
from adapters.store import Store
from fsm.bot import State
from fsm.commands import Stop

from .driving import BOOT, NOW
from .platter import Platter

pytestmark = pytest.mark.anyio


async def test_a_command_that_the_disk_did_not_keep_holds_and_is_not_called_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platter = Platter(monkeypatch)
    with Store(tmp_path / "bot.db") as store:
        runner = Runner(store, lambda: NOW)
        for input in BOOT:
            runner.fire(input)
        assert await runner.durable()
        platter.broken = True
        answer = await control.command(runner, Stop(at=NOW))
        assert (answer.accepted, answer.state, runner.bot.state) == (False, "halted", State.HALTED)
        assert "in memory only" in answer.reasons[-1]


async def test_a_command_is_answered_when_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platter = Platter(monkeypatch)
    with Store(tmp_path / "bot.db") as store:
        runner = Runner(store, lambda: NOW)
        for input in BOOT:
            runner.fire(input)
        assert await runner.durable()
        platter.hold()
        asked = asyncio.ensure_future(control.command(runner, Stop(at=NOW)))
        await asyncio.sleep(0.05)  # nothing to wait for: it must not be answered
        assert (runner.bot.state, asked.done()) == (State.HALTED, False)
        platter.release()
        assert (await asked).accepted


async def test_only_its_owner_may_speak_to_the_socket_and_a_command_is_of_the_moment_it_is_heard(
    tmp_path: Path,
) -> None:
    database = tmp_path / "bot.db"
    with Store(database) as store:
        runner = Runner(store, lambda: NOW)
        for input in BOOT:
            runner.fire(input)
        async with control.listen(runner, database, lambda: NOW + 5):
            path = control.socket_path(database)
            assert path.stat().st_mode & 0o777 == 0o600
            assert (await asyncio.to_thread(control.ask, database, Stop(at=0.0))).accepted
            assert store.reader.entries()[-1].at == NOW + 5
        assert not path.exists()
