"""A Binance pair that takes no market stops: the stop has a limit, and the market may jump over it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import OrderType, SimulatedExchange
from adapters.simulator.filters import Rules
from fsm.bot import State

from .bot import books_agree, house
from .venues import BINANCE, DEPTH, PRICE, Clock, Venue

pytestmark = pytest.mark.anyio
TYPES = (OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET, OrderType.STOP_LOSS_LIMIT)


@pytest.fixture
def exchange(clock: Clock) -> Iterator[SimulatedExchange]:
    rules = Rules(order_types=TYPES, multiplier_down=D("0.9"))
    found = SimulatedExchange.create(price=PRICE, depth=DEPTH, clock=clock, rules=rules)
    yield found
    found.close()


@pytest.mark.parametrize("venue", [BINANCE], indirect=True)
async def test_what_its_stop_did_not_sell_is_sold_at_the_market(
    url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path
) -> None:
    async with house(venue, url, exchange, clock, tmp_path / "bot.db") as bot:
        await bot.enter()
        (stop,) = (o for o in exchange.market.open_orders() if o.type is OrderType.STOP_LOSS_LIMIT)
        assert stop.price is not None
        exchange.move(stop.price - 1000)
        assert exchange.market.open_orders()  # it rests
        await bot.until(State.IDLE, State.PAUSED, State.HALTED, patience=10)
        assert [trade.reason for trade in bot.told()] == ["stop_loss"]
        assert exchange.market.open_orders() == []
        await books_agree(bot)
