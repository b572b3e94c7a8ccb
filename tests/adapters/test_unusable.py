"""A file that is no database of the bot's, given to every command that opens one: a sentence, and no byte changed."""

from __future__ import annotations

import hashlib
import logging
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from sqlite_utils import Database

from adapters.cli import main
from adapters.doctor import Level, machine
from adapters.settings import load
from adapters.store import Identity, Store
from adapters.store.schema import MIGRATIONS
from adapters.variables import VARIABLES

from .driving import BOOT
from .test_store import feed

FILE = "bot.db"
CONFIGURATION = {
    "TRADING_MODE": "testnet",
    "EXCHANGE_URL": "http://127.0.0.1:9",  # nobody is there
    "BINANCE_API_KEY": "k",
    "BINANCE_API_SECRET": "s",
    "WEBHOOK_SECRET": "s" * 32,
    "DATABASE_PATH": FILE,
    "HOST": "127.0.0.1",
}
WHO = Identity("binance", "testnet", "BTC/USDT", hashlib.sha256(b"k").hexdigest()[:16])
READING = {
    "journal": ("journal",),
    "journal of another": ("journal", "--database", FILE),
    "journal as it happens": ("journal", "--follow"),
    "journal verified": ("journal", "--verify"),
    "restore-check": ("restore-check",),
    "restore-check of another": ("restore-check", FILE),
}
COMMANDING = {
    "stop": ("stop",),
    "resume": ("resume",),
    "rearm": ("rearm", "--reason", "looked"),
    "orphan": ("orphan", "keep"),
}
STARTING = {"run": ("run",)}
COMMANDS = READING | COMMANDING | STARTING


def write(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def used(path: Path) -> None:
    with Store(path) as store:
        store.claim(WHO)
        feed(store, *BOOT)


def changed(*statements: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        used(path)
        write(path, "DROP TRIGGER journal_update", *statements)

    return make


def overwritten(path: Path) -> None:
    used(path)
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)


def older(path: Path) -> None:
    with closing(Database(path)) as db:
        MIGRATIONS.apply(db, stop_before="hop_clock")


# what is there, what is said about it, and to whom it is no trouble
Case = tuple[Callable[[Path], object], str, dict[str, tuple[str, ...]]]
FILES: dict[str, Case] = {
    "nothing": (lambda path: None, "there is no database at", STARTING),
    "an empty file": (Path.touch, f"{FILE} is empty, no bot has ever used it: set DATABASE_PATH", STARTING),
    "a blank database": (lambda path: write(path, "CREATE TABLE x (y)", "DROP TABLE x"), "is empty, no bot", STARTING),
    "a text": (lambda path: path.write_text("dear diary " * 999), "file is not a database; set DATABASE_PATH", {}),
    "another program's": (
        lambda path: write(path, "CREATE TABLE notes (x)", "CREATE TABLE friends (x)"),
        f"{FILE} is not a database of auto-trader: its tables are friends, notes; set DATABASE_PATH",
        {},
    ),
    "an older version's": (
        older,
        "is of an older version: auto-trader restore-check",
        COMMANDING | STARTING | {name: READING[name] for name in ("restore-check", "restore-check of another")},
    ),
    "a damaged one": (overwritten, "malformed; it is damaged: restore a backup", {}),
    "a bot that cannot be read": (
        changed('UPDATE snapshot SET bot = \'{"state": "asleep"}\''),
        "the snapshot cannot be read: Invalid enum value 'asleep' - at `$.state`; it is damaged: restore a backup",
        {name: READING[name] for name in ("journal", "journal of another", "journal as it happens")},
    ),
    "a step that cannot be read": (
        changed("UPDATE journal SET input = '{}' WHERE seq = 1"),
        "the journal cannot be read at step 1: ",
        COMMANDING | STARTING,
    ),
}
TABLE = [(file, name) for file, (_, _, fine) in FILES.items() for name in COMMANDS if name not in fine]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name, value in CONFIGURATION.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as taken:  # a bot that starts all the same gets no further
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        yield tmp_path / FILE


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(("file", "name"), TABLE)
def test_it_is_told_in_a_sentence_and_nothing_is_written(path: Path, file: str, name: str) -> None:
    make, says, _ = FILES[file]
    make(path)
    before = path.read_bytes() if path.exists() else None
    result = CliRunner().invoke(main, COMMANDS[name])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == (2 if name in STARTING | COMMANDING and file != "nothing" else 1), result.output
    assert says in result.output
    assert "accepted" not in result.output
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_folder_is_told_as_one(path: Path) -> None:
    path.mkdir()
    for words in COMMANDS.values():
        result = CliRunner().invoke(main, words)
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code in (1, 2)
        assert result.output.splitlines()[-1].strip()


def test_an_older_versions_file_is_brought_up_to_date_by_who_may_write(path: Path) -> None:
    older(path)
    assert CliRunner().invoke(main, COMMANDS["stop"]).exit_code == 0
    assert "stop" in CliRunner().invoke(main, COMMANDS["journal"]).output


@pytest.mark.parametrize("file", ["a text", "another program's", "a damaged one", "a bot that cannot be read"])
def test_the_doctor_finds_it_before_the_bot_is_started(path: Path, file: str) -> None:
    make, says, _ = FILES[file]
    make(path)
    before = path.read_bytes()
    found = machine.database(load(CONFIGURATION))
    assert (found.level, found.fatal) == (Level.FAIL, True)
    assert says.partition(";")[0].split(":")[0] in found.what
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["100%.db", "what?.db", "a#b.db", "mode=memory&x=.db"])
def test_the_name_of_the_file_does_not_matter(path: Path, name: str) -> None:
    used(path.with_name(name))
    result = CliRunner().invoke(main, ["journal", "--database", name])
    assert (result.exit_code, "booted" in result.output) == (0, True), result.output
    assert machine.database(load(CONFIGURATION | {"DATABASE_PATH": name})).level is Level.OK


@pytest.mark.parametrize("place", ["/nowhere/x.svg", "/sys/x.svg"])
def test_a_place_where_nothing_can_be_written_is_told(place: str) -> None:
    result = CliRunner().invoke(main, ["diagram", "--output", place])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert "is this the right path, and the user" in result.output
