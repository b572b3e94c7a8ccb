"""Judges the core it finds, in a process of its own: 0 when nothing is noticed, 1 when something is, 2 when it is not a
core at all. The last line says what was noticed."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterable, Iterator
from types import FrameType

import pytest
from hypothesis import HealthCheck, settings


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Of this process's own work, so that a busy machine is not taken for a core that goes round in circles."""

    def hangs(_: int, __: FrameType | None) -> None:
        raise TimeoutError("it hangs")

    signal.signal(signal.SIGVTALRM, hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


class FirstFailure:
    def __init__(self) -> None:
        self.name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.removeprefix("tests/")

    pytest_collectreport = pytest_runtest_logreport


CORE = ("tests/core", "tests/stories", "--ignore=tests/core/test_diagram.py")


def by_tests(paths: Iterable[str] = CORE) -> str:
    """The unit checks and the stories; not the picture of the table, which notices any change at all."""
    busy = [HealthCheck.too_slow]  # a busy machine is no finding
    settings.register_profile("brief", max_examples=20, database=None, deadline=None, suppress_health_check=busy)
    settings.load_profile("brief")
    first = FirstFailure()
    with contextlib.redirect_stdout(io.StringIO()), at_most(60):
        code = pytest.main(
            [*paths, "-x", "-q", "-p", "no:cacheprovider", "-W", "error", "--assert=plain"], plugins=[first]
        )
    return "" if code == pytest.ExitCode.OK else first.name or f"pytest ended with {code!r}"


def by_chance(first: int, end: int) -> str:
    """Every tenth seed is also one in which a test network begins anew."""
    from . import history, wipe

    for seed in range(first, end):
        try:
            with at_most(20):
                history.play(seed)
                if seed % 10 == 0:
                    wipe.play(seed)
        except Exception as error:
            return f"seed {seed}: {type(error).__name__} {str(error)[:80]}"
    return ""


def by_product() -> str:
    from .product.dimensions import short
    from .product.play import Play

    for token in short():
        try:
            with at_most(20):
                Play(token).play()
        except Exception as error:
            return f"{token}: {type(error).__name__} {str(error)[:80]}"
    return ""


def main() -> int:
    try:
        import fsm.step  # noqa: F401
    except Exception as error:
        print(f"not a core: {error!r}")
        return 2
    seeds = int(sys.argv[1])
    match sys.argv[2:]:
        case ["--chance"]:
            noticed = by_chance(0, seeds)
        case ["--product"]:
            noticed = by_product()
        case _:
            noticed = by_tests() or by_chance(0, seeds)
    if "NameError" in noticed:
        print(f"the patch is broken: {noticed}")
        return 2
    print(noticed or "nothing was noticed")
    return 1 if noticed else 0


if __name__ == "__main__":
    sys.exit(main())
