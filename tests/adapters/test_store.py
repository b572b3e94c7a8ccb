"""The database, judged by what a second connection reads from the file."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.errors import NotPersisted
from adapters.journal import lines
from adapters.store import Identity, Mismatch, Reader, Store
from fsm.commands import AnyCommand, Side
from fsm.effects import Place
from fsm.events import AnyEvent, OrderSeen, Tick
from fsm.ledger import Report, Status
from fsm.step import Decision, step

from .driving import BOOT, NOW, assessed, filled, resting, signal
from .platter import Platter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "bot.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as store:
        yield store


def feed(store: Store, *inputs: AnyCommand | AnyEvent) -> Decision:
    for input in inputs:
        decision = step(store.load(), input)
        store.append(decision)
    return decision


def placed(decision: Decision) -> Place:
    return next(e for e in decision.effects if isinstance(e, Place))


def round_trip(store: Store) -> None:
    entry = placed(feed(store, *BOOT, signal(Side.BUY, "a"), assessed("a")))
    assert entry.qty == D("0.07787")
    stop = placed(feed(store, filled(entry, D("64210.33"))))
    feed(store, resting(stop), filled(stop, D("62925.12")))


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as conn:
        rows = conn.execute(sql).fetchall()
    conn.close()
    return rows


def test_the_log_is_wal_and_every_file_is_private(store: Store, path: Path) -> None:
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert modes(path) == {"": 0o600, "-wal": 0o600, "-shm": 0o600, ".lock": 0o600}


def test_a_power_cut_while_the_log_is_taken_into_the_database_damages_nothing(store: Store) -> None:
    """SQLite writes the database only after the log is on the disk; off, it does not wait for it."""
    assert store._conn.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL


def test_what_a_killed_bot_left_for_everybody_to_read_becomes_private(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        feed(store, *BOOT)
        left = {part: path.with_name(path.name + part).read_bytes() for part in ("", "-wal", "-shm")}
    other = tmp_path / "left.db"
    for part, data in left.items():
        other.with_name(other.name + part).write_bytes(data)
    assert modes(other) == dict.fromkeys(left, 0o644)
    with Store(other) as store:
        assert modes(other) == dict.fromkeys([*left, ".lock"], 0o600)
        assert store.load().pair == "BTC/USDT"


def modes(path: Path) -> dict[str, int]:
    """Of the database and of what lies beside it."""
    found = (beside for beside in path.parent.iterdir() if beside.name.startswith(path.name))
    return {beside.name.removeprefix(path.name): stat.S_IMODE(beside.stat().st_mode) for beside in found}


def test_what_was_appended_is_what_is_loaded(store: Store) -> None:
    decision = feed(store, *BOOT, signal(Side.BUY, "a"))
    assert store.load() == decision.bot


def test_a_round_trip_is_there_for_people_to_query_exact_to_the_last_digit(store: Store, path: Path) -> None:
    round_trip(store)
    assert query(path, "SELECT side, signal_id, verdict, reasons FROM signals") == [("BUY", "a", "opened", "[]")]
    assert query(path, "SELECT purpose, status, filled, cost FROM orders ORDER BY purpose") == [
        ("entry", "filled", "0.07787", str(D("0.07787") * D("64210.33"))),
        ("stop", "filled", "0.07779", str(D("0.07779") * D("62925.12"))),
    ]
    pnl = D("0.07779") * D("62925.12") * D("0.999") - D("0.07787") * D("64210.33")
    assert [(D(p), reason) for p, reason in query(path, "SELECT pnl, reason FROM trades")] == [(pnl, "stop_loss")]
    day = query(path, "SELECT opening_equity, trades, wins, losses, pnl FROM daily_stats")
    assert day == [("10000.10", 1, 0, 1, str(pnl))]


def test_the_journal_reads_back_as_the_values_it_was_written_from(store: Store, path: Path) -> None:
    decision = feed(store, *BOOT, signal(Side.BUY, "a"), assessed("a"))
    entry = Reader.open(path).entries()[-1]
    assert (entry.input, entry.effects, entry.before, entry.after) == (
        decision.input,
        decision.effects,
        "validating",
        "ordering",
    )


@pytest.mark.parametrize("sql", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal"])
def test_the_journal_is_append_only(store: Store, path: Path, sql: str) -> None:
    feed(store, *BOOT)
    with sqlite3.connect(path) as conn, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        conn.execute(sql)
    conn.close()


def test_a_failed_append_leaves_nothing_behind(store: Store, path: Path) -> None:
    decision = feed(store, *BOOT)
    before = query(path, "SELECT max(seq) FROM journal"), query(path, "SELECT bot FROM snapshot")
    signal_row = step(decision.bot, signal(Side.BUY, "a"))
    store._conn.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON signals BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(NotPersisted, match="disk full"):
        store.append(signal_row)
    assert (query(path, "SELECT max(seq) FROM journal"), query(path, "SELECT bot FROM snapshot")) == before


def test_a_database_that_another_program_has_locked_is_written_when_it_is_free(store: Store, path: Path) -> None:
    decision = feed(store, *BOOT)
    store._conn.execute("PRAGMA busy_timeout = 1")  # the patience of 5 s, made short
    next_one = step(decision.bot, signal(Side.BUY, "a"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotPersisted, match="locked"):
        store.append(next_one)
    assert store.load() == decision.bot
    other.close()
    store.append(next_one)
    assert store.load() == next_one.bot


def test_a_signal_is_known_for_ever_by_side_id_and_stamp(store: Store) -> None:
    feed(store, *BOOT, signal(Side.BUY, "a"))
    assert store.knows(signal(Side.BUY, "a", at=NOW + 1e6, stamp=NOW))
    assert not store.knows(signal(Side.SELL, "a"))
    assert not store.knows(signal(Side.BUY, "a", stamp=NOW + 1))


def test_an_exit_heard_again_while_nobody_could_look_it_up_spoils_nothing(store: Store) -> None:
    """It would be refused by the table, and with it every row that is written after it."""
    feed(store, *BOOT, signal(Side.SELL, "a"))
    again = signal(Side.SELL, "a", at=NOW + 100, stamp=NOW)
    assert not again.repeated
    feed(store, again, signal(Side.SELL, "b", at=NOW + 101))
    assert [s["signal_id"] for s in store.reader.signals()] == ["b", "a"]


def test_a_buy_before_the_first_audit_leaves_no_trace(store: Store) -> None:
    decision = feed(store, BOOT[0], signal(Side.BUY, "a"))
    assert decision.reasons == ("not_ready",)
    assert not store.knows(signal(Side.BUY, "a"))


def test_a_refused_signal_is_kept_with_its_reasons(store: Store) -> None:
    feed(store, *BOOT, signal(Side.SELL, "a"))
    assert [(s["verdict"], s["reasons"]) for s in store.reader.signals()] == [("refused", ["nothing_to_sell"])]


def test_a_second_process_is_refused_while_the_first_lives(store: Store, path: Path) -> None:
    with pytest.raises(Mismatch, match="in use by another"):
        Store(path)


def test_the_lock_ends_with_its_owner(path: Path) -> None:
    Store(path).close()
    Store(path).close()


ME = Identity("binance", "testnet", "BTC/USDT", "abc")


def test_a_database_is_stamped_once_and_keeps_its_tag(store: Store) -> None:
    first = store.claim(ME)
    assert len(bytes.fromhex(first.tag)) == 4
    assert store.claim(ME) == first


@pytest.mark.parametrize(
    "change", [{"venue": "kraken"}, {"mode": "live"}, {"pair": "ETH/USDT"}, {"key_fingerprint": "other"}]
)
def test_a_database_of_another_account_is_refused_by_name(store: Store, change: dict[str, str]) -> None:
    store.claim(ME)
    with pytest.raises(Mismatch, match=next(iter(change))):
        store.claim(replace(ME, **change))


def test_a_tick_that_changes_nothing_is_no_news(store: Store) -> None:
    decision = feed(store, *BOOT)
    assert not step(decision.bot, Tick(at=NOW + 1)).newsworthy


def test_an_order_learned_after_it_was_archived_with_its_trade_is_still_written(store: Store, path: Path) -> None:
    """The last fill and the end of the trade are one step; the order's row must not be left behind as open."""
    round_trip(store)
    assert query(path, "SELECT count(*) FROM orders WHERE status = 'open'") == [(0,)]


def test_a_late_report_for_a_forgotten_order_changes_nothing(store: Store, path: Path) -> None:
    round_trip(store)
    before = query(path, "SELECT * FROM orders")
    feed(store, OrderSeen(at=NOW, cid=before[0][0], report=Report(Status.OPEN)))
    assert query(path, "SELECT * FROM orders") == before


def test_the_journal_tells_the_way_of_a_signal_when_it_is_complete(store: Store, path: Path) -> None:
    alert = signal(Side.BUY, "a", at=NOW + 1, stamp=NOW, price=D("64145.855"))
    entry = placed(feed(store, *BOOT, alert, replace(assessed("a", at=NOW + 1.05), began=NOW + 1.002)))
    stop = placed(feed(store, filled(entry, D("64210"), at=NOW + 1.1)))
    feed(store, resting(stop, at=NOW + 1.15))
    told = [line.strip() for line in lines(path, follow=False, as_json=False, last=0) if "journaled" in line]
    assert told == [
        "a: received +1.0 s, journaled +2 ms, assessed +48 ms, sent +0 ms, acknowledged +50 ms, filled +0 ms, "
        "protected +50 ms; slippage +0.100 %"
    ]
    assert "a: received" in list(lines(path, follow=False, as_json=False, last=0))[-1]


def test_a_database_of_before_the_hop_clock_learns_it(path: Path) -> None:
    with Store(path) as store:
        feed(store, *BOOT)
        store._conn.execute("DROP TABLE hops")
        store._conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'hop_clock'")
        store._conn.commit()
    with Store(path) as store:
        feed(store, signal(Side.BUY, "a"))
        assert [hops.signal_id for hops in store.reader.hops(after=0)] == ["a"]


def test_the_kept_counts_are_what_counting_gives(store: Store, path: Path) -> None:
    round_trip(store)
    feed(store, signal(Side.SELL, "s"), signal(Side.BUY, "a", stamp=NOW + 5))
    counted = "SELECT side, verdict, count(*) FROM signals WHERE verdict IS NOT NULL GROUP BY 1, 2"
    assert store.reader.signals_by_verdict() == query(path, counted) != []
    counted = "SELECT purpose, status, count(*) FROM orders GROUP BY 1, 2"
    assert store.reader.orders_by_status() == query(path, counted) != []


def test_a_database_without_kept_counts_learns_them(path: Path) -> None:
    with Store(path) as store:
        round_trip(store)
        kept = store.reader.signals_by_verdict(), store.reader.orders_by_status()
        for name in ("signal_refused", "signal_decided", "order_placed", "order_became", "order_was"):
            store._conn.execute(f"DROP TRIGGER {name}")
        for statement in ("TABLE tallies", "INDEX signals_by_seq", "INDEX journal_moves"):
            store._conn.execute(f"DROP {statement}")
        store._conn.execute("CREATE INDEX signals_by_time ON signals (at)")
        store._conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'kept_counts'")
        store._conn.commit()
    with Store(path) as store:
        assert (store.reader.signals_by_verdict(), store.reader.orders_by_status()) == kept


def test_a_cursor_moves_without_the_disk_and_the_journal_does_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platter = Platter(monkeypatch)
    with Store(path) as store:
        store.move_cursor("alerts", 7)
        asyncio.run(store.durable())
        assert platter.synced == []
        feed(store, *BOOT)
        asyncio.run(store.durable())
        assert platter.synced[-1] == path.with_name("bot.db-wal").read_bytes()
    assert query(path, "SELECT seq FROM cursors") == [(7,)]


def test_one_trip_to_the_disk_serves_all_who_came_before_it_set_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platter = Platter(monkeypatch)
    with Store(path) as store:
        platter.hold()
        feed(store, BOOT[0])
        assert platter.under_way.wait(10)
        feed(store, *BOOT[1:], signal(Side.BUY, "a"), assessed("a"))
        platter.release()
        asyncio.run(store.durable())
        assert len(platter.synced) == 2  # the first row's, which had set out, and one for all the others
        assert platter.synced[-1] == path.with_name("bot.db-wal").read_bytes()


def test_once_the_disk_has_failed_nothing_counts_as_durable_until_a_restart(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platter = Platter(monkeypatch)
    with Store(path) as store:
        feed(store, *BOOT)
        asyncio.run(store.durable())
        platter.broken = True
        feed(store, signal(Side.BUY, "a"))
        with pytest.raises(NotPersisted, match="Input/output error"):
            asyncio.run(store.durable())
        platter.broken = False  # Linux reports a lost page once
        with pytest.raises(NotPersisted):
            feed(store, Tick(at=NOW))
        with pytest.raises(NotPersisted):
            asyncio.run(store.durable())
    with Store(path) as store:
        feed(store, Tick(at=NOW))
        asyncio.run(store.durable())


def test_a_checkpoint_from_a_thread_takes_the_log_into_the_database(store: Store, path: Path, tmp_path: Path) -> None:
    round_trip(store)
    thread = threading.Thread(target=store.checkpoint)
    thread.start()
    thread.join()
    alone = tmp_path / "alone.db"
    alone.write_bytes(path.read_bytes())  # without its write-ahead log
    assert query(alone, "SELECT count(*) FROM trades") == [(1,)]
