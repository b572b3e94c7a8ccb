"""Is this file a database of the bot's? Asked before anything is read from it and before anything is written to it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

OURS = {"identity", "journal", "snapshot"}  # tables since the first version
INSTEAD = "set DATABASE_PATH, or name the bot's own file"
DAMAGED = "it is damaged: restore a backup (docs/how-to/backup.md)"
ADVICE = {
    sqlite3.SQLITE_NOTADB: INSTEAD,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_BUSY: "another program has begun to write and does not end: end it",
}


class Unusable(Exception):
    """The file is not what it is taken for, or not whole; the text says what it is, and what to do."""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises Unusable for what SQLite says about the file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        advice = ADVICE.get(code, "do the file and its folder belong to this user, and is the disk full?")
        raise Unusable(f"{path}: {error}; {advice}") from error


def recognise(conn: sqlite3.Connection, path: Path) -> bool:
    """Whether a bot has used it; a blank one is nobody's yet. Raises Unusable for another program's, sqlite3.Error."""
    tables = {str(name) for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return False
    if not tables >= OURS:
        some = ", ".join(sorted(tables)[:5])
        raise Unusable(f"{path} is not a database of auto-trader: its tables are {some}; {INSTEAD}")
    return True


def look(path: Path) -> sqlite3.Connection:
    """A read-only connection to a database that a bot has used. Raises FileNotFoundError and Unusable."""
    if not path.exists():
        raise FileNotFoundError(f"there is no database at {path}: set DATABASE_PATH, or run the bot once")
    if path.is_dir():
        raise Unusable(f"{path} is a folder: {INSTEAD}")
    with told(path), contextlib.ExitStack() as stack:
        conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        stack.callback(conn.close)
        if not recognise(conn, path):
            raise Unusable(f"{path} is empty, no bot has ever used it: {INSTEAD}")
        stack.pop_all()
    return conn
