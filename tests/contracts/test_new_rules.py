"""The venue changes the pair's rules while we are at it: what we hold is protected and sold by the new ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import OrderType, SimulatedExchange, SimulatedKraken
from fsm.bot import State
from fsm.commands import Side
from fsm.effects import AnyEffect, Place
from fsm.ledger import Purpose

from .bot import House, books_agree, house
from .venues import BINANCE, Clock, Venue

pytestmark = pytest.mark.anyio
TICK, LOT = D(5), D("0.001")


@pytest.fixture
async def bot(
    url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path
) -> AsyncIterator[House]:
    """Booted and audited."""
    async with house(venue, url, exchange, clock, tmp_path / "bot.db") as here:
        await here.tick()
        yield here


def change(exchange: SimulatedExchange) -> None:
    """Coarser prices, and where they have quantities of their own for each pair, coarser quantities."""
    if isinstance(exchange, SimulatedKraken):
        exchange.pair = replace(exchange.pair, tick=TICK, price_decimals=0)
    else:
        exchange.rules = replace(exchange.rules, tick=TICK, lot=LOT)


def stops(exchange: SimulatedExchange) -> list[tuple[D, D]]:
    """What rests at the exchange: quantity and price."""
    kinds = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    return [(o.quantity, o.stop_price) for o in exchange.market.open_orders() if o.type in kinds]


async def test_a_stop_that_vanished_is_placed_again_by_the_new_rules(bot: House, exchange: SimulatedExchange) -> None:
    bot.signal(Side.BUY, "tv-1")
    await bot.until(State.IN_POSITION)
    change(exchange)
    for order in exchange.market.open_orders():
        if order in exchange.market.open_orders():  # a list goes as a whole
            exchange.market.cancel(order.id, by_venue=True)
    assert stops(exchange) == []
    await bot.wait(90)

    assert bot.state is State.IN_POSITION
    assert not [price for _, price in stops(exchange) if price % TICK]
    assert exchange.balances()["BTC"] - sum(qty for qty, _ in stops(exchange)) < LOT
    assert not [o for o in bot.bot.ledger.orders if o.reason]

    bot.signal(Side.SELL, "tv-2")
    await bot.until(State.IDLE)
    assert exchange.balances()["BTC"] < LOT
    await books_agree(bot)


@pytest.mark.parametrize("venue", [BINANCE], indirect=True)  # elsewhere the stop goes with the entry
@pytest.mark.parametrize("purpose", [Purpose.STOP, Purpose.EXIT])
async def test_an_order_is_sent_again_by_rules_that_changed_after_it_was_decided(
    bot: House, exchange: SimulatedExchange, purpose: Purpose
) -> None:
    def changes_before(effect: AnyEffect) -> bool:
        if isinstance(effect, Place) and effect.purpose is purpose:
            change(exchange)
        return False

    bot.hold = changes_before
    bot.signal(Side.BUY, "tv-1")
    await bot.until(State.IN_POSITION)
    ((qty, price),) = stops(exchange)
    assert exchange.balances()["BTC"] - qty < LOT
    assert price % (TICK if purpose is Purpose.STOP else D("0.01")) == 0

    bot.signal(Side.SELL, "tv-2")
    await bot.until(State.IDLE)
    assert exchange.balances()["BTC"] < LOT
    assert [trade.reason for trade in bot.told()] == ["signal"]
    await books_agree(bot)
