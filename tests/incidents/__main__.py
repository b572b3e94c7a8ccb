"""`python -m tests.incidents [words of a habit]`: puts each incident's habit back, in a throw-away copy, and runs the
test that must notice it. Exits with 1 if one survives. `--table` prints the table of `docs/hazards.md` instead."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.world.habits import Habit
from tests.world.mutants import plant

from .bank import INCIDENTS, Incident

PARTS = ("fsm", "adapters", "tests", "pyproject.toml")
PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "anyio.pytest_plugin"}  # others take a second each
PATIENCE = 120.0  # seconds, on a busy machine; a killer takes a few
NOTICED = 1  # pytest's word for: tests ran, and one failed
UNTOUCHED = Habit("", "", "step.py", "", "")


def attempt(habit: Habit, killers: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """pytest on a copy that has the habit."""
    with tempfile.TemporaryDirectory() as tmp:
        plant(habit, Path(tmp), PARTS)
        return subprocess.run(
            [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *killers],
            cwd=tmp,
            env={**os.environ, **PLUGINS, "PYTHONPATH": tmp},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def judge_all(incidents: list[Incident]) -> Iterator[tuple[Incident, int]]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(incidents, pool.map(lambda i: attempt(i.habit, [i.killer]).returncode, incidents), strict=True)


def link(thread: str) -> str:
    repository, _, number = thread.partition("#")
    return f"[{repository.split('/')[1]} #{number}](https://github.com/{repository}/issues/{number})"


def table() -> str:
    """For `docs/hazards.md`."""
    head = "| # | Bad habit | Threads | File | The test that notices |\n|---|---|---|---|---|"
    rows = (
        f"| {i.hazard} | {i.habit.name} | {', '.join(map(link, i.threads))} | `{i.habit.path}` | `{_short(i.killer)}` |"
        for i in INCIDENTS
    )
    return "\n".join([head, *rows])


def _short(killer: str) -> str:
    return killer.removeprefix("tests/")


def main() -> int:
    if "--table" in sys.argv:
        print(table())
        return 0
    wanted = [i for i in INCIDENTS if all(word in i.habit.name for word in sys.argv[1:])]
    if not wanted:
        print(f"no bad habit has these words: {' '.join(sys.argv[1:])}")
        return 2
    untouched = attempt(UNTOUCHED, {i.killer for i in wanted})
    if untouched.returncode:
        print(f"{untouched.stdout[-2000:]}\nthe tests fail without any habit: they prove nothing")
        return 2
    noticed = 0
    for incident, code in judge_all(wanted):
        noticed += code == NOTICED
        word = {NOTICED: "noticed ", 0: "SURVIVES"}.get(code, f"pytest {code}")
        threads = ", ".join(incident.threads)
        print(f"{word} | {incident.habit.name} | {threads} | {_short(incident.killer)}", flush=True)
    print(f"{noticed} of {len(wanted)} incidents noticed")
    return 0 if noticed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
