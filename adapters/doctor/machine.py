"""This machine: where the journal lives, the library that writes it, the port, the clock's zone."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import sqlite3
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace
from sqlite_utils import Database

from adapters.figures import duration
from adapters.identity import identity
from adapters.settings import Settings
from adapters.store import Reader, Unusable, recognise

from .findings import Finding, fail, ok, warn

MEGABYTE = 1_000_000
LITTLE, TOO_LITTLE = 1_000 * MEGABYTE, 100 * MEGABYTE
FIXED, BACKPORTS = (3, 51, 3), ((3, 44, 6), (3, 50, 7))  # sqlite.org/wal.html#walresetbug
Version = tuple[int, int, int]


def database(settings: Settings) -> Finding:
    """Nothing of it is changed: a transaction is begun and rolled back."""
    name, path = "database", settings.database_path
    if not path.exists():
        return _folder(name, path)
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5)) as db:
            used = recognise(db, path)
            found = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                what = f"{path} is damaged: {found[0]}"
                return fail(name, what, "stop the bot, restore a backup, run auto-trader restore-check", fatal=True)
            if used and (differing := _another(Reader(Database(db)), settings)):
                what = f"{path} belongs to another account ({differing})"
                return fail(name, what, "set DATABASE_PATH to a file of its own for each account", fatal=True)
            db.execute("BEGIN IMMEDIATE")  # a read-only file would take this, so something is written
            db.execute("CREATE TABLE doctor_was_here (x)")
            db.execute("ROLLBACK")
    except Unusable as error:
        return fail(name, str(error), "nothing was written to it", fatal=True)
    except sqlite3.Error as error:
        what = f"{path} cannot be used: {error}"
        return fail(name, what, "the user of the bot must own the file and its folder", fatal=True)
    beside = _folder(name, path)  # the log and the lock are files of their own
    return beside if beside.fatal else ok(name, f"{path}: intact and writable")


def _another(reader: Reader, settings: Settings) -> str:
    """What keeps this bot from using it. Raises Unusable, if it cannot be read."""
    reader.snapshot()
    found, wanted = reader.identity(), identity(settings)
    if settings.trading_mode == "paper" and found:  # its key is the simulated account's
        wanted = replace(wanted, key_fingerprint=found.key_fingerprint)
    return found.against(wanted) if found else ""


def _folder(name: str, path: Path) -> Finding:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ok(name, f"{path} will be made")
    except OSError as error:
        what = f"{path} cannot be made: {error.strerror}"
        return fail(name, what, f"let the user of the bot write to {folder}, or set DATABASE_PATH", fatal=True)


def disk(path: Path) -> Finding:
    """Never fatal: on a full disk the bot takes no entries by itself, and can still look after its position."""
    name = "disk"
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    what = f"{free / MEGABYTE:,.0f} MB free"
    if free < TOO_LITTLE:
        return fail(name, f"{what}: a full disk stops all entries", f"free space for {folder}")
    if free < LITTLE:
        return warn(name, what, f"free space for {folder}: a full disk stops all entries")
    return ok(name, what)


def sqlite(path: Path, version: Version = sqlite3.sqlite_version_info[:3]) -> Finding:
    """The library can damage a database in WAL mode when two programs empty the log at the same moment. The bot by
    itself is one program; Litestream beside it is the second."""
    name = "sqlite"
    text = ".".join(map(str, version))
    backported = any(fix[:2] == version[:2] and version >= fix for fix in BACKPORTS)
    if version >= FIXED or backported or version < (3, 7, 0):
        return ok(name, f"{text}: without the WAL-reset bug")
    if path.with_name(f".{path.name}-litestream").exists():
        what = f"{text} has the WAL-reset bug, and Litestream works on this database: it can be damaged"
        return fail(name, what, "a Python with SQLite 3.51.3, 3.50.7 or 3.44.6 or newer; or no Litestream", fatal=True)
    what = f"{text} has the WAL-reset bug, which needs a second program on the database"
    return warn(name, what, "do not attach Litestream with this SQLite (docs/how-to/backup.md)")


def port(host: str, number: int) -> Finding:
    name = "port"
    if number == 0:
        return ok(name, "any free one is taken")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, number))
    except OSError as error:
        state = ask_health(number)
        if state is not None:
            return ok(name, f"{number} is in use by a running auto-trader ({state})")
        return fail(name, f"{host}:{number}: {error.strerror}", "stop what uses it (ss -ltnp), or set PORT")
    return ok(name, f"{host}:{number} is free")


def ask_health(number: int, seconds: float = 3.0) -> str | None:
    """The state of the bot on this machine's port; None when no bot answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=seconds)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = json.loads(answer.read())
        return str(body["state"]) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()


def zone(offset: int | None = None) -> Finding:
    """`offset`: seconds east of UTC; this machine's by default."""
    east = time.localtime().tm_gmtoff if offset is None else offset
    if east == 0:
        return ok("time zone", "UTC, as the bot counts its days")
    side = "ahead of" if east > 0 else "behind"
    midnight = time.strftime("%H:%M", time.gmtime(east % 86_400))
    return ok("time zone", f"{duration(abs(east))} {side} UTC, which does not matter: its day ends at {midnight} here")
