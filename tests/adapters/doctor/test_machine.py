"""This machine: SQLite's version, the disk, the database's file, the zone."""

from __future__ import annotations

import sqlite3

import pytest

from adapters.doctor import Level, machine
from adapters.store import Store

from .conftest import Clinic

pytestmark = pytest.mark.anyio
OK, WARN, FAIL = Level


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ((3, 40, 1), WARN),
        ((3, 46, 1), WARN),
        ((3, 51, 2), WARN),
        ((3, 50, 6), WARN),
        ((3, 44, 5), WARN),
        ((3, 50, 7), OK),
        ((3, 44, 6), OK),
        ((3, 51, 3), OK),
        ((3, 53, 0), OK),
        ((3, 6, 23), OK),
    ],
)
def test_sqlite_versions(clinic: Clinic, version: machine.Version, level: Level) -> None:
    assert machine.sqlite(clinic.database, version).level is level


def test_litestream_beside_a_bad_sqlite_is_a_failure(clinic: Clinic) -> None:
    (clinic.folder / ".bot.db-litestream").mkdir()
    assert machine.sqlite(clinic.database, (3, 46, 1)).fatal
    assert machine.sqlite(clinic.database, (3, 51, 3)).level is OK


@pytest.mark.parametrize(("free", "level"), [(99, FAIL), (900, WARN), (2_000, OK)])
def test_disk(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr(machine, "LITTLE", 1_000 * machine.MEGABYTE)
    monkeypatch.setattr(machine, "TOO_LITTLE", 100 * machine.MEGABYTE)
    usage = type("Usage", (), {"free": free * machine.MEGABYTE})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    found = machine.disk(clinic.database)
    assert (found.level, found.fatal) == (level, False)


def test_a_read_only_database_is_found(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(clinic.database).close()
    real = sqlite3.connect
    monkeypatch.setattr(
        machine.sqlite3, "connect", lambda address, **how: real(address.replace("mode=rw", "mode=ro"), **how)
    )
    found = machine.database(clinic.settings)
    assert found.fatal
    assert "readonly" in found.what


@pytest.mark.parametrize(
    ("offset", "says"),
    [
        (0, "UTC, as the bot"),
        (3600, "ends at 01:00 here"),
        (-18_000, "ends at 19:00 here"),
        (19_800, "ends at 05:30 here"),
    ],
)
def test_the_zone_does_not_matter(offset: int, says: str) -> None:
    found = machine.zone(offset)
    assert found.level is OK
    assert says in found.what
