"""Bad habits, each taken from a public incident or a plausible shortcut, put back into the core one at a time.

A green test is no evidence until it has turned red for the right reason. `python -m tests.world.mutants [words]`
re-introduces the habits whose names contain the words, and says which test noticed; `--chance` asks the seeds alone,
`--product` the short fault product alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .habits import HABITS, Habit

ROOT = Path(__file__).parents[2]
PARTS = ("fsm", "tests/__init__.py", "tests/conftest.py", "tests/core", "tests/world", "tests/stories")
SEEDS = int(os.environ.get("MUTANT_SEEDS", "600"))
ALONE = ("--chance", "--product")
PATIENCE = 900.0  # seconds; the judge itself notices a core that goes round in circles


class Verdict(NamedTuple):
    habit: Habit
    killed: bool
    by: str


def stale(habit: Habit) -> str:
    """Why the patch no longer fits, or nothing."""
    found = (ROOT / habit.path).read_text().count(habit.old)
    return "" if found == 1 else f"{habit.name}: the old text stands {found} times in {habit.file}"


def plant(habit: Habit, where: Path, parts: Iterable[str] = PARTS) -> None:
    """A copy of those parts, with the habit in it."""
    for part in parts:
        source, target = ROOT / part, where / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    file = where / habit.path
    file.write_text(file.read_text().replace(habit.old, habit.new))


def judge(habit: Habit, alone: str = "") -> Verdict:
    """By everything, or by one of `ALONE`."""
    with tempfile.TemporaryDirectory() as tmp:
        plant(habit, Path(tmp))
        command = [sys.executable, "-B", "-m", "tests.world.judge", str(SEEDS), *filter(None, [alone])]
        env = {**os.environ, "PYTHONPATH": tmp, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            run = subprocess.run(
                command, cwd=tmp, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return Verdict(habit, False, "the judge never came back")
    said = (run.stdout.strip() or run.stderr.strip()).splitlines()
    return Verdict(habit, run.returncode == 1, said[-1] if said else "")


def judge_all(habits: Iterable[Habit], alone: str = "") -> Iterator[Verdict]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda h: judge(h, alone), habits)


def main() -> int:
    words, alone = [w for w in sys.argv[1:] if w not in ALONE], [w for w in sys.argv[1:] if w in ALONE]
    wanted = [h for h in HABITS if all(w in h.name for w in words)]
    killed = 0
    for verdict in judge_all(wanted, *alone):
        killed += verdict.killed
        print(f"{'killed  ' if verdict.killed else 'SURVIVES'} {verdict.habit.name} | {verdict.by}", flush=True)
    print(f"{killed} of {len(wanted)} killed")
    return 0 if killed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
