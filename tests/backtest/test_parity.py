"""The same candles through the live bot and through the backtest: the same trades, to the last digit."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.backtest import History, Options, run_history
from adapters.strategy import Lengths
from fsm.limits import Limits

from .lockstep import play
from .markets import WILD, walk

MONEY = ("qty", "entry_price", "exit_price", "fees", "pnl", "pnl_pct")


QUICK = Lengths(fast=2, slow=5, rsi=4)  # so that few candles see many signals
MIDNIGHT = walk(51, 335, WILD).part(225, 335)
GAPS = walk(48, 70, WILD, holes=True)
CAREFUL = Options(lengths=QUICK, limits=Limits(stop_pct=D("1.5"), daily_loss_pct=D(20), streak=3))
RECKLESS = Options(lengths=QUICK, limits=Limits(risk_pct=D(5), stop_pct=D(5), daily_loss_pct=D(90), drawdown_pct=D(5)))


@pytest.mark.parametrize(
    ("history", "options", "reasons", "breaker"),
    [
        pytest.param(MIDNIGHT, CAREFUL, {"signal", "stop_loss"}, "paused", id="stops, a pause, a new day"),
        pytest.param(GAPS, RECKLESS, {"signal", "drawdown"}, "killed", id="missing candles, a drawdown"),
    ],
)
def test_live_and_backtest_agree_to_the_last_digit(
    history: History, options: Options, reasons: set[str], breaker: str, tmp_path: Path
) -> None:
    trades, signals, cash = asyncio.run(play(history, options, tmp_path))
    result = run_history(history, options)
    ours = [r.trade for r in result.rounds]
    assert {t.reason for t in ours} == reasons
    assert [e.state for e in result.episodes] == [breaker]
    assert [
        (t["signal_id"], t["opened_at"], t["closed_at"], t["reason"], *(D(t[name]) for name in MONEY)) for t in trades
    ] == [(t.signal_id, t.opened_at, t.closed_at, t.reason, *(getattr(t, name) for name in MONEY)) for t in ours]
    decided = [s for s in result.signals if s.verdict != "undecided"]
    assert [(s["signal_id"], s["side"], s["verdict"], s["reasons"]) for s in signals if s["verdict"]] == [
        (s.signal_id, s.signal, s.verdict, list(s.reasons)) for s in decided
    ]
    assert {"opened", "closed", "refused"} == {s.verdict for s in decided}
    assert cash == result.cash
