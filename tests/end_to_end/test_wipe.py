"""The test network begins anew under a bot that holds a position; and how a person gets out of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal as D
from pathlib import Path

import httpx
import pytest

from adapters.simulator import SimulatedExchange, SimulatedKraken, serve

from .process import Program, call, environment

pytestmark = pytest.mark.anyio
GIVEN = {"BTC": "1", "USDT": "10000"}


@pytest.mark.parametrize("kind", [SimulatedKraken, SimulatedExchange])
async def test_a_wiped_test_network_is_quarantined(kind: type[SimulatedExchange], tmp_path: Path) -> None:
    exchange = kind.create(price=D(64210))
    async with serve(exchange) as venue:
        env = environment(exchange, venue, tmp_path)
        bot = Program(env, tmp_path)
        try:
            await bot.start()
            await bot.alert("BUY", "a")
            await bot.state("in_position")

            async with httpx.AsyncClient(base_url=venue) as hand:
                await hand.post("/control/wipe", json={"balances": GIVEN})

            found = await bot.until(lambda health: health["state"] == "halted", 60)
            assert found["reasons"][0] == "the test network began anew: go on with a new DATABASE_PATH"
            code, said = await call(env, tmp_path, "resume")
            assert (code, "the test network was wiped: begin with a new database" in said) == (1, True)
            assert (await bot.alert("SELL", "b")).json()["status"] == "rejected"
            assert exchange.market.state.orders == {}
            assert exchange.balances() == {name: D(amount) for name, amount in GIVEN.items()}
            with closing(sqlite3.connect(env["DATABASE_PATH"])) as books:
                assert books.execute("SELECT count(*) FROM trades").fetchone() == (0,)
        finally:
            await bot.close()
        assert "❌ ERROR: testnet_wiped — the test network began anew" in bot.output
        assert "BALANCE MOVED" not in bot.output

        env |= {"DATABASE_PATH": str(tmp_path / "anew.db")}
        bot = Program(env, tmp_path)
        try:
            await bot.start()
            await bot.state("halted")
            assert (await call(env, tmp_path, "orphan", "keep"))[0] == 0
            assert (await call(env, tmp_path, "resume"))[0] == 0
            await bot.alert("BUY", "c")
            await bot.state("in_position")
        finally:
            await bot.close()
    exchange.close()
