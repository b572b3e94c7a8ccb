"""The one writer. What `append` wrote outlives the process; when `durable` returns, it outlives the machine as well."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlite_utils import Database

from adapters.errors import NotPersisted
from fsm.bot import Bot
from fsm.commands import Signal
from fsm.picture import picture
from fsm.step import Decision

from .derived import ENCODE, write_derived
from .disk import Disk
from .drift import drift
from .identity import Identity
from .reader import Reader
from .schema import MIGRATIONS
from .usable import recognise

BUSY = 0.1  # seconds that a decision waits for another program's lock: nobody can be heard meanwhile, not even /stop
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",  # and `Disk` does at every commit what FULL would do
    "foreign_keys=ON",
    "wal_autocheckpoint=16000",  # pages: only where `checkpoint` did not come; an append that does it takes 10 ms more
)


class Mismatch(Exception):
    """The database belongs to another account, venue, mode or pair; or another process has it."""


class Store:
    """Open for writing by exactly one process, which a lock file beside the database guarantees."""

    def __init__(self, path: Path) -> None:
        """Raises Mismatch if another process has it, Unusable if it is another program's, sqlite3.Error if it cannot be
        opened or migrated."""
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, _lock(path))
            self._conn = sqlite3.connect(path)
            stack.callback(self._conn.close)
            recognise(self._conn, path)
            for part in ("", "-wal", "-shm"):  # SQLite makes the others as the first is, and leaves what it finds
                with contextlib.suppress(FileNotFoundError):
                    path.with_name(path.name + part).chmod(0o600)
            for pragma in PRAGMAS:
                self._conn.execute(f"PRAGMA {pragma}")
            self._db = Database(self._conn)
            MIGRATIONS.apply(self._db)
            self._conn.execute(f"PRAGMA busy_timeout={round(BUSY * 1000)}")
            self._disk = Disk(path.with_name(path.name + "-wal"))
            stack.callback(self._disk.close)
            self._opened = stack.pop_all()
        self.path = path
        self.reader = Reader(self._db)
        self._last: Bot | None = None  # as it was written down

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def claim(self, wanted: Identity) -> Identity:
        """Stamp a new database, or check the stamp of an old one. Raises Mismatch, naming what differs."""
        found = self.reader.identity()
        if found is None:
            stamped = msgspec.structs.replace(wanted, tag=secrets.token_hex(4))
            with self._db.atomic():
                self._db.execute("INSERT INTO identity VALUES (1, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(stamped))
            return stamped
        if differing := found.against(wanted):
            raise Mismatch(
                f"{self.path} belongs to another account ({differing}). "
                "Set DATABASE_PATH to a file of its own for each account."
            )
        return found

    def load(self) -> Bot:
        """The last snapshot, or a new bot. Raises Unusable."""
        self._last = self.reader.snapshot()
        return self._last

    def knows(self, signal: Signal) -> bool:
        """Whether this side, id and time stamp were ever heard. Raises NotPersisted, if nobody can tell."""
        key = (signal.side, signal.signal_id, signal.stamp)
        try:
            found = self._conn.execute("SELECT 1 FROM signals WHERE side = ? AND signal_id = ? AND stamp = ?", key)
            return found.fetchone() is not None
        except sqlite3.Error as error:
            raise NotPersisted(f"{type(error).__name__}: {error}") from error

    def append(self, *decisions: Decision) -> None:
        """Journal rows, snapshot and derived rows in one transaction. Raises NotPersisted; then nothing was written."""
        self._disk.check()
        bot = self._last or self.load()
        try:
            with self._db.atomic():
                for d in decisions:
                    self._journal(d, drift(bot, d))
                    write_derived(self._db, d)
                    bot = d.bot
                self._db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?)", (bot.seq, ENCODE(bot).decode()))
        except sqlite3.Error as error:
            raise NotPersisted(f"{type(error).__name__}: {error}") from error
        self._last = bot
        self._disk.order()

    async def durable(self) -> None:
        """Until all that was appended so far is on the disk. Raises NotPersisted."""
        await self._disk.arrived()

    def _journal(self, d: Decision, drift: dict[str, Any]) -> None:
        texts = (ENCODE(part).decode() for part in (d.reasons, d.effects, d.verdicts, d.trades, picture(d.bot), drift))
        self._db.execute(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                d.bot.seq,
                d.bot.now,
                type(d.input).__name__,
                ENCODE(d.input).decode(),
                d.before.state,
                d.bot.state,
                d.accepted,
                *texts,
            ),
        )

    def checkpoint(self) -> None:
        """Take the write-ahead log into the database, over a connection of its own: for a thread that nobody waits for.
        Does what is possible without making anybody else wait. Raises sqlite3.Error."""
        with contextlib.closing(sqlite3.connect(self.path)) as conn:
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def move_cursor(self, name: str, seq: int) -> None:
        """A tail of the journal has dealt with everything up to `seq`. Nobody waits for the disk: what a crash takes
        is told again, and the journal's next row takes this one along."""
        with self._db.atomic():
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, seq))


def _lock(path: Path) -> int:
    """The lock lives as long as the process, however it dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise sqlite3.OperationalError(f"cannot be written: {error.strerror} ({error.filename})") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise Mismatch(f"{path} is in use by another auto-trader process") from None
    return fd
