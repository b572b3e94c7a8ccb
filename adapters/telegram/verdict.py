"""What became of the last signal, gate by gate, read from the journal."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from adapters.figures import money, percent, price
from adapters.store import Entry, Reader
from fsm.effects import Place
from fsm.events import Assessed
from fsm.gates import GATES, Gate
from fsm.limits import Limits

PASSED, FAILED, UNASKED = "✅", "❌", "▫️"
FAR = 1_000  # journal rows in which a verdict must have come


class Told(NamedTuple):
    side: str
    signal_id: str
    at: float
    outcome: str  # with the reasons, in words
    reasons: tuple[str, ...]
    judged: Entry | None  # the step in which the gates were asked


class Answer(NamedTuple):
    """One gate's."""

    sign: str
    name: str
    shown: str  # what it looked at


def last(reader: Reader) -> Told | None:
    """Nothing if no signal was ever taken in. A repeated one leaves no trace."""
    signal = next(iter(reader.signals(limit=1)), None)
    if signal is None:
        return None
    reasons = tuple(signal["reasons"])
    outcome = signal["verdict"] or "not decided yet"
    return Told(
        signal["side"],
        signal["signal_id"],
        signal["at"],
        f"{outcome}: {'; '.join(reasons)}" if reasons else outcome,
        reasons,
        _judged(reader, signal["signal_id"], signal["seq"]) if signal["side"] == "BUY" else None,
    )


def _judged(reader: Reader, signal_id: str, seq: int) -> Entry | None:
    for entry in reader.entries(after=seq, limit=FAR):
        if isinstance(entry.input, Assessed) and entry.input.signal_id == signal_id and entry.before == "validating":
            return entry
    return None


def gates(told: Told, limits: Limits) -> list[Answer]:
    """All seven for a BUY. A SELL meets none: leaving is always allowed."""
    if told.side != "BUY":
        return []
    return [Answer(_sign(gate, told), gate.__name__, _shown(gate, told, limits)) for gate in GATES]


def _sign(gate: Gate, told: Told) -> str:
    if any(reason.split(":")[0] == gate.reason for reason in told.reasons):
        return FAILED
    return PASSED if told.judged else UNASKED


def _shown(gate: Gate, told: Told, limits: Limits) -> str:
    if told.judged is None or not isinstance(facts := told.judged.input, Assessed):
        return "not asked"
    seen = told.judged.picture
    least = max(facts.market.min_notional, limits.min_notional)
    return {
        "max_positions": "one at a time",
        "daily_loss_limit": f"today {percent(seen.day_pnl_pct)} %, limit -{limits.daily_loss_pct} %",
        "not_duplicate": "heard once",
        "min_balance": f"equity {money(seen.equity)}, at least {money(limits.min_equity)}",
        "exchange_reachable": "it answered" if facts.reachable else "it did not answer",
        "min_notional": f"{_size(told.judged, facts.price)}at least {money(least)}",
        "pair_available": _pair(facts),
    }[gate.__name__]


def _size(judged: Entry, at: Decimal) -> str:
    placed = next((effect for effect in judged.effects if isinstance(effect, Place)), None)
    return f"{money(placed.qty * at)} at {price(at)}, " if placed else ""


def _pair(facts: Assessed) -> str:
    return f"{'listed' if facts.listed else 'not listed'}, {'trading' if facts.trading else 'not trading'}"
