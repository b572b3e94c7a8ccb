"""The machine's clock is wrong, or is set right: what depends on the venue's time goes by the venue's time."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator import Answer, ErrorAnswer, Execution, Fault, SimulatedExchange
from fsm.bot import State
from fsm.commands import Side

from .bot import books_agree, house
from .venues import BINANCE, Clock, Venue

pytestmark = pytest.mark.anyio
PATIENCE = 15  # seconds: what hidden trades are waited for, and two questions


@pytest.mark.parametrize("wrong", [3600.0, -3600.0], ids=["ahead", "behind"])
async def test_a_clock_that_was_an_hour_off_and_is_set_right_shuts_nobody_out(
    url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path, wrong: float
) -> None:
    """The bot starts again with the right time, in the same process. Kraken would refuse each nonce for an hour."""
    off = Clock()
    off.ahead = wrong
    async with house(venue, url, exchange, off, tmp_path / "bot.db") as bot:
        await bot.enter()
    async with house(venue, url, exchange, clock, tmp_path / "bot.db") as bot:
        await bot.until(State.IN_POSITION)
        bot.signal(Side.SELL, "tv-2")
        await bot.until(State.IDLE, patience=5)
        await books_agree(bot)


@pytest.mark.parametrize("venue", [BINANCE], indirect=True)  # Kraken's orders carry their fees
@pytest.mark.parametrize("wrong", [0.0, 40.0, -40.0], ids=["right", "ahead", "behind"])
async def test_how_long_hidden_trades_are_waited_for_does_not_depend_on_our_clock(
    url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path, wrong: float
) -> None:
    off = Clock()
    off.ahead = wrong
    async with house(venue, url, exchange, off, tmp_path / "bot.db") as bot:
        await bot.tick()
        exchange.faults.add(Fault("POST", "/api/v3/order", Answer.DROPPED, times=1))
        down = ErrorAnswer(-1000, "unknown", 500)
        exchange.faults.add(Fault("GET", "/api/v3/myTrades", down, Execution.NEVER, times=None))
        clock.ahead += 1.0
        bot.signal(Side.BUY, "tv-1")
        await bot.answers()
        waited = 0
        while exchange.market.covered() == 0 and waited < 60:
            await bot.tick()
            clock.ahead, waited = clock.ahead + 1.0, waited + 1
        assert 10 <= waited <= PATIENCE
