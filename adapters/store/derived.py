"""What people query, derived from a decision and written in its transaction. Nothing is decided on these rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from sqlite_utils import Database

from fsm.actions import NOT_READY
from fsm.book import DAY, Trade
from fsm.commands import Side, Signal
from fsm.ledger import Order
from fsm.scratch import Verdict
from fsm.step import Decision

from .hops import write_hops

ENCODE = msgspec.json.Encoder().encode


def write_derived(db: Database, d: Decision) -> None:
    if isinstance(d.input, Signal):
        _signal(db, d, d.input)
    for verdict in d.verdicts:
        _verdict(db, d, verdict)
    for order in d.orders:
        _order(db, d, order)
    for trade in d.trades:
        _trade(db, d, trade)
    if d.bot.book.day_open and (d.trades or d.bot.book.day != d.before.book.day):
        _day(db, d)
    write_hops(db, d)


def _signal(db: Database, d: Decision, s: Signal) -> None:
    """A repeat, and a BUY that is to be sent again, leave no trace. Nor does a SELL that was heard before, while nobody
    could look that up."""
    if not d.accepted and (NOT_READY in d.reasons or "duplicate_signal" in d.reasons):
        return
    verdict = (None, "[]", None) if d.accepted else ("refused", ENCODE(d.reasons).decode(), d.bot.now)
    db.execute(
        "INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (s.side, s.signal_id, s.stamp, s.at, s.symbol, _text(s.price), s.strategy, *verdict, d.bot.seq),
    )


def _verdict(db: Database, d: Decision, v: Verdict) -> None:
    side = Side.SELL if v.outcome == "closed" else Side.BUY
    db.execute(
        "UPDATE signals SET verdict = ?, reasons = ?, decided_at = ? "
        "WHERE signal_id = ? AND verdict IS NULL AND side = ?",
        (v.outcome, ENCODE(v.reasons).decode(), d.bot.now, v.signal_id, side),
    )


def _order(db: Database, d: Decision, o: Order) -> None:
    facts = (o.status.name.lower(), str(o.filled), str(o.cost), str(o.fee_base), str(o.fee_quote), o.reason, d.bot.seq)
    db.execute(
        "INSERT INTO orders (status, filled, cost, fee_base, fee_quote, reason, seq, cid, purpose, at, qty, "
        "stop_price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET (status, filled, "
        "cost, fee_base, fee_quote, reason, seq) = (excluded.status, excluded.filled, excluded.cost, "
        "excluded.fee_base, excluded.fee_quote, excluded.reason, excluded.seq)",
        (*facts, o.cid, o.purpose, o.at, str(o.qty), _text(o.trigger)),
    )


def _trade(db: Database, d: Decision, t: Trade) -> None:
    money = (str(v) for v in (t.qty, t.entry_price, t.exit_price, t.fees, t.pnl, t.pnl_pct))
    db.execute(
        "INSERT INTO trades (signal_id, opened_at, closed_at, qty, entry_price, exit_price, fees, pnl, pnl_pct, "
        "reason, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (t.signal_id, t.opened_at, t.closed_at, *money, t.reason, d.bot.seq),
    )


def _day(db: Database, d: Decision) -> None:
    day = day_name(d.bot.book.day)
    row = next(_rows(db, "SELECT trades, wins, losses, pnl, fees FROM daily_stats WHERE day = ?", day), None)
    trades, wins, losses, pnl, fees = row or (0, 0, 0, "0", "0")
    db.execute(
        "INSERT OR REPLACE INTO daily_stats VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            day,
            str(d.bot.book.day_open),
            trades + len(d.trades),
            wins + sum(t.pnl > 0 for t in d.trades),
            losses + sum(t.pnl < 0 for t in d.trades),
            str(sum((t.pnl for t in d.trades), Decimal(pnl))),
            str(sum((t.fees for t in d.trades), Decimal(fees))),
        ),
    )


def day_name(day: int) -> str:
    """'2026-11-25' of a count of days since the epoch."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()


def _rows(db: Database, sql: str, *args: object) -> Iterator[tuple[int, int, int, str, str]]:
    yield from db.execute(sql, args)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
