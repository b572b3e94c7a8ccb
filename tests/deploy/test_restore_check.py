"""A copy of the database is either whole, and gets a new epoch, or it is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from adapters.restore import Unusable, command, restore_check
from adapters.store import Identity, Store
from fsm.commands import Side
from fsm.effects import Place
from fsm.step import step
from tests.adapters.driving import BOOT, assessed, filled, resting, signal

WHO = Identity(venue="binance", mode="testnet", pair="BTC/USDT", key_fingerprint="f" * 16)


def feed(store: Store, *inputs: object) -> list[Place]:
    """The orders that these inputs led to."""
    placed: list[Place] = []
    for input in inputs:
        decision = step(store.load(), input)  # type: ignore[arg-type]
        store.append(decision)
        placed += [e for e in decision.effects if isinstance(e, Place)]
    return placed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """In position, and stamped."""
    path = tmp_path / "bot.db"
    with Store(path) as store:
        identity = store.claim(WHO)
        boot = replace(BOOT[0], tag=identity.tag, epoch=identity.epoch)  # type: ignore[type-var]
        (entry,) = feed(store, boot, *BOOT[1:], signal(Side.BUY, "a"), assessed("a"))
        (stop,) = feed(store, filled(entry, entry.qty * 0 + 64210))
        feed(store, resting(stop))
    return path


def write(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def epoch(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT epoch FROM identity").fetchone()[0])


def test_a_whole_copy_gets_a_new_epoch_each_time(path: Path) -> None:
    found = restore_check(path)
    assert (found.epoch, found.bot.state.value, found.otherwise) == (1, "in_position", 0)
    assert found.rows == found.last.seq > 5
    assert restore_check(path).epoch == epoch(path) == 2


def test_the_same_steps_make_other_order_ids_afterwards(tmp_path: Path) -> None:
    """Two lives of one copy: without the epoch they would send the same id for different orders."""
    path = tmp_path / "idle.db"
    with Store(path) as store:
        store.claim(WHO)
        feed(store, *BOOT)
    copy = path.read_bytes()

    def bought_in_a_life() -> str:
        with Store(path) as store:
            who = store.claim(WHO)
            boot = replace(BOOT[0], tag=who.tag, epoch=who.epoch)  # type: ignore[type-var]
            (entry,) = feed(store, boot, BOOT[1], signal(Side.BUY, "a"), assessed("a"))
            return entry.cid

    first = bought_in_a_life()
    path.write_bytes(copy)
    assert bought_in_a_life() == first  # the danger is real
    path.write_bytes(copy)
    restore_check(path)
    other = bought_in_a_life()
    assert (other[:8], other[8:14], first[8:14]) == (first[:8], "000001", "000000")


def test_nothing_but_the_epoch_changes(path: Path) -> None:
    def everything() -> list[str]:
        with closing(sqlite3.connect(path)) as db:
            return list(db.iterdump())

    before = everything()
    restore_check(path)
    changed = set(before) ^ set(everything())
    assert all(line.startswith('INSERT INTO "identity"') for line in changed)
    assert len(changed) == 2


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)


def wrong_index(path: Path) -> None:
    """It opens, it answers, and it is wrong."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute("UPDATE sqlite_master SET rootpage = 3 WHERE name = 'signals_by_seq'")
        db.commit()


def edit(*statements: str) -> Callable[[Path], None]:
    triggers = ("DROP TRIGGER journal_update", "DROP TRIGGER journal_delete")
    return lambda path: write(path, *triggers, *statements)


BAD = {
    "malformed": damage,
    "is damaged: ": wrong_index,
    "is not a database of auto-trader": lambda path: write(path, "DROP TABLE snapshot"),
    "file is not a database;": lambda path: path.write_bytes(b"something else, and long enough to be looked at " * 99),
    "the snapshot cannot be read": edit('UPDATE snapshot SET bot = \'{"state": "asleep"}\''),
    "the journal cannot be read at step 3": edit("UPDATE journal SET input = '{}' WHERE seq = 3"),
    "rows are not what follows from the journal: hops": edit(
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"
    ),
    "the journal: journal: step 7": edit("UPDATE journal SET after = 'idle' WHERE seq = 7"),
    "never been used": edit("DELETE FROM identity"),
    "more often": edit("UPDATE identity SET epoch = 16777215"),
}


@pytest.mark.parametrize("says", BAD)
def test_a_copy_that_is_not_whole_is_refused(path: Path, says: str) -> None:
    BAD[says](path)
    with pytest.raises(Unusable, match=says):
        restore_check(path)


def test_rows_that_an_older_version_decided_otherwise_are_told_and_used(path: Path) -> None:
    edit(
        "UPDATE journal SET input = json_set(input, '$.version', '0.0.1') WHERE seq = 1",
        "UPDATE journal SET reasons = '[\"as it was then\"]' WHERE seq = 4",
    )(path)
    assert restore_check(path).otherwise == 1


def test_a_database_in_use_is_left_alone(path: Path) -> None:
    with Store(path), pytest.raises(Unusable, match="in use by another auto-trader"):
        restore_check(path)
    assert epoch(path) == 0


def test_the_command_tells_what_the_copy_does_not_know(path: Path) -> None:
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 0, result.output
    assert ", step 7: in_position, 0.07" in result.output
    assert "Epoch 1" in result.output
    assert "no entry before that agrees" in result.output


@pytest.mark.parametrize("missing", [True, False])
def test_the_command_refuses_with_a_word_and_exit_code_1(path: Path, missing: bool) -> None:
    path.unlink() if missing else write(path, "DROP TABLE snapshot")
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 1
    assert result.output.startswith("DO NOT USE: ")
