"""The drill: a backup, a bought position that the backup does not know, a lost machine, and a start from the copy."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.restore import restore_check
from adapters.simulator import SimulatedExchange
from tests.end_to_end.process import call, trading

pytestmark = pytest.mark.anyio


def copy(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def put_back(backup: Path, database: Path) -> None:
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    backup.rename(database)


async def test_a_restored_bot_does_not_trade_before_a_person_has_looked(anyio_backend: str, tmp_path: Path) -> None:
    exchange = SimulatedExchange.create()
    backup, database = tmp_path / "backup.db", tmp_path / "bot.db"
    async with trading(exchange, tmp_path) as bot:
        copy(database, backup)  # idle, and flat
        await bot.alert("BUY", "unknown-to-the-copy")
        await bot.state("in_position")
        await bot.end(signal.SIGKILL)
        put_back(backup, database)
        assert restore_check(database).epoch == 1
        known = set(exchange.market.state.orders)

        await bot.start(ready="halted")
        report = await bot.health()
        assert report["reasons"] == [
            "coins or orders on the account that nobody can explain: decide with auto-trader orphan"
        ]
        answer = await bot.alert("BUY", "much-later")
        assert answer.json()["status"] == "rejected"
        assert set(exchange.market.state.orders) == known  # not one order since

        for words in (("orphan", "keep"), ("resume",)):  # a person looked, and says: leave it
            code, output = await call(bot.env, tmp_path, *words)
            assert code == 0, output
        await bot.alert("BUY", "a-new-life")
        await bot.state("in_position")
        ids = [exchange.market.state.orders[n].client_id for n in set(exchange.market.state.orders) - known]
        assert ids
        assert all(name[8:14] == "000001" for name in ids), ids
    exchange.close()


async def test_a_killed_bot_that_is_started_again_stays_killed(anyio_backend: str, tmp_path: Path) -> None:
    """What a restart policy does to a bot whose drawdown limit was hit: nothing."""
    exchange = SimulatedExchange.create()
    async with trading(exchange, tmp_path) as bot:
        await bot.alert("BUY", "the-last")
        await bot.state("in_position")
        exchange.move(Decimal(38_000))  # a gap far through the stop
        await bot.state("killed")
        await bot.end(signal.SIGKILL)
        known = set(exchange.market.state.orders)

        await bot.start(ready="halted")
        assert (await bot.health())["state"] == "killed"
        assert (await bot.alert("BUY", "once-more")).json()["status"] == "rejected"
        code, output = await call(bot.env, tmp_path, "resume")
        assert (code, output.split(":")[0]) == (1, "refused")
        assert set(exchange.market.state.orders) == known
    exchange.close()
