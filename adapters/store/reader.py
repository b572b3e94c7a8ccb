"""Reading what happened. Used by the writer's own process and, read-only, by the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from fsm.book import Trade
from fsm.commands import AnyCommand
from fsm.effects import AnyEffect
from fsm.events import AnyEvent
from fsm.picture import Picture
from fsm.scratch import Verdict


class Entry(Struct, frozen=True):
    """One row of the journal."""

    seq: int
    at: float  # seconds since the epoch, UTC
    input: AnyCommand | AnyEvent
    before: str
    after: str
    accepted: bool
    reasons: tuple[str, ...]
    effects: tuple[AnyEffect, ...]
    verdicts: tuple[Verdict, ...]
    trades: tuple[Trade, ...]
    picture: Picture

    @property
    def kind(self) -> str:
        return type(self.input).__name__


JSON = ("input", "reasons", "effects", "verdicts", "trades", "picture")


class Reader:
    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """A second, read-only connection. Raises FileNotFoundError."""
        if not path.exists():
            raise FileNotFoundError(f"there is no database at {path}: set DATABASE_PATH, or run the bot once")
        return cls(Database(sqlite3.connect(f"file:{path}?mode=ro", uri=True)))

    def close(self) -> None:
        self._db.close()

    def entries(self, after: int = 0, limit: int = 1_000) -> list[Entry]:
        """The journal in order, from the first row whose seq is greater than `after`."""
        return [
            _entry(row)
            for row in self._db.query("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", [after, limit])
        ]

    def nth_last_seq(self, n: int) -> int:
        """The seq after which exactly the last `n` rows come."""
        row = self._db.execute("SELECT seq FROM journal ORDER BY seq DESC LIMIT 1 OFFSET ?", [n]).fetchone()
        return int(row[0]) if row else 0

    def cursor(self, name: str) -> int:
        row = self._db.execute("SELECT seq FROM cursors WHERE name = ?", [name]).fetchone()
        return int(row[0]) if row else 0

    def signals(self, limit: int = 1_000) -> list[dict[str, Any]]:
        """Newest first; `reasons` is a list."""
        rows = self._db.query("SELECT * FROM signals ORDER BY seq DESC LIMIT ?", [limit])
        return [{**row, "reasons": msgspec.json.decode(row["reasons"])} for row in rows]

    def trades(self, limit: int = 1_000) -> list[dict[str, Any]]:
        """Newest first; money is text, exact."""
        return list(self._db.query("SELECT * FROM trades ORDER BY id DESC LIMIT ?", [limit]))

    def orders(self) -> Iterator[dict[str, Any]]:
        yield from self._db.query("SELECT * FROM orders ORDER BY at, cid")

    def day(self, day: str) -> dict[str, Any] | None:
        return next(iter(self._db.query("SELECT * FROM daily_stats WHERE day = ?", [day])), None)


def _entry(row: dict[str, Any]) -> Entry:
    fields = {name: msgspec.json.decode(row[name]) if name in JSON else row[name] for name in Entry.__struct_fields__}
    return msgspec.convert({**fields, "accepted": bool(row["accepted"])}, Entry)
