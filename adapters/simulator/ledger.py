"""The venue's own durable memory: orders, lists, fills, balances and an append-only log of events.

SQLite in WAL mode with `synchronous=NORMAL`: what was acknowledged survives the death of the process (`kill -9`). A
power cut may lose the last moments but never the consistency. Decimals are stored as TEXT, times as epoch ms (UTC).
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from adapters.simulator.orders import Event, Fill, Order, OrderList
from adapters.simulator.state import Changes, Phase, State

T = TypeVar("T")
_TABLES: Final = {"orders": Order, "lists": OrderList, "fills": Fill, "events": Event}
_DICTIONARIES: Final = {"detail", "words"}


class Ledger:
    """A journal for a market. Without a path it lives in memory."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create the file; its folder must exist."""
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        for table, noun in _TABLES.items():
            columns = ", ".join(_column(field.name) for field in fields(noun))
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        self._db.executescript(
            "CREATE TABLE IF NOT EXISTS balances (asset TEXT PRIMARY KEY, total TEXT NOT NULL);"
            "CREATE TABLE IF NOT EXISTS market (id INTEGER PRIMARY KEY, price TEXT NOT NULL, phase TEXT NOT NULL,"
            " cursor TEXT NOT NULL);"
        )

    def save(self, state: State, changes: Changes, events: list[Event]) -> None:
        """Store one operation in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for table in ("orders", "lists", "fills", "balances") if changes.wiped else ():
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            self._store("orders", changes.orders.values())
            self._store("lists", changes.lists.values())
            self._store("fills", changes.fills)
            self._store("events", events)
            if events:
                balances = [(asset, str(total)) for asset, total in state.totals.items()]
                self._db.executemany("REPLACE INTO balances VALUES (?, ?)", balances)
            row = (str(state.price), state.phase.value, state.cursor)
            self._db.execute("REPLACE INTO market VALUES (1, ?, ?, ?)", row)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def load(self) -> State | None:
        """The state as last saved, or nothing in a new ledger."""
        market = self._db.execute("SELECT price, phase, cursor FROM market").fetchone()
        if market is None:
            return None
        return State(
            price=Decimal(market["price"]),
            phase=Phase(market["phase"]),
            cursor=market["cursor"],
            totals={row["asset"]: Decimal(row["total"]) for row in self._db.execute("SELECT * FROM balances")},
            orders={order.id: order for order in self._read("orders", Order)},
            lists={listed.id: listed for listed in self._read("lists", OrderList)},
            fills=self._read("fills", Fill),
        )

    def events(self) -> list[Event]:
        """Everything that happened, oldest first."""
        return self._read("events", Event)

    def close(self) -> None:
        """Close the file. What was saved is there whether or not this is called."""
        self._db.close()

    def _store(self, table: str, rows: Iterable[object]) -> None:
        names = [field.name for field in fields(_TABLES[table])]
        marks = ", ".join("?" * len(names))
        values = [tuple(_plain(getattr(row, name)) for name in names) for row in rows]
        self._db.executemany(f"REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608 - our own names

    def _read(self, table: str, noun: type[T]) -> list[T]:
        rows = self._db.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - our own names
        return [msgspec.convert(_record(row), noun, strict=False) for row in rows]


def _column(name: str) -> str:
    return "id INTEGER PRIMARY KEY" if name == "id" else f"{name} NOT NULL"


def _plain(value: Any) -> str | int:
    if isinstance(value, dict):
        return json.dumps(value)
    return value if isinstance(value, int) else str(value)


def _record(row: sqlite3.Row) -> dict[str, Any]:
    record = dict(row)
    for name in _DICTIONARIES & record.keys():
        record[name] = json.loads(record[name])
    return record
