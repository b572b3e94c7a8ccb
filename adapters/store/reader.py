"""Reading what happened. Used by the writer's own process and, read-only, by the command line."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from fsm.book import Trade
from fsm.bot import Bot
from fsm.commands import AnyCommand
from fsm.effects import AnyEffect
from fsm.events import AnyEvent
from fsm.picture import Picture
from fsm.scratch import Verdict

from .hops import Hops, from_row
from .identity import Identity
from .schema import MIGRATIONS
from .usable import DAMAGED, Unusable, look


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
    drift: dict[str, Any]  # what had changed by itself since the row before

    @property
    def kind(self) -> str:
        return type(self.input).__name__


VERDICT_WITHIN = 1_000  # steps
JSON = ("input", "reasons", "effects", "verdicts", "trades", "picture", "drift")


class Reader:
    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """A second, read-only connection. Raises FileNotFoundError and Unusable."""
        db = Database(look(path))
        if MIGRATIONS.pending(db):
            db.close()
            raise Unusable(f"{path} is of an older version: auto-trader restore-check brings a copy of it up to date")
        return cls(db)

    def close(self) -> None:
        self._db.close()

    def identity(self) -> Identity | None:
        """Whose it is; nobody's yet, before the bot's first start."""
        row = self._db.execute("SELECT venue, mode, pair, key_fingerprint, tag, epoch FROM identity").fetchone()
        return row and Identity(*row)

    def copy(self, path: Path) -> None:
        """All of it, as it is at one moment, into a new file."""
        with contextlib.closing(sqlite3.connect(path)) as into:
            self._db.conn.backup(into)

    def entries(self, after: int = 0, limit: int = 1_000) -> list[Entry]:
        """The journal in order, from the first row whose seq is greater than `after`. Raises Unusable."""
        rows = self._db.query("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", [after, limit])
        return [_entry(row) for row in rows]

    def snapshot(self) -> Bot:
        """The bot as it was last written down, or a new one. Raises Unusable."""
        row = self._db.execute("SELECT bot FROM snapshot").fetchone()
        try:
            return msgspec.json.decode(row[0], type=Bot) if row else Bot()
        except msgspec.DecodeError as error:
            raise Unusable(f"the snapshot cannot be read: {error}; {DAMAGED}") from error

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

    def hops(self, after: int, limit: int = 1_000) -> list[Hops]:
        """What journal rows after this one told of signals' ways, in the order of the telling."""
        sql = "SELECT * FROM hops WHERE touched > ? ORDER BY touched LIMIT ?"
        return [from_row(row) for row in self._db.execute(sql, [after, limit]).fetchall()]

    def way(self, seq: int) -> Hops | None:
        """The way of the signal that the journal's row `seq` took in."""
        row = self._db.execute("SELECT * FROM hops WHERE seq = ?", [seq]).fetchone()
        return None if row is None else from_row(row)

    def count(self, after: int) -> int:
        """How many rows the journal has after this seq."""
        return int(self._db.execute("SELECT count(*) FROM journal WHERE seq > ?", [after]).fetchone()[0])

    def judged(self, signal_id: str, seq: int) -> Entry | None:
        """The row in which the gates were asked about the entry signal that row `seq` took in."""
        rows = self._db.query(
            "SELECT * FROM journal WHERE seq > ? AND seq <= ? AND kind = 'Assessed' AND before = 'validating' "
            "AND json_extract(input, '$.signal_id') = ? ORDER BY seq LIMIT 1",
            [seq, seq + VERDICT_WITHIN, signal_id],
        )
        return next(map(_entry, rows), None)

    def last_move(self) -> tuple[float, str, str] | None:
        """(at, before, after) of the newest change of state."""
        sql = "SELECT at, before, after FROM journal WHERE before != after ORDER BY seq DESC LIMIT 1"
        row = self._db.execute(sql).fetchone()
        return None if row is None else (row[0], row[1], row[2])

    def marks(self, limit: int) -> list[tuple[float, float]]:
        """(at, price) as the last `limit` rows of the journal pictured it, oldest first. For drawing."""
        sql = "SELECT at, json_extract(picture, '$.mark') FROM journal ORDER BY seq DESC LIMIT ?"
        rows = self._db.execute(sql, [limit]).fetchall()
        return [(at, float(mark)) for at, mark in reversed(rows) if mark is not None]

    def equity(self, limit: int) -> list[tuple[float, float]]:
        """(at, equity) when each of the last `limit` trades was closed, oldest first. For drawing."""
        rows = self._db.execute(
            "SELECT at, json_extract(picture, '$.equity') FROM journal "
            "WHERE seq IN (SELECT seq FROM trades ORDER BY id DESC LIMIT ?) ORDER BY seq",
            [limit],
        ).fetchall()
        return [(at, float(equity)) for at, equity in rows]

    def signals_by_verdict(self) -> list[tuple[str, str, int]]:
        """(side, verdict, how many), of all that were decided."""
        return self._tallies("signals")

    def orders_by_status(self) -> list[tuple[str, str, int]]:
        """(purpose, status, how many)."""
        return self._tallies("orders")

    def _tallies(self, of: str) -> list[tuple[str, str, int]]:
        sql = "SELECT kind, outcome, n FROM tallies WHERE of = ? AND n > 0"
        return [(kind, outcome, n) for kind, outcome, n in self._db.execute(sql, [of]).fetchall()]


def _entry(row: dict[str, Any]) -> Entry:
    try:
        fields = {n: msgspec.json.decode(row[n]) if n in JSON else row[n] for n in Entry.__struct_fields__}
        return msgspec.convert({**fields, "accepted": bool(row["accepted"])}, Entry)
    except msgspec.DecodeError as error:
        raise Unusable(f"the journal cannot be read at step {row['seq']}: {error}; {DAMAGED}") from error
