"""The tables. Money and quantities are TEXT, so that a Decimal comes back as it went in.

A migration, once released, is never edited; a change is a new one.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("auto-trader")

TABLES = (
    """
    CREATE TABLE identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        venue TEXT NOT NULL, mode TEXT NOT NULL, pair TEXT NOT NULL,
        key_fingerprint TEXT NOT NULL,
        tag TEXT NOT NULL, epoch INTEGER NOT NULL
    ) STRICT
    """,
    # one row an input that changed anything: what came, what it led to, and why
    """
    CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        kind TEXT NOT NULL, input TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL,
        accepted INTEGER NOT NULL, reasons TEXT NOT NULL,
        effects TEXT NOT NULL, verdicts TEXT NOT NULL, trades TEXT NOT NULL,
        picture TEXT NOT NULL,
        drift TEXT NOT NULL -- what had changed by itself since the row before: the time, the price
    ) STRICT
    """,
    "CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, bot TEXT NOT NULL) STRICT",
    """
    CREATE TABLE signals (
        side TEXT NOT NULL, signal_id TEXT NOT NULL, stamp REAL NOT NULL,
        at REAL NOT NULL, symbol TEXT NOT NULL, price TEXT, strategy TEXT NOT NULL,
        verdict TEXT, reasons TEXT NOT NULL, decided_at REAL, seq INTEGER NOT NULL,
        PRIMARY KEY (side, signal_id, stamp)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX signals_undecided ON signals (signal_id) WHERE verdict IS NULL",
    "CREATE INDEX signals_by_time ON signals (at)",
    """
    CREATE TABLE orders (
        cid TEXT PRIMARY KEY, purpose TEXT NOT NULL, status TEXT NOT NULL,
        at REAL NOT NULL, qty TEXT NOT NULL, stop_price TEXT,
        filled TEXT NOT NULL, cost TEXT NOT NULL, fee_base TEXT NOT NULL, fee_quote TEXT NOT NULL,
        reason TEXT NOT NULL, seq INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE trades (
        id INTEGER PRIMARY KEY,
        signal_id TEXT NOT NULL, opened_at REAL NOT NULL, closed_at REAL NOT NULL,
        qty TEXT NOT NULL, entry_price TEXT NOT NULL, exit_price TEXT NOT NULL,
        fees TEXT NOT NULL, pnl TEXT NOT NULL, pnl_pct TEXT NOT NULL, reason TEXT NOT NULL, seq INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE daily_stats (
        day TEXT PRIMARY KEY, opening_equity TEXT NOT NULL,
        trades INTEGER NOT NULL, wins INTEGER NOT NULL, losses INTEGER NOT NULL, pnl TEXT NOT NULL, fees TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    *(
        f"CREATE TRIGGER journal_{verb.lower()} BEFORE {verb} ON journal "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
)

HOPS = (
    """
    CREATE TABLE hops (
        seq INTEGER PRIMARY KEY, touched INTEGER NOT NULL,
        side TEXT NOT NULL, signal_id TEXT NOT NULL,
        fired REAL NOT NULL, received REAL NOT NULL, alert_price TEXT,
        journaled REAL, assessed REAL,
        cid TEXT, sent REAL, acknowledged REAL, filled REAL, fill_price TEXT, protected REAL
    ) STRICT
    """,
    "CREATE INDEX hops_by_side ON hops (side)",
    "CREATE INDEX hops_by_touch ON hops (touched)",
)


def _counted(values: str) -> str:
    return f"BEGIN INSERT INTO tallies VALUES ({values}, 1) ON CONFLICT DO UPDATE SET n = n + 1; END"  # noqa: S608 - our own words


# what readers ask for must not cost more when the past grows: counts are kept, and what is newest has an index
TALLIES = (
    """
    CREATE TABLE tallies (
        of TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (of, kind, outcome)
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO tallies "
    "SELECT 'signals', side, verdict, count(*) FROM signals WHERE verdict IS NOT NULL GROUP BY 2, 3",
    "INSERT INTO tallies SELECT 'orders', purpose, status, count(*) FROM orders GROUP BY 2, 3",
    "CREATE TRIGGER signal_refused AFTER INSERT ON signals WHEN NEW.verdict IS NOT NULL "
    + _counted("'signals', NEW.side, NEW.verdict"),
    "CREATE TRIGGER signal_decided AFTER UPDATE ON signals WHEN OLD.verdict IS NULL AND NEW.verdict IS NOT NULL "
    + _counted("'signals', NEW.side, NEW.verdict"),
    "CREATE TRIGGER order_placed AFTER INSERT ON orders " + _counted("'orders', NEW.purpose, NEW.status"),
    "CREATE TRIGGER order_became AFTER UPDATE ON orders WHEN OLD.status != NEW.status "
    + _counted("'orders', NEW.purpose, NEW.status"),
    "CREATE TRIGGER order_was AFTER UPDATE ON orders WHEN OLD.status != NEW.status BEGIN "
    "UPDATE tallies SET n = n - 1 WHERE of = 'orders' AND kind = OLD.purpose AND outcome = OLD.status; END",
    "CREATE INDEX signals_by_seq ON signals (seq)",
    "DROP INDEX signals_by_time",
    "CREATE INDEX journal_moves ON journal (seq) WHERE before != after",
)


@MIGRATIONS()
def first_tables(db: Database) -> None:
    for statement in TABLES:
        db.execute(statement)


@MIGRATIONS()
def hop_clock(db: Database) -> None:
    for statement in HOPS:
        db.execute(statement)


@MIGRATIONS()
def kept_counts(db: Database) -> None:
    for statement in TALLIES:
        db.execute(statement)
