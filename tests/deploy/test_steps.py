"""The Dockerfile's own steps, word for word, in a clean directory instead of a container. Minutes: opt-in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .test_files import DOCKERFILE
from .tools import ROOT, SLOW


def stage(name: str) -> list[str]:
    """Its instructions, continuation lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.split(f" AS {name}\n")[1].split("\nFROM ")[0])
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.skipif(SLOW not in os.environ, reason=f"minutes of installing; set {SLOW}")
def test_every_step_of_the_build_works_in_a_clean_root(tmp_path: Path) -> None:
    places = {"/opt/": f"{tmp_path}/opt/", "/data": f"{tmp_path}/data"}
    source = tmp_path / "src"
    source.mkdir()
    env = {"PATH": f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    env |= {name: os.environ[name] for name in ("PIP_INDEX_URL", "SSL_CERT_FILE") if name in os.environ}
    for line in stage("build"):
        word, rest = line.split(" ", 1)
        match word:
            case "COPY":
                *from_, to = rest.split()
                for name in from_:
                    path = ROOT / name
                    copy = shutil.copytree if path.is_dir() else shutil.copy
                    copy(path, source / to if path.is_dir() else source / Path(name).name)
            case "RUN":
                for old, new in places.items():
                    rest = rest.replace(old, new)
                done = subprocess.run(["/bin/sh", "-ec", rest], cwd=source, env=env, capture_output=True, text=True)
                assert done.returncode == 0, f"{rest}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            case "WORKDIR" | "ENV":
                pass
            case other:
                raise AssertionError(f"a step that this test does not know: {other}")
    bot = tmp_path / "opt" / "auto-trader" / "bin"
    assert not (bot / "pip").exists()
    compiled = list((tmp_path / "opt" / "auto-trader" / "lib").glob("python*/site-packages/adapters/__pycache__/*.pyc"))
    assert compiled
    for words in (["--version"], ["diagram"], ["restore-check", "--help"], ["healthcheck", "--help"]):
        done = subprocess.run(
            [bot / "auto-trader", *words], env=env, capture_output=True, text=True, cwd=tmp_path / "data"
        )
        assert done.returncode == 0, done.stderr
