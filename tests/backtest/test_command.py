"""`auto-trader backtest` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.backtest.command import backtest

from .markets import walk, write


@pytest.fixture
def candles(tmp_path: Path) -> str:
    return str(write(walk(11, 300), tmp_path / "walk.csv"))


def _run(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(backtest, list(args), env=env)


def test_a_table_by_default(candles: str) -> None:
    done = _run(candles)
    assert done.exit_code == 0
    assert "Sharpe" in done.stdout
    assert done.stderr == ""


def test_json_alone_on_standard_output(candles: str) -> None:
    done = _run(candles, "--json")
    signal = json.loads(done.stdout)["signals"][0]
    assert {"bar_time", "signal", "price", "verdict"} <= signal.keys()


def test_a_report(candles: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert _run(candles, "--report", str(page)).exit_code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_options_reach_the_run(candles: str) -> None:
    given = ("--stop", "1.5", "--risk", "0.5", "--fee", "0.2", "--lengths", "5/13", "--rsi", "7", "--no-resume")
    options = json.loads(_run(candles, "--json", *given).stdout)["options"]
    assert (options["limits"]["stop_pct"], options["limits"]["risk_pct"], options["fee_pct"]) == (1.5, 0.5, 0.2)
    assert (options["lengths"], options["resume"]) == ({"fast": 5, "slow": 13, "rsi": 7}, False)


def test_limits_come_from_the_bots_own_variables(candles: str) -> None:
    done = _run(candles, "--json", env={"STOP_LOSS_PCT": "3.5", "MAX_CONSECUTIVE_LOSSES": "2"})
    limits = json.loads(done.stdout)["options"]["limits"]
    assert (limits["stop_pct"], limits["streak"]) == (3.5, 2)


def test_a_sweep(candles: str) -> None:
    done = _run(candles, "--json", "--sweep", "stop=1,2")
    study = json.loads(done.stdout)["sweep"]
    assert len(study["cells"]) == 2
    assert study["best"] is None
    assert "edge of stop" in study["verdict"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--stop", "two"), "'two' is not a number"),
        (("--stop", "nan"), "'nan' is not a number"),
        (("--stop", "0"), "stop and risk are percentages"),
        (("--lengths", "21/9"), "the fast average shorter"),
        (("--lengths", "9"), "two lengths such as 9/21"),
        (("--sweep", "fees=1,2"), "is not stop="),
        (("--tick", "1"), "finer than the venue's price step"),
    ],
)
def test_a_mistake_is_told_in_a_line(candles: str, args: tuple[str, ...], words: str) -> None:
    done = _run(candles, *args)
    assert done.exit_code in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_rows_are_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("time,open,high,low,close\n1735689600,1,1,1,1\nx,1,1,1,1\n")
    done = _run(str(path))
    assert done.exit_code == 1
    assert "line 3" in done.stderr
