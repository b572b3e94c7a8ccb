"""How often the bot goes to the exchange and back for one signal, one after the other: counts, not times.

The exchange is a tenth of a second away, so that what is asked at once is seen to be asked at once.
"""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator import SimulatedExchange
from fsm.bot import State
from fsm.commands import Side
from fsm.effects import Audit
from tests.benchmarks.distance import Distance, trips

from .bot import House, books_agree, house
from .venues import Clock, Venue

pytestmark = pytest.mark.anyio

RTT = 0.1
FACTS, FILLED = 1, 2
FACTS_ASKED = {
    "binance": 4,
    "binance-atomic": 4,
    "kraken": 5,
}  # reachable, balance, price, rules; whether it trades is one more at Kraken
PROTECTED = {"binance": 3, "binance-atomic": 2, "kraken": 2}  # where the stop goes with the entry, one less
KNOWN = {
    "binance": 3,
    "binance-atomic": 3,
    "kraken": 4,
}  # Kraken's answer names the order only, so the order and its stop are looked at

SETTLED = 4  # at most: two ways to cancel, the order, its trades


@pytest.fixture
def distance() -> Distance:
    return Distance(RTT)


@pytest.fixture
async def bot(
    distance: Distance, url: str, venue: Venue, exchange: SimulatedExchange, clock: Clock, tmp_path: Path
) -> AsyncIterator[House]:
    """Booted and audited."""
    async with distance.to(url) as far, house(venue, far, exchange, clock, tmp_path / "bot.db") as here:
        await here.tick()
        distance.forget()
        yield here


async def test_a_signal_is_filled_in_two_round_trips(
    bot: House, distance: Distance, venue: Venue, exchange: SimulatedExchange
) -> None:
    bot.signal(Side.BUY, "tv-1")
    await bot.answers()

    assert bot.state is State.IN_POSITION
    assert exchange.market.covered() > 0
    asked = trips(distance.questions)
    assert list(asked.values()).count(FACTS) == FACTS_ASKED[venue.name]
    assert asked[" ".join(venue.entry)] == FILLED
    stop = venue.entry if venue.whole else venue.stop
    assert asked[" ".join(stop)] == PROTECTED[venue.name]
    assert max(asked.values()) == KNOWN[venue.name]


async def test_a_sell_that_the_stop_has_overtaken_is_settled_at_once(
    bot: House, distance: Distance, exchange: SimulatedExchange
) -> None:
    """The exchange says that there is nothing to cancel, and is asked in the same breath what became of it."""
    bot.signal(Side.BUY, "tv-1")
    await bot.answers()
    exchange.move(Decimal(62500))
    distance.forget()
    bot.signal(Side.SELL, "tv-2")
    await bot.answers()

    assert bot.state is State.IDLE
    assert [(trade.reason, trade.exit_price) for trade in bot.told()] == [("stop_loss", 62500)]
    assert max(trips(distance.questions).values()) <= SETTLED
    await books_agree(bot)


async def test_no_connection_is_opened_for_a_signal(bot: House, distance: Distance) -> None:
    bot.signal(Side.BUY, "tv-1")
    await bot.answers()

    assert bot.state is State.IN_POSITION
    assert distance.connections == 0


async def test_a_day_later_the_facts_are_still_one_round_trip(
    bot: House, distance: Distance, venue: Venue, clock: Clock
) -> None:
    """Fees and clocks are looked at again now and then, but not before an order."""
    bot.hold = lambda effect: isinstance(effect, Audit)  # which is due as well
    clock.ahead += 90_000
    bot.signal(Side.BUY, "tv-1")
    await bot.answers()

    assert bot.state is State.IN_POSITION
    assert trips(distance.questions)[" ".join(venue.entry)] == FILLED
