"""`python -m tests.mutation RESULTS [words of a file's name]`: judges every mutant, and goes on where it was stopped.

One process: it forks with pytest and the exchange library already loaded, so a mutant costs its tests and no start.
`--survivors` judges nothing and prints what is alive in RESULTS.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from .mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
PARTS = ("fsm", "adapters", "tests", "pyproject.toml", "docs/lifecycle.md")
VENUES = "tests/adapters/exchanges"
TESTS = {  # the picture notices any change of the table at all: it judges only itself
    "fsm/diagram.py": ["tests/core/test_diagram.py"],
    "fsm/picture.py": ["tests/core/test_picture.py"],
    "adapters/exchanges/outcome.py": [
        f"{VENUES}/test_outcome.py",
        f"{VENUES}/test_desk.py::test_a_pair_that_is_not_listed",
        f"{VENUES}/test_refusals.py",
    ],
    "adapters/exchanges/kraken_outcome.py": [f"{VENUES}/test_kraken_outcome.py"],
}
FEW, SEEDS = (
    6,
    60,
)  # hostile histories: cheaper than the tests, so a few come first, the rest for what these let through
SECONDS = 90  # of its own work: what takes longer goes round in circles


def files() -> list[str]:
    core = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "fsm").glob("*.py"))
    return [*[f for f in core if not f.endswith("__init__.py")], *[f for f in TESTS if f.startswith("adapters")]]


def warm() -> None:
    """What every mutant needs and none changes."""
    import _pytest.assertion
    import anyio.pytest_plugin
    import ccxt.async_support
    import httpx
    import hypothesis.strategies
    import litestar
    import transitions

    del _pytest, anyio, ccxt, httpx, hypothesis, litestar, transitions


def judge(mutant: Mutant, copy: Path) -> str:
    """The test that noticed it, or nothing."""
    target = copy / mutant.file
    source = target.read_text()
    target.write_text(mutant.code)
    reading, writing = os.pipe()
    try:
        child = os.fork()
        if child == 0:
            os.close(reading)
            _judge_here(mutant.file, copy, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
    finally:
        target.write_text(source)
    if os.WIFSIGNALED(status):
        return f"it hangs (signal {os.WTERMSIG(status)})"
    return said if os.WEXITSTATUS(status) == 1 else ""


def _judge_here(file: str, copy: Path, writing: int) -> None:
    """In the child: 1 when something was noticed, 0 when nothing was."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for name in [n for n in sys.modules if n.split(".")[0] in ("tests", "fsm", "adapters")]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *[p for p in sys.path if Path(p or ".").resolve() != ROOT]]
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "anyio.pytest_plugin"}
    os.chdir(copy)
    try:
        from tests.world import judge as bench

        chance = [0, FEW, SEEDS] if file not in TESTS else [0, 0, 0]
        noticed = bench.by_chance(*chance[:2]) or bench.by_tests(TESTS.get(file, bench.CORE))
        noticed = noticed or bench.by_chance(*chance[1:])
    except BaseException as error:  # a core that cannot even be loaded is noticed too
        noticed = f"not a core: {type(error).__name__}"
    os.write(writing, noticed.encode()[:4000])
    os._exit(1 if noticed else 0)


def main() -> int:
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    results, words = Path(words[0]), words[1:]
    lines = results.read_text().splitlines() if results.exists() else []
    known = {row["key"]: row for row in map(json.loads, lines)}
    wanted = [m for f in files() if all(w in f for w in words) for m in mutants(ROOT, f)]
    wanted.sort(key=lambda m: sha256(m.key.encode()).digest())  # wherever it is stopped, a fair sample was judged
    if "--survivors" not in sys.argv:
        run([m for m in wanted if m.key not in known], results, known)
    judged = [m for m in wanted if m.key in known]
    alive = [m for m in judged if not known[m.key]["by"]]
    for mutant in alive if "--survivors" in sys.argv else []:
        print(f"| `{mutant.file}` | `{mutant.before}` | `{mutant.after}` |".replace("||", "|"))
    killed = len(judged) - len(alive)
    print(f"{killed} of {len(judged)} mutants killed: {100 * killed / max(len(judged), 1):.1f} %", end="")
    print(f"; {len(wanted) - len(judged)} not judged yet" if len(judged) < len(wanted) else "")
    return 0


def run(todo: list[Mutant], results: Path, known: dict[str, dict[str, str]]) -> None:
    warm()
    with tempfile.TemporaryDirectory() as tmp, results.open("a") as log:
        copy = Path(tmp)
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (copy / part).parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / part, copy / part)
        for file in {tuple(TESTS.get(mutant.file, ())): mutant.file for mutant in todo}.values():
            if noticed := judge(Mutant(file, "", 0, "", "", 0, (copy / file).read_text()), copy):
                raise SystemExit(f"{noticed} fails without any mutant of {file}: it proves nothing")
        for done, mutant in enumerate(todo, 1):
            known[mutant.key] = {"key": mutant.key, "by": judge(mutant, copy)}
            log.write(json.dumps(known[mutant.key]) + "\n")
            log.flush()
            fate = known[mutant.key]["by"] or "SURVIVES"
            print(f"{done}/{len(todo)} {mutant.file}:{mutant.line} {mutant.after} | {fate}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
