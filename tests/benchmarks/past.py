"""A database with a long past: real rows of one trading day, copied day after day with SQL."""

from __future__ import annotations

import itertools
import sqlite3
import time
from decimal import Decimal as D
from pathlib import Path

import msgspec
from msgspec.structs import replace

from adapters.store import Store
from fsm.bot import Bot
from fsm.commands import AnyCommand, Side
from fsm.effects import Place
from fsm.events import AnyEvent, OrderSeen
from fsm.ledger import Report, Status
from fsm.step import Decision, step
from tests.adapters.driving import BOOT, assessed, filled, resting, signal

TRADES = 125  # of one day
DAY = 86400
EACH_DAY = {  # the columns of each table, n days later
    "journal": (
        "seq + :rows * n, at + :day * n, kind, input, before, after, accepted, reasons, effects, verdicts, "
        "trades, picture, drift"
    ),
    "signals": (
        "side, signal_id || '-' || n, stamp + :day * n, at + :day * n, symbol, price, strategy, verdict, reasons, "
        "decided_at + :day * n, seq + :rows * n"
    ),
    "orders": (
        "cid || '-' || n, purpose, status, at + :day * n, qty, stop_price, filled, cost, fee_base, fee_quote, reason, "
        "seq + :rows * n"
    ),
    "trades": (
        "NULL, signal_id || '-' || n, opened_at + :day * n, closed_at + :day * n, qty, entry_price, exit_price, fees, "
        "pnl, pnl_pct, reason, seq + :rows * n"
    ),
    "hops": (
        "seq + :rows * n, touched + :rows * n, side, signal_id || '-' || n, fired + :day * n, received + :day * n, "
        "alert_price, journaled + :day * n, assessed + :day * n, cid || '-' || n, sent + :day * n, "
        "acknowledged + :day * n, filled + :day * n, fill_price, protected + :day * n"
    ),
    "daily_stats": "date(day, '+' || n || ' days'), opening_equity, trades, wins, losses, pnl, fees",
}


def write(path: Path, rows: int) -> int:
    """A new database that ends yesterday, with about so many journal rows; how many there are."""
    piece = len(BOOT) + 7 * TRADES
    days = round(rows / piece)
    start = (time.time() // DAY - max(days, 1)) * DAY  # midnight: a day's trades are one day of the statistics
    with Store(path) as store:
        decisions = _day(start) if days else []
        if decisions:
            store.append(*decisions)
    if days > 1:
        _copy(path, len(decisions), days - 1)
        with Store(path) as store:
            _move(store, len(decisions) * (days - 1), DAY * (days - 1))
    return len(decisions) * days


def _day(start: float) -> list[Decision]:
    """Trades that win and lose by turns, and end flat."""
    bot, decisions = Bot(), list[Decision]()

    def feed(input: AnyCommand | AnyEvent) -> list[Place]:
        nonlocal bot
        decisions.append(step(bot, input))
        bot = decisions[-1].bot
        return [effect for effect in decisions[-1].effects if isinstance(effect, Place)]

    for input in BOOT:
        feed(replace(input, at=start))
    for n, at in zip(range(TRADES), itertools.count(start, 100), strict=False):
        feed(signal(Side.BUY, f"b{n}", at=at, price=D(64200)))
        (entry,) = feed(replace(assessed(f"b{n}", at=at), began=at))
        (stop,) = feed(filled(entry, D(64210), at=at))
        feed(resting(stop, at=at))
        feed(signal(Side.SELL, f"s{n}", at=at))
        cancelled = Report(Status.CANCELED, asked_at=at)
        (exit,) = feed(OrderSeen(at=at, cid=stop.cid, report=cancelled))
        feed(filled(exit, D(64700 if n % 2 else 64100), at=at))
    return decisions


def _copy(path: Path, rows: int, days: int) -> None:
    numbers = "WITH RECURSIVE days(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM days WHERE n < :days)"
    with sqlite3.connect(path) as db:
        for table, columns in EACH_DAY.items():
            db.execute(
                f"{numbers} INSERT INTO {table} SELECT {columns} FROM days, {table} ORDER BY n",
                {"rows": rows, "day": DAY, "days": days},
            )
    db.close()


def _move(store: Store, rows: int, seconds: float) -> None:
    """The snapshot goes with the last day."""
    bot = store.load()
    later = replace(bot.set_clock(seconds), seq=bot.seq + rows)
    store._conn.execute("UPDATE snapshot SET seq = ?, bot = ?", (later.seq, msgspec.json.encode(later).decode()))
    store._conn.commit()
