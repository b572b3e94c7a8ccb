"""History through the very core that trades live.

    result = run(Path("BTCUSDT-5m.csv"), Options(fee_pct=Decimal("0.1")), database=Path("backtest.db"))
    table(result)                # for a terminal (rich)
    as_json(result)              # every raw signal with its verdict, every trade, the figures
    report(result)               # a self-contained HTML page
    study = sweep(path, Options(), Grid(...))    # many settings; the three above take it as their second argument

Signals are decided on closed candles and traded at the next open. What is assumed about the inside of a candle, and
what the core is spared, stands at the head of `replay`.
"""

from .bars import BadCandlesError, Bar, History, read
from .document import as_json
from .metrics import Metrics, measure
from .options import Options
from .page import report
from .result import Result
from .runs import run, run_history
from .sheet import table
from .sweeps import Grid, Study, sweep

__all__ = [
    "BadCandlesError",
    "Bar",
    "Grid",
    "History",
    "Metrics",
    "Options",
    "Result",
    "Study",
    "as_json",
    "measure",
    "read",
    "report",
    "run",
    "run_history",
    "sweep",
    "table",
]
