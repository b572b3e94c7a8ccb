"""Programs that packages install beside this Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = "AUTO_TRADER_SLOW_TESTS"  # set it to run what takes minutes or gigabytes


def tool(name: str) -> str:
    """Its path: a development dependency brings it."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is not installed: pip install --require-hashes -r requirements-dev.lock"
    return found


def run(*words: str | Path, **env: str) -> str:
    """Its output. Fails with it unless the program ends well."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=120, env={**os.environ, **env}, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
