"""Histories for the tests: seeded walks, and candles written down by hand."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

from adapters.backtest import Bar, History
from adapters.simulator.feed import RandomWalk, Regime

START = 1_767_225_600_000  # 2026-01-01 00:00 UTC
FIVE_MINUTES = 300_000
RESTLESS = (
    Regime(0.00025, 0.0022, 60),
    Regime(-0.0002, 0.0024, 60),
    Regime(0.0, 0.0012, 40),
    Regime(0.0006, 0.003, 30),
    Regime(-0.0006, 0.0034, 30),
)
WILD = (Regime(0.002, 0.012, 30), Regime(-0.003, 0.016, 30), Regime(0.0, 0.02, 20))


def walk(seed: int, count: int, regimes: tuple[Regime, ...] = RESTLESS, *, holes: bool = False) -> History:
    """`holes`: every 37th candle is missing."""
    candles = RandomWalk(seed, regimes=regimes).history(count)
    bars = [
        Bar(c.open_time, c.open, c.high, c.low, c.close) for i, c in enumerate(candles) if not (holes and i % 37 == 5)
    ]
    return History(f"walk {seed}", bars, FIVE_MINUTES)


def by_hand(*rows: tuple[float, float, float, float]) -> History:
    """Open, high, low, close; five minutes each."""
    bars = [Bar(START + i * FIVE_MINUTES, *(D(str(value)) for value in row)) for i, row in enumerate(rows)]
    return History("by hand", bars, FIVE_MINUTES)


def write(history: History, path: Path) -> Path:
    """As a plain file with a header."""
    rows = (",".join(str(value) for value in bar) for bar in history.bars)
    path.write_text("\n".join(("time,open,high,low,close", *rows)) + "\n")
    return path
