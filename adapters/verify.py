"""`auto-trader journal --verify`: does all that the database says follow from the inputs that its journal holds?

Each input is decided again by the same core and written by the same store into a new file. Then the two files must be
the same, table for table and row for row. A new version of the program may decide otherwise than the one that wrote an
old row, so a difference says whose row it is.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from fsm.bot import Bot
from fsm.step import Decision, news, step

from .store import DAMAGED, Entry, Reader, Store, Unusable
from .store.drift import drifted

BATCH = 1_000  # rows
MOST = 20  # differences shown
VERSION = version("auto-trader")
STEPS = {  # of which step of the journal a row of each table is
    "journal": "seq",
    "signals": "seq",
    "orders": "seq",
    "trades": "seq",
    "daily_stats": "(SELECT max(seq) FROM kept.journal WHERE date(at, 'unixepoch') = day)",
    "hops": "touched",
    "tallies": "(SELECT max(seq) FROM kept.journal)",
}


class Difference(Struct, frozen=True):
    """A row that is not what follows from the journal."""

    table: str
    seq: int  # the step that wrote it
    version: str  # of the program that wrote it, if that is known

    @property
    def ours(self) -> bool:
        """Whether this very version wrote it, so that there is no excuse."""
        return self.version in ("", VERSION)

    def __str__(self) -> str:
        by = "" if self.ours else f" (written by version {self.version}, and this is {VERSION})"
        return f"{self.table}: step {self.seq} is not what follows from the journal{by}"


class Proof(Struct, frozen=True):
    rows: dict[str, int]  # by table
    last: Entry | None
    bot: Bot  # as the inputs lead to it
    differences: tuple[Difference, ...]


def verify(path: Path) -> Proof:
    """Of a copy, so that a running bot is not held up. Raises FileNotFoundError, Unusable, sqlite3.Error."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.closing(Reader.open(path)) as reader:
        kept, again = Path(scratch, "kept.db"), Path(scratch, "again.db")
        reader.copy(kept)
        with contextlib.closing(Reader.open(kept)) as copy, Store(again) as store:
            last, bot, wrong = _again(copy, store)
        with contextlib.closing(sqlite3.connect(again)) as db:
            db.execute("ATTACH ? AS kept", (str(kept),))
            rows = {table: _count(db, table) for table in STEPS}
            wrong |= {(seq, table) for table in STEPS for seq in _unlike(db, table)}
            return Proof(
                rows, last, bot, tuple(Difference(table, seq, _author(db, seq)) for seq, table in sorted(wrong))
            )


def _again(reader: Reader, store: Store) -> tuple[Entry | None, Bot, set[tuple[int, str]]]:
    """Decide every row again. Returns the last one, where it led, and what does not follow: rows before which the bot
    had changed without a row, and the snapshot."""
    last, bot, wrong = None, store.load(), set()
    for batch in _batches(reader):
        decisions: list[Decision] = []
        for last in batch:
            start = _start(bot, last)
            if news(start) != news(bot):
                wrong.add((last.seq, "journal"))
            decisions.append(step(start, last.input))
            bot = decisions[-1].bot
        store.append(*decisions)
    if (kept := reader.snapshot()) != bot:
        wrong.add((kept.seq, "snapshot"))
    return last, bot, wrong


def _batches(reader: Reader) -> Iterator[list[Entry]]:
    seq = 0
    while batch := reader.entries(after=seq, limit=BATCH):
        yield batch
        seq = batch[-1].seq


def _start(bot: Bot, entry: Entry) -> Bot:
    try:
        return drifted(bot, entry)
    except msgspec.ValidationError as error:
        raise Unusable(f"the journal cannot be read at step {entry.seq}: {error}; {DAMAGED}") from error


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM kept.{table}").fetchone()[0])  # noqa: S608 - a name of STEPS


def _unlike(db: sqlite3.Connection, table: str) -> Iterator[int]:
    """The steps whose rows only one of the two files has."""
    for one, other in (("kept", "main"), ("main", "kept")):
        unlike = f"SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table}"  # noqa: S608 - names of STEPS
        yield from (int(seq or 0) for (seq,) in db.execute(f"SELECT {STEPS[table]} FROM ({unlike})"))  # noqa: S608


def _author(db: sqlite3.Connection, seq: int) -> str:
    """The version that had booted last before this step."""
    row = db.execute(
        "SELECT json_extract(input, '$.version') FROM kept.journal WHERE kind = 'Booted' AND seq <= ? "
        "ORDER BY seq DESC LIMIT 1",
        (seq,),
    ).fetchone()
    return row[0] or "" if row else ""


def report(proof: Proof) -> Iterator[str]:
    """For people, line by line; the last one is the verdict."""
    yield f"decided again: {proof.rows['journal']} steps"
    yield from (f"  {table}: {rows} rows" for table, rows in proof.rows.items())
    yield from (f"  {difference}" for difference in proof.differences[:MOST])
    if not proof.differences:
        yield "the same: every row of every table follows from the inputs in the journal"
    else:
        yield f"{len(proof.differences)} rows do not follow from the inputs in the journal"
