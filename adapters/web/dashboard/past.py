"""What is written: the last move, signals with their gates, trades, equity, the journal's tail. Read again only when
the journal has grown."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fsm.gates import GATES
from fsm.limits import Limits

from ... import verdicts
from ...figures import percent, price, quantity, signed
from ...journal import line, way
from ...store import Entry, Reader
from .lifecycle import path

Section = Any
SIGNALS, TRADES, ROWS = 8, 60, 40  # shown
BATCH = 200  # journal rows read at a time
SIGNS = {True: "passed", False: "failed", None: "unasked"}


class Past:
    """Follows the journal row by row, so that nobody ever has to search it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read = reader.nth_last_seq(ROWS)
        self._moved = reader.last_move()
        self._rows: deque[Section] = deque(maxlen=ROWS)  # newest first
        self._sections: dict[str, Section] = {}
        self._news = True  # since the sections were made
        self.follow()

    def follow(self) -> None:
        while entries := self._reader.entries(after=self._read, limit=BATCH):
            for entry in entries:
                self._note(entry)
                self._read = entry.seq

    def sections(self, limits: Limits) -> dict[str, Section]:
        self.follow()
        if self._news:
            self._sections = {
                "moved": self._move(),
                "signals": self._signals(limits),
                "trades": self._trades(),
                "curve": self._curve(),
                "journal": list(self._rows),
            }
            self._news = False
        return self._sections

    def _note(self, entry: Entry) -> None:
        if entry.before != entry.after:
            self._moved = (entry.at, entry.before, entry.after)
        self._rows.appendleft({"seq": entry.seq, "text": line(entry), "accepted": entry.accepted})
        self._news = True

    def _move(self) -> Section:
        """The last change of state, and the edges it walked."""
        if self._moved is None:
            return None
        at, before, after = self._moved
        return {"at": at, "before": before, "after": after, "edges": path(before, after)}

    def _signals(self, limits: Limits) -> list[Section]:
        return [
            {
                "side": told.side,
                "signal_id": told.signal_id,
                "at": told.at,
                "when": _when(told.at),
                "verdict": told.verdict or "undecided",
                "why": "; ".join(map(verdicts.in_words, told.reasons)),
                "way": way(told.hops) if told.hops else "",
                "gates": [
                    {"gate": name, "sign": SIGNS[passed], "shown": shown}
                    for name, passed, shown in verdicts.gates(told, limits)
                ],
            }
            for told in verdicts.recent(self._reader, SIGNALS)
        ]

    def _curve(self) -> list[tuple[float, float]]:
        """The equity when each trade was closed, and before the first of them."""
        points, trades = self._reader.equity(TRADES), self._reader.trades(TRADES)
        if points and trades:
            points.insert(0, (trades[-1]["opened_at"], points[0][1] - float(trades[-1]["pnl"])))
        return points

    def _trades(self) -> list[Section]:
        return [
            {
                "opened_at": t["opened_at"],
                "closed_at": t["closed_at"],
                "when": _when(t["closed_at"]),
                "entry": float(t["entry_price"]),
                "exit": float(t["exit_price"]),
                "quantity": quantity(Decimal(t["qty"])),
                "prices": f"{price(Decimal(t['entry_price']))} → {price(Decimal(t['exit_price']))}",
                "pnl": signed(Decimal(t["pnl"])),
                "pnl_pct": f"{percent(Decimal(t['pnl_pct']))} %",
                "gain": (Decimal(t["pnl"]) > 0) - (Decimal(t["pnl"]) < 0),
                "reason": t["reason"],
            }
            for t in self._reader.trades(TRADES)
        ]


def gate_names() -> list[str]:
    return [gate.__name__ for gate in GATES]


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%m-%d %H:%M:%S}"
