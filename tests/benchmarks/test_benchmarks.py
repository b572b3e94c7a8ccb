"""Every benchmark runs, small. Counts are looked at, times are not."""

from __future__ import annotations

import pytest

from .__main__ import BENCHMARKS, PAGE, Run, measured, onto, tables
from .distance import Question, trips
from .figures import Figure, Result, quantile
from .signals import own_time

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("name", BENCHMARKS)
async def test_a_benchmark_runs(name: str) -> None:
    result = await measured(name, tiny=True)
    assert all(figure.value >= 0 for figure in result.figures)
    text = "\n".join(tables(Run("2026-01-01", "a machine", 0.1, (result,))))
    assert all(f"| {figure.case} |" in text and f" {figure.shown} |" in text for figure in result.figures)
    if name == "signals":
        counted = {(f.case.split(", RTT")[0], f.what): f.value for f in result.figures if "trips" in f.what}
        assert counted == {
            ("naive bot, Binance", "trips to fill"): 3,
            ("naive bot, Binance", "trips to stop"): 5,
            ("ours, Binance", "trips to fill"): 2,
            ("ours, Binance", "trips to stop"): 3,
            ("ours, Kraken", "trips to fill"): 2,
            ("ours, Kraken", "trips to stop"): 2,
        }


def test_round_trips_are_counted_by_what_was_answered_before() -> None:
    facts = [Question("a", 0.0, 1.0), Question("b", 0.1, 1.1)]
    assert trips([*facts, Question("order", 1.2, 2.2), Question("stop", 2.3)]) == {
        "a": 1,
        "b": 1,
        "order": 2,
        "stop": 3,
    }


def test_own_time_is_what_no_question_covers() -> None:
    asked = [Question("a", 1.0, 3.0), Question("b", 2.0, 4.0), Question("order", 6.0, 7.0)]
    assert own_time(asked, 0.0, 6.0) == 3.0
    assert own_time([Question("a", 1.0, None)], 0.0, 6.0) == 1.0


def test_quantiles_are_samples() -> None:
    samples = [float(n) for n in range(1, 101)]
    assert (quantile(samples, 0.5), quantile(samples, 0.99), quantile([7.0], 0.99)) == (50, 99, 7)
    assert Figure("", "", 12.345, "ms").shown == "12.3 ms"


def test_the_page_takes_the_tables_of_a_run() -> None:
    run = Run(
        "2026-01-01", "a machine", 0.1, (Result("core", "The core", 1.0, (Figure("a step", "median", 7.0, "us"),)),)
    )
    page = onto(PAGE.read_text(), run)
    assert "| a step | 7 us |" in page
    assert onto(page, run) == page
    assert page.startswith("# Performance")
    assert page.count("## What the profile says") == 1
