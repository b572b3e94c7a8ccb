"""`auto-trader restore-check`: may this copy of the database be traded from?

A copy is older than the account. What it lacks, the first audit finds: no entry is taken before the account and the
books agree, as after every start. What it would do wrong by itself is to count its steps again, and with them its
client order ids. So a restored database gets a new epoch, which is a part of every id.
Law: the check itself sends nothing, and changes nothing but the epoch.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec import Struct
from sqlite_utils import Database

from fsm.bot import Bot

from .settings import load, read_env
from .store import Entry, Mismatch, Reader, Store, Unusable, look, told
from .verify import verify

MAX_EPOCH = 0xFFFFFF  # six hex digits of the id


class Restored(Struct, frozen=True):
    """What the copy holds."""

    last: Entry  # everything after it is unknown to the copy
    rows: int  # of the journal
    bot: Bot
    epoch: int  # the new one
    otherwise: int  # rows of older versions of the program that this one would have written otherwise
    venue: str
    mode: str
    pair: str


def restore_check(path: Path) -> Restored:
    """Check all of it, then raise the epoch. Raises Unusable, and FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"there is no database at {path}")
    with told(path):
        _intact(path)
    try:
        with told(path), Store(path):  # its lock keeps a running bot and us apart
            proof = verify(path)
            if wrong := [str(difference) for difference in proof.differences if difference.ours]:
                raise Unusable(f"{len(wrong)} rows are not what follows from the journal: {'; '.join(wrong[:3])}")
            if proof.last is None:
                raise Unusable("it has never been used by a bot")
            identity, epoch = _raise_epoch(path)
            return Restored(proof.last, proof.rows["journal"], proof.bot, epoch, len(proof.differences), *identity)
    except Mismatch as error:
        raise Unusable(f"{error}; stop it first") from error


def _intact(path: Path) -> None:
    """Before anything is written to it."""
    with contextlib.closing(look(path)) as db:
        found = [str(row[0]) for row in db.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise Unusable(f"{path} is damaged: {'; '.join(found[:3])}")


def _raise_epoch(path: Path) -> tuple[tuple[str, str, str], int]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous=FULL")
        with db:
            found = Reader(Database(db)).identity()
            if found is None:
                raise Unusable("it has never been used by a bot")
            if found.epoch >= MAX_EPOCH:
                raise Unusable("it was restored more often than its order ids can tell apart")
            db.execute("UPDATE identity SET epoch = ?", (found.epoch + 1,))
    return (found.venue, found.mode, found.pair), found.epoch + 1


@click.command("restore-check")
@click.argument("database", required=False, type=click.Path(dir_okay=False, path_type=Path))
def command(database: Path | None) -> None:
    """Check a restored DATABASE (default: DATABASE_PATH) and give it a new epoch, so that no order id is used twice.

    Exit code: 0 it may be traded from, 1 it may not.
    """
    path = database or load(read_env(Path(".env"))).database_path
    try:
        found = restore_check(path)
    except (Unusable, FileNotFoundError) as error:
        click.echo(f"DO NOT USE: {error}", err=True)
        sys.exit(1)
    for line in _lines(path, found):
        click.echo(line)


def _lines(path: Path, found: Restored) -> Iterator[str]:
    until = datetime.fromtimestamp(found.last.at, UTC).isoformat(timespec="seconds")
    held = found.bot.ledger.position
    yield f"{path}: intact, and follows from its {found.rows} journal rows; {found.pair} on {found.venue} {found.mode}"
    yield f"It ends at {until}, step {found.last.seq}: {found.bot.state.value}, {held.normalize():f} held."
    yield f"Epoch {found.epoch}: order ids from now on cannot collide with those of the lost time."
    if found.otherwise:
        yield f"{found.otherwise} rows were written by an older version, which decided otherwise: journal --verify"
    yield "The next start asks the exchange about every open order and audits the account; no entry before that agrees."
    yield f"Trades that began AND ended after {until} are in no book: compare with the exchange's own history."
