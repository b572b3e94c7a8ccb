"""The real Litestream with our file and a replica on disk: both programs are killed, the copy is restored and checked.

Prints what each cycle lost (pytest -s). What one machine measures in a minute is no promise: see docs/how-to/backup.md.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from adapters.restore import restore_check

from .tools import ROOT, SLOW, tool

pytestmark = pytest.mark.anyio
CYCLES = 6 if SLOW in os.environ else 1


async def start(*words: str, **env: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(*words, cwd=ROOT, env={**os.environ, **env}, stdout=-1, stderr=-1)


async def test_what_is_restored_is_whole_and_ends_seconds_before_the_loss(anyio_backend: str, tmp_path: Path) -> None:
    litestream, config = tool("litestream"), str(ROOT / "deploy" / "litestream.yml")
    lost = []
    for cycle in range(CYCLES):
        folder = tmp_path / str(cycle)
        folder.mkdir()
        database, copy = folder / "bot.db", folder / "copy.db"
        env = {"DATABASE": str(database), "LITESTREAM_URL": f"file://{folder / 'replica'}"}
        writer = await start(sys.executable, "-m", "tests.deploy.writer", str(database), "0.02")
        assert writer.stdout is not None
        await writer.stdout.readline()
        backup = await start(litestream, "replicate", "-config", config, **env)
        steps = []
        async with asyncio.timeout(60):
            while not list((folder / "replica").rglob("*.ltx")) or len(steps) < 100 + 15 * cycle:
                steps.append((await writer.stdout.readline()).split())
        for program in (writer, backup):
            program.kill()
        rest, _ = await writer.communicate()
        await backup.communicate()
        steps += [line.split() for line in rest.splitlines() if line.count(b" ") == 1]

        restore = await start(litestream, "restore", "-config", config, "-o", str(copy), str(database), **env)
        _, err = await restore.communicate()
        assert restore.returncode == 0, err.decode()
        shutil.rmtree(folder / "replica")
        found = restore_check(copy)
        assert found.epoch == 1
        assert 0 < found.last.seq <= int(steps[-1][0])
        lost.append((int(steps[-1][0]) - found.last.seq, float(steps[-1][1]) - found.last.at))
        print(f"cycle {cycle}: lost {lost[-1][0]} of {steps[-1][0].decode()} steps, {lost[-1][1]:.2f} s")
    assert max(seconds for _, seconds in lost) < 10
