"""What became of signals, gate by gate and in words, read from the journal. For people: nothing is decided on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from fsm.actions import NOT_READY
from fsm.commands import Side
from fsm.effects import Place
from fsm.events import Assessed
from fsm.gates import GATES, Gate
from fsm.limits import Limits

from .figures import money, percent, price
from .store import Entry, Hops, Reader

WORDS = {
    "position_already_open": "a position is already open",
    "daily_loss_limit": "the daily loss limit is reached",
    "duplicate_signal": "the same signal was heard before",
    "balance_too_low": "the account holds too little",
    "exchange_unreachable": "the exchange did not answer",
    "below_min_notional": "the size, or its stop, is under the exchange's minimum",
    "pair_unavailable": "this market cannot be traded",
    "stale_signal": "it came too late",
    "cooling_down": "resting after a loss",
    "nothing_to_sell": "there is nothing to sell",
    "slippage": "the market had moved further than an entry may cost",
    "facts_late": "the exchange took too long to tell price and balance",
    NOT_READY: "the account has not been audited yet",
}


class Told(NamedTuple):
    """A signal that was taken in, and how it ended."""

    side: str
    signal_id: str
    at: float
    verdict: str | None  # opened | closed | refused; None: not yet
    reasons: tuple[str, ...]
    judged: Entry | None  # the step in which the gates were asked
    hops: Hops | None  # None: it was refused at the door


class Answer(NamedTuple):
    """One gate's."""

    gate: str
    passed: bool | None  # None: it was not asked
    shown: str  # what it looked at


def recent(reader: Reader, limit: int) -> list[Told]:
    """Newest first. A repeated signal leaves no trace."""
    return [_told(reader, row) for row in reader.signals(limit)]


def _told(reader: Reader, row: dict[str, Any]) -> Told:
    judged = reader.judged(row["signal_id"], row["seq"]) if row["side"] == Side.BUY else None
    return Told(
        row["side"], row["signal_id"], row["at"], row["verdict"], tuple(row["reasons"]), judged, reader.way(row["seq"])
    )


def outcome(told: Told) -> str:
    """'refused: a position is already open'."""
    verdict = told.verdict or "not decided yet"
    return f"{verdict}: {'; '.join(map(in_words, told.reasons))}" if told.reasons else verdict


def in_words(reason: str) -> str:
    """What a reason means; the figures it carries are kept."""
    code, colon, figures = reason.partition(":")
    return WORDS.get(code, code) + colon + figures


def gates(told: Told, limits: Limits) -> list[Answer]:
    """All seven for a BUY. A SELL meets none: leaving is always allowed."""
    if told.side != Side.BUY:
        return []
    return [Answer(gate.__name__, _passed(gate, told), _shown(gate, told, limits)) for gate in GATES]


def _passed(gate: Gate, told: Told) -> bool | None:
    if any(reason.split(":")[0] == gate.reason for reason in told.reasons):
        return False
    return True if told.judged else None


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
