"""Another venue is one variable, and paper trading is the same program on live prices without keys."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import SimulatedExchange, SimulatedKraken, serve

from .process import Program, call, environment

pytestmark = pytest.mark.anyio


async def round_trip(bot: Program) -> None:
    await bot.start()
    assert (await bot.alert("BUY", "a")).status_code == 202
    await bot.state("in_position")
    assert (await bot.alert("SELL", "b")).status_code == 202
    await bot.state("idle")


async def test_kraken_is_one_variable(tmp_path: Path) -> None:
    exchange = SimulatedKraken.create(price=D(64210))
    async with serve(exchange) as venue:
        bot = Program(environment(exchange, venue, tmp_path), tmp_path)
        try:
            await round_trip(bot)
            assert exchange.market.open_orders() == []
            assert exchange.balances()["BTC"] < D("0.00000001")
            assert exchange.balances()["USDT"] < 10_000
        finally:
            await bot.close()


@pytest.mark.parametrize("venue", ["binance", "kraken"])
async def test_paper_needs_no_keys_and_keeps_its_account_in_a_file_of_its_own(venue: str, tmp_path: Path) -> None:
    source = (SimulatedKraken if venue == "kraken" else SimulatedExchange).create(price=D(64210))
    async with serve(source) as prices:
        env = environment(source, prices, tmp_path)
        env |= {"TRADING_MODE": "paper", "PAPER_BALANCE": "2500"}
        bot = Program({name: text for name, text in env.items() if "_API_" not in name}, tmp_path)
        try:
            await round_trip(bot)
            assert (tmp_path / "bot.paper.db").exists()
            assert not source.market.state.fills  # the source only shows prices
        finally:
            await bot.close()


async def test_kraken_on_a_testnet_it_does_not_have_is_a_mistake_that_says_why(tmp_path: Path) -> None:
    exchange = SimulatedKraken.create(price=D(64210))
    env = environment(exchange, "", tmp_path)
    code, said = await call(env, tmp_path, "run")
    assert (code, "no public testnet" in said) == (2, True)
