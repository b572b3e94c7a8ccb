"""The journal's inputs, decided again, lead to the same database; whatever was changed in it is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import main
from adapters.store import Reader, Store, Unusable
from adapters.verify import VERSION, verify
from fsm.bot import Bot
from fsm.commands import AnyCommand, Resume, Side, Stop
from fsm.events import AnyEvent, Booted
from fsm.step import Decision, step
from tests.world.history import History
from tests.world.luck import seeded

from .driving import BOOT, NOW, assessed, resting, signal
from .test_store import feed, placed


class Kept(History):
    """A hostile life whose decisions are written down, with crashes, set clocks, wipes of memory and all."""

    store: Store

    def feed(self, input: AnyCommand | AnyEvent) -> Decision:
        decision = super().feed(input)
        if decision.newsworthy:
            self.store.append(decision)
        return decision


def live(path: Path, seed: int, moves: int = 150) -> None:
    life = Kept(seeded(seed))
    with Store(path) as life.store:
        life.boot()
        life.calm()
        for _ in range(moves):
            life.move()


def write(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for verb in ("update", "delete"):
            db.execute(f"DROP TRIGGER journal_{verb}")
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement
        db.commit()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A life in which everything happened that leaves a row."""
    path = tmp_path_factory.mktemp("lived") / "bot.db"
    live(path, seed=7, moves=1_000)
    with closing(sqlite3.connect(path)) as db:
        for table in ("signals", "orders", "trades", "daily_stats"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 1, table
    return path


@pytest.fixture
def path(lived: Path, tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    with closing(Reader.open(lived)) as reader:
        reader.copy(path)
    return path


@pytest.mark.parametrize("seed", range(12))
def test_every_life_follows_from_its_journal(tmp_path: Path, seed: int) -> None:
    live(tmp_path / "bot.db", seed)
    proof = verify(tmp_path / "bot.db")
    assert proof.differences == ()
    assert proof.rows["journal"] > 50


def test_more_rows_than_are_read_at_once(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.verify.BATCH", 7)
    assert verify(lived).differences == ()


MIDDLE = "(SELECT seq FROM journal WHERE kind != 'Booted' LIMIT 1 OFFSET 200)"
LIES = {
    "an input": f"UPDATE journal SET input = json_set(input, '$.at', 2e9) WHERE seq = {MIDDLE}",
    "a reason": f"UPDATE journal SET reasons = '[\"because\"]' WHERE seq = {MIDDLE}",
    "an effect": f"UPDATE journal SET effects = '[]' WHERE seq > {MIDDLE} AND effects != '[]'",
    "what changed by itself": f"UPDATE journal SET drift = json_set(drift, '$.state', 'killed') WHERE seq = {MIDDLE}",
    "a row left out": "DELETE FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE after = 'validating')",
    "the cash": "UPDATE snapshot SET bot = json_set(bot, '$.book.cash', '1000000')",
    "a trade's result": "UPDATE trades SET pnl = '1' WHERE id = 1",
    "a trade too few": "DELETE FROM trades WHERE id = 1",
    "a trade too many": "INSERT INTO trades SELECT id + 1000, signal_id, opened_at, closed_at, qty, entry_price, "
    "exit_price, fees, pnl, pnl_pct, reason, seq FROM trades WHERE id = 1",
    "a verdict": "UPDATE signals SET verdict = 'refused' WHERE verdict = 'opened'",
    "an order's fill": "UPDATE orders SET filled = '0' WHERE filled != '0'",
    "a day": "UPDATE daily_stats SET losses = losses + 1",
    "a moment": "UPDATE hops SET sent = sent - 1 WHERE sent IS NOT NULL",
    "a count": "UPDATE tallies SET n = n + 1",
}


@pytest.mark.parametrize("lie", LIES)
def test_whatever_was_changed_is_found(path: Path, lie: str) -> None:
    write(path, LIES[lie])
    assert verify(path).differences


def test_the_command_says_which_table_and_which_step(path: Path) -> None:
    told = CliRunner().invoke(main, ["journal", "--verify", "--database", str(path)])
    assert told.exit_code == 0, told.output
    assert told.output.endswith("the same: every row of every table follows from the inputs in the journal\n")
    write(path, "UPDATE trades SET pnl = '1' WHERE id = 1")
    with closing(sqlite3.connect(path)) as db:
        (step,) = db.execute("SELECT seq FROM trades WHERE id = 1").fetchone()
    told = CliRunner().invoke(main, ["journal", "--verify", "--database", str(path)])
    assert told.exit_code == 1
    assert f"trades: step {step} is not what follows from the journal\n" in told.output
    assert told.output.endswith("1 rows do not follow from the inputs in the journal\n")


def test_rows_of_another_version_are_named_and_the_next_boot_begins_anew(tmp_path: Path) -> None:
    """Its rules may have been others; they excuse nothing that was written since."""
    path = tmp_path / "bot.db"
    old, new = (Booted(at=NOW + at, pair="BTC/USDT", version=v) for at, v in ((0, "0.0.1"), (60, VERSION)))
    with Store(path) as store:
        entry = placed(feed(store, old, *BOOT[1:], signal(Side.BUY, "a"), assessed("a")))
        feed(store, new, resting(entry, NOW + 61))
    write(path, "UPDATE journal SET effects = '[]' WHERE kind = 'Assessed'")
    (found,) = verify(path).differences
    assert (found.table, found.version, found.ours) == ("journal", "0.0.1", False)
    assert f"(written by version 0.0.1, and this is {VERSION})" in str(found)


def test_a_row_that_cannot_be_read_is_named(path: Path) -> None:
    write(path, f'UPDATE journal SET drift = \'{{"now": "noon"}}\' WHERE seq = {MIDDLE}')
    with pytest.raises(Unusable, match="at step"):
        verify(path)


def test_a_snapshot_that_cannot_be_read_is_an_error_in_words(path: Path) -> None:
    write(path, 'UPDATE snapshot SET bot = \'{"state": "asleep"}\'')
    told = CliRunner().invoke(main, ["journal", "--verify", "--database", str(path)])
    assert (told.exit_code, told.output[:36]) == (1, "Error: the snapshot cannot be read: ")


def test_a_running_bot_can_be_verified(tmp_path: Path) -> None:
    with Store(tmp_path / "bot.db") as store:
        feed(store, *BOOT, signal(Side.BUY, "a"))
        assert verify(tmp_path / "bot.db").differences == ()
        feed(store, assessed("a"))


def test_a_step_that_was_never_written_is_found_though_the_next_rows_drift_hides_it(tmp_path: Path) -> None:
    path, bot = tmp_path / "bot.db", Bot()
    with Store(path) as store:
        for input in BOOT:
            decision = step(bot, input)
            bot = decision.bot
            if decision.newsworthy:
                store.append(decision)
        store.append(step(step(bot, Stop(at=NOW + 1)).bot, Resume(at=NOW + 2)))
    assert [each.table for each in verify(path).differences] == ["journal"]
