"""The daily summary at 23:59 UTC. A day missed while the bot was down is told at the next start, once, marked late.

A durable cursor holds the last day that was told, and it moves when the telling succeeded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from adapters.figures import signed
from fsm.book import DAY

CURSOR = "summary"
AT = DAY - 60  # 23:59, in seconds of the day

Say = Callable[[str, Callable[[], None]], None]
Row = dict[str, Any]


class Days(Protocol):
    def day(self, day: str) -> Row | None: ...
    def cursor(self, name: str) -> int: ...


class Cursor(Protocol):
    def move_cursor(self, name: str, seq: int) -> None: ...


def due(told: int, now: float) -> range:
    """The days, counted since the epoch, whose 23:59 has come after the day that was told last."""
    return range(told + 1, int((now - AT) // DAY) + 1)


def text(row: Row | None, day: int, late: bool) -> str:
    """Of a row of `daily_stats`; without one nothing happened that day."""
    trades, wins, pnl = (row["trades"], row["wins"], Decimal(row["pnl"])) if row else (0, 0, Decimal(0))
    rate = wins * 100 / trades if trades else 0.0
    said = f"📊 DAILY SUMMARY: Trades: {trades} | P&L: {signed(pnl)} | Win rate: {rate:.1f}%"
    return f"{said} (late, for {name(day)})" if late else said


def name(day: int) -> str:
    """'2028-02-29'."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()


class Summary:
    """`say` takes a text, and what to call when it was delivered."""

    def __init__(self, days: Days, cursor: Cursor, say: Say, clock: Callable[[], float]) -> None:
        self._days, self._cursor, self._say, self._clock = days, cursor, say, clock
        self._handed = days.cursor(CURSOR)  # perhaps still on its way

    async def daily_summary(self) -> None:
        """Tell what is due: at the start, and at 23:59 UTC. As often as you like."""
        now = self._clock()
        if not self._handed:  # a new database has no past to tell
            self._handed = int((now - AT) // DAY)
            self._cursor.move_cursor(CURSOR, self._handed)
        for day in (days := due(self._handed, now)):
            row = self._days.day(name(day))
            if row or day == days[-1]:  # of a long absence only the days on which something happened, and the last
                self._say(text(row, day, late=now >= (day + 1) * DAY), self._told(day))
            self._handed = day

    def _told(self, day: int) -> Callable[[], None]:
        return lambda: self._cursor.move_cursor(CURSOR, day)
