"""The same stories at every venue: the real core and journal, our client, real HTTP, and the exchange's own books."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator import Answer, Execution, Fault, Phase, SimulatedExchange
from fsm.bot import State
from fsm.commands import Side
from fsm.effects import Cancel, Place
from fsm.ledger import Purpose, Status

from .bot import House, books_agree, house
from .venues import PRICE, Clock, Venue

pytestmark = pytest.mark.anyio

SIZE = Decimal(5000) / PRICE  # one per cent of 10,000 at a stop of two per cent
Open = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
def process(venue: Venue, url: str, exchange: SimulatedExchange, clock: Clock, tmp_path: Path) -> Open:
    """One process after the other at the same database."""
    return lambda: house(venue, url, exchange, clock, tmp_path / "bot.db")


@asynccontextmanager
async def idle(process: Open) -> AsyncIterator[House]:
    """Booted and audited."""
    async with process() as here:
        await here.tick()
        assert here.bot.audited
        yield here


@asynccontextmanager
async def holding(process: Open) -> AsyncIterator[House]:
    async with idle(process) as here:
        here.signal(Side.BUY, "tv-1")
        await here.until(State.IN_POSITION)
        yield here


def protected(here: House) -> Decimal:
    """What our books believe to be watched."""
    stops = here.bot.ledger.live(Purpose.STOP)
    return sum((order.remaining for order in stops), Decimal(0))


async def test_a_round_trip(process: Open, exchange: SimulatedExchange) -> None:
    async with holding(process) as here:
        assert protected(here) == exchange.market.covered() > SIZE * Decimal("0.998")
        here.exchange.move(Decimal(65500))
        here.signal(Side.SELL, "tv-2")
        await here.until(State.IDLE)

        (trade,) = here.told()
        assert (trade.reason, trade.entry_price, trade.exit_price) == ("signal", PRICE, 65500)
        assert trade.pnl == exchange.balances()["USDT"] - 10000 > 0
        assert not exchange.market.open_orders()
        await books_agree(here)
    assert exchange.naked().longest < 10


async def test_the_stop_is_hit(process: Open, exchange: SimulatedExchange) -> None:
    async with holding(process) as here:
        exchange.move(Decimal(62500))
        await here.until(State.IDLE)

        (trade,) = here.told()
        assert (trade.reason, trade.exit_price) == ("stop_loss", 62500)
        assert trade.pnl == exchange.balances()["USDT"] - 10000 < 0
        await books_agree(here)


async def test_a_sell_during_the_entry(process: Open, exchange: SimulatedExchange) -> None:
    async with idle(process) as here:
        here.signal(Side.BUY, "tv-1")
        while not any(isinstance(effect, Place) for effect in here.effects):
            await here.runner_turn()
        here.signal(Side.SELL, "tv-2")
        await here.until(State.IDLE)

        assert [trade.reason for trade in here.told()] == ["signal"]
        assert not exchange.market.open_orders()
        await books_agree(here)


async def test_a_crash_in_position(process: Open, exchange: SimulatedExchange) -> None:
    async with holding(process) as here:
        before = {order.cid for order in here.bot.ledger.live()}
    async with process() as here:
        await here.until(State.IN_POSITION)
        await here.wait(3)

        assert {order.cid for order in here.bot.ledger.live()} == before
        assert protected(here) == exchange.market.covered()
        here.signal(Side.SELL, "tv-2")
        await here.until(State.IDLE)
        await books_agree(here)


async def test_the_stop_is_hit_while_nobody_is_there(process: Open, exchange: SimulatedExchange) -> None:
    async with holding(process):
        pass
    exchange.move(Decimal(62500))
    async with process() as here:
        await here.until(State.IDLE)

        assert [trade.reason for trade in here.told()] == ["stop_loss"]
        await books_agree(here)


async def test_a_crash_between_the_order_and_its_answer(
    process: Open, exchange: SimulatedExchange, venue: Venue
) -> None:
    async with idle(process) as here:
        exchange.faults.add(Fault(*venue.entry, lag=30.0))
        here.signal(Side.BUY, "tv-1")
        while not exchange.market.state.fills:
            await here.runner_turn()
    exchange.faults.clear()
    async with process() as here:
        await here.until(State.IN_POSITION)

        assert protected(here) == exchange.market.covered()
        entries = [o for o in here.bot.ledger.orders if o.purpose is Purpose.ENTRY]
        assert [entry.status for entry in entries] == [Status.FILLED]
        await books_agree(here)


@pytest.mark.parametrize("face", [Answer.DROPPED, Answer.HTML_502, Answer.EMPTY_200])
async def test_an_entry_whose_answer_is_lost_is_found(
    process: Open, exchange: SimulatedExchange, venue: Venue, face: Answer
) -> None:
    async with idle(process) as here:
        exchange.faults.add(Fault(*venue.entry, answer=face))
        here.signal(Side.BUY, "tv-1")
        await here.until(State.IN_POSITION)

        bought = sum(fill.quantity for fill in exchange.market.state.fills)
        assert bought == SIZE.quantize(here.bot.market.lot, "ROUND_DOWN")
        await books_agree(here)


async def test_an_entry_that_never_arrived_is_proven_absent(
    process: Open, exchange: SimulatedExchange, venue: Venue
) -> None:
    async with idle(process) as here:
        exchange.faults.add(Fault(*venue.entry, answer=Answer.HTML_504, execution=Execution.NEVER))
        here.signal(Side.BUY, "tv-1")
        await here.until(State.ORDERING)
        sent = here.clock()
        await here.until(State.IDLE)

        assert here.clock() - sent > 15  # the expiry, and the venue's time to finish
        assert not exchange.market.state.orders
        await books_agree(here)


async def test_stop_in_position(process: Open, exchange: SimulatedExchange) -> None:
    async with holding(process) as here:
        here.stop()
        assert here.state is State.HALTED
        for _ in range(20):
            await here.tick()
        assert here.state is State.HALTED
        assert [trade.reason for trade in here.told()] == ["stop"]
        await books_agree(here)


async def test_the_stop_fills_while_it_is_being_cancelled(
    process: Open, exchange: SimulatedExchange, venue: Venue
) -> None:
    """A SELL takes the stops away, but the market is faster. Nothing is sold twice."""
    async with holding(process) as here:
        here.hold = lambda effect: bool(isinstance(effect, Cancel) and exchange.move(Decimal(62500)))
        here.signal(Side.SELL, "tv-2")
        await here.until(State.IDLE)

        (trade,) = here.told()
        assert trade.exit_price == 62500
        assert any(isinstance(effect, Cancel) for effect in here.effects)
        await books_agree(here)


async def test_a_thin_book(process: Open, exchange: SimulatedExchange, venue: Venue) -> None:
    """Half of the entry was not to be had. What was bought is protected, and sold; or nothing was bought."""
    async with idle(process) as here:
        exchange.market.thin = Decimal("0.03")
        here.signal(Side.BUY, "tv-1")
        await here.until(State.IDLE if venue.whole else State.IN_POSITION)
        assert protected(here) == exchange.market.covered()
        here.signal(Side.SELL, "tv-2")
        await here.until(State.IDLE)

        assert [trade.qty for trade in here.told()] == ([] if venue.whole else [Decimal("0.03")])
        slipped = ("refused", ("slippage: not all to be had at 64320",))
        assert here.verdict("tv-1") == (slipped if venue.whole else ("opened", ()))
        await books_agree(here)


async def test_the_venue_takes_cancels_only(process: Open, exchange: SimulatedExchange) -> None:
    """A SELL in an outage: the stops stay where they are until they could be replaced."""
    async with holding(process) as here:
        covered = exchange.market.covered()
        exchange.market.set_phase(Phase.CANCEL_ONLY)
        await here.wait(31)  # what is known of a venue's status is half a minute old at most
        here.signal(Side.SELL, "tv-2")
        await here.wait(5)
        assert exchange.market.covered() == covered
        exchange.market.set_phase(Phase.TRADING)
        await here.until(State.IDLE, patience=90)
        await books_agree(here)
