"""A result as JSON: every raw signal with its verdict, every trade, the figures."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import asdict

from .metrics import measure
from .result import Result
from .sweeps import Study

ENCODE = msgspec.json.Encoder(decimal_format="number").encode  # exact: all digits


def as_json(result: Result, study: Study | None = None) -> str:
    """Times are epoch milliseconds in signals, epoch seconds elsewhere; money is in quote, exact."""
    document: dict[str, Any] = {
        "candles": {
            "file": result.history.name,
            "count": len(result.history.bars),
            "missing": result.history.missing,
            "interval_ms": result.history.interval,
            "first": result.history.bars[0].time,
            "last": result.history.bars[-1].time,
        },
        "options": {**asdict(result.options), "limits": asdict(result.options.limits)},
        "metrics": measure(result),
        "signals": result.signals,
        "trades": [{**asdict(r.trade), "stop": r.stop} for r in result.rounds],
        "open_position": result.holding,
        "breakers": result.episodes,
    }
    if study:
        document["sweep"] = study
    return msgspec.json.format(ENCODE(document), indent=2).decode()
