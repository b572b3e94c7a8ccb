"""Nobody bids: what the exchange ends by itself is tried again as what it refuses is, later and not for ever."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import Depth, SimulatedExchange
from fsm.bot import State
from fsm.commands import Side
from fsm.effects import Place
from fsm.guards import MAX_EXITS
from fsm.ledger import Purpose

from .bot import books_agree, house
from .venues import BINANCE, PRICE, Clock, Venue

pytestmark = pytest.mark.anyio
DRY, DEEP = Depth(levels=0), Depth()


def bids(exchange: SimulatedExchange, depth: Depth) -> None:
    exchange.market.depth = depth
    exchange.move(PRICE + D("0.01"))
    exchange.move(PRICE)


@pytest.mark.parametrize("venue", [BINANCE], indirect=True)  # Kraken refuses it
async def test_exits_that_expire_are_few_and_the_position_is_protected_again(
    url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path
) -> None:
    async with house(venue, url, exchange, clock, tmp_path / "bot.db") as bot:
        await bot.enter()
        bids(exchange, DRY)
        bot.signal(Side.SELL, "tv-2")
        await bot.wait(20)

        exits = [e for e in bot.effects if isinstance(e, Place) and e.purpose is Purpose.EXIT]
        assert len(exits) == MAX_EXITS
        assert (bot.state, bot.bot.why) == (State.HALTED, ("cannot_leave",))
        assert exchange.market.covered() == bot.bot.sellable(bot.bot.held)

        bids(exchange, DEEP)
        await bot.wait(60)
        assert bot.verdict("tv-2") == ("closed", ())
        assert exchange.market.covered() == 0
        await books_agree(bot)
