"""What a year of five-minute candles costs: `python -m tests.backtest.bench [YEARS ...]`.

Each size runs in a process of its own, so that its memory is its own. The breakers are out of the way and the risk is
small, so that the bot trades from the first candle to the last.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal as D
from pathlib import Path

from adapters.backtest import Options, run
from adapters.simulator.feed import RandomWalk, Regime
from fsm.limits import Limits

YEAR = 105_120  # candles of five minutes
LEVEL = (Regime(0.0003, 0.0022, 60), Regime(-0.0003, 0.0022, 60), Regime(0.0, 0.0012, 40))  # ends where it began
TRADING = Options(
    fee_pct=D("0.01"), limits=Limits(risk_pct=D("0.05"), daily_loss_pct=D(99), drawdown_pct=D(99), streak=10**6)
)


def main(years: list[str]) -> None:
    """Print a line for each size."""
    print(f"{'candles':>9} {'trades':>7} {'seconds':>8} {'us/candle':>10} {'MB':>5}   (CPU time and peak memory)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candles.csv"
        for size in years:
            write(path, int(float(size) * YEAR))
            subprocess.run([sys.executable, "-m", "tests.backtest.bench", "--one", str(path)], check=True)


def write(path: Path, count: int) -> None:
    """As Binance exports them, in a process that is not measured."""
    walk = RandomWalk(11, regimes=LEVEL)
    with path.open("w") as file:
        for _ in range(count):
            c = next(walk)
            file.write(f"{c.open_time},{c.open},{c.high},{c.low},{c.close},{c.volume},{c.close_time},0,0,0,0,0\n")


def one(path: Path) -> None:
    """Read, trade and measure one file."""
    started = time.process_time()
    result = run(path, TRADING)
    spent = time.process_time() - started
    count, peak = len(result.history.bars), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:>9,} {len(result.rounds):>7,} {spent:>8.2f} {1e6 * spent / count:>10.1f} {peak:>5.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main(sys.argv[1:] or ["1", "2", "4"])
