"""Whose paper account a file is: stamped once, and never taken for another's."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from pathlib import Path

from msgspec import Struct

from adapters.settings import ConfigurationError


class Mistaken(ConfigurationError):
    """The file is the paper account of another venue, pair or market."""


class Deed(Struct, frozen=True):
    """`key` is the account's API key: drawn once, so that the bot's own database notices when the account is new."""

    venue: str
    pair: str
    market: str  # "live" or "local": trades are named differently, and what is won in one is worth nothing in the other
    key: str


def file_beside(database: Path) -> Path:
    """Where the paper account of a bot is kept: `data/auto-trader.db` has `data/auto-trader.paper.db`."""
    return database.with_name(f"{database.stem}.paper.db")


def claim(path: Path, venue: str, pair: str, market: str) -> Deed:
    """Stamp a new file, or check the stamp of an old one. Raises `Mistaken`, naming what differs, and sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS deed "
            "(id INTEGER PRIMARY KEY CHECK (id = 1), venue TEXT NOT NULL, pair TEXT NOT NULL, market TEXT NOT NULL, "
            "key TEXT NOT NULL)"
        )
        fresh = (venue, pair, market, f"paper-{secrets.token_hex(12)}")
        db.execute("INSERT INTO deed VALUES (1, ?, ?, ?, ?) ON CONFLICT DO NOTHING", fresh)
        found = Deed(*db.execute("SELECT venue, pair, market, key FROM deed").fetchone())
    path.chmod(0o600)
    if (found.venue, found.pair, found.market) != (venue, pair, market):
        raise Mistaken(
            [
                f"DATABASE_PATH: {path} is the paper account of {found.venue} {found.pair} at a {found.market} market, "
                f"not of {venue} {pair} at a {market} one; allowed: another path for this one"
            ]
        )
    return found
