"""What happens only where an entry pays for its own stop: the real core at a simulated Binance, ENTRY_MODE=atomic."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator import Fate, OrderType, SimulatedExchange, serve
from fsm.bot import State
from fsm.commands import Choice, Resolve, Resume, Side
from fsm.effects import Place
from fsm.ledger import Purpose, Status
from tests.contracts.bot import House, books_agree, house
from tests.contracts.venues import PRICE, VENUES, Clock

pytestmark = pytest.mark.anyio

SIZE, NET = Decimal("0.07812"), Decimal("0.07804")
ATOMIC = VENUES["binance-atomic"]


@pytest.fixture
def venue(clock: Clock) -> Iterator[SimulatedExchange]:
    found = ATOMIC.simulate(clock)
    yield found
    found.close()


@pytest.fixture
async def here(venue: SimulatedExchange, clock: Clock, tmp_path: Path) -> AsyncIterator[House]:
    """Booted and audited."""
    async with serve(venue) as url, house(ATOMIC, url, venue, clock, tmp_path / "bot.db") as found:
        await found.tick()
        assert found.bot.audited
        yield found


def placed(here: House, purpose: Purpose) -> list[Place]:
    return [effect for effect in here.effects if isinstance(effect, Place) and effect.purpose is purpose]


async def bought(here: House) -> None:
    here.signal(Side.BUY, "tv-1")
    await here.until(State.IN_POSITION)


async def test_nothing_is_waited_for_and_no_stop_is_added(here: House, venue: SimulatedExchange) -> None:
    """In position by the answers alone: not a second passes."""
    here.signal(Side.BUY, "tv-1")
    await here.answers()

    assert here.state is State.IN_POSITION
    assert not placed(here, Purpose.STOP)
    (entry,) = placed(here, Purpose.ENTRY)
    assert (entry.qty, entry.trigger, entry.limit) == (SIZE, Decimal(62720), Decimal(64320))
    assert venue.market.covered() == NET
    assert venue.naked().longest == 0
    await books_agree(here)


async def test_a_market_that_runs_away_is_not_run_after(here: House, venue: SimulatedExchange) -> None:
    """Between the judgement and the order it rose by more than the entry may cost."""
    here.hold = lambda effect: isinstance(effect, Place) and bool(venue.move(Decimal(64400)))
    here.signal(Side.BUY, "tv-1")
    await here.until(State.IDLE)

    assert here.verdict("tv-1") == ("refused", ("slippage: not all to be had at 64320",))
    assert not venue.market.state.fills
    await books_agree(here)


async def test_a_stop_that_is_refused_is_placed_by_us(here: House, venue: SimulatedExchange) -> None:
    venue.market.fates.append(Fate.CANCELED)

    await bought(here)

    assert [stop.status for stop in here.bot.ledger.orders[1:]] == [Status.REJECTED, Status.OPEN]
    assert venue.market.covered() == NET
    assert venue.naked().longest < 2
    await books_agree(here)


async def test_a_stop_whose_turn_never_comes_calls_for_a_person(here: House, venue: SimulatedExchange) -> None:
    """It locks the coins and sells nothing; no venue should do that. Whoever says "exit" has it taken away, and all is
    sold."""
    venue.market.fates.append(Fate.MISSING)
    here.signal(Side.BUY, "tv-1")
    await here.until(State.HALTED)
    await here.wait(30)
    (stray,) = here.bot.strays
    assert stray.endswith("S")

    here.runner.fire(Resolve(at=here.clock(), choice=Choice.EXIT))
    await here.wait(40)

    assert not venue.market.open_orders()
    assert venue.balances()["BTC"] < here.bot.market.lot
    await books_agree(here)


async def test_the_commission_may_come_from_the_owners_coins(here: House, venue: SimulatedExchange) -> None:
    """The stop then sells all that was bought. The books know it, and the next trade gives it back."""
    venue.market.transfer("BTC", Decimal(1))
    await here.until(State.HALTED, patience=130)
    here.runner.fire(Resolve(at=here.clock(), choice=Choice.KEEP))
    here.runner.fire(Resume(at=here.clock()))
    await bought(here)
    assert venue.market.covered() == SIZE
    venue.move(Decimal(62500))
    await here.until(State.IDLE)
    assert venue.balances()["BTC"] == 1 - SIZE / 1000 == 1 + here.bot.book.dust
    await books_agree(here)

    here.signal(Side.BUY, "tv-2")
    await here.until(State.IN_POSITION)
    here.signal(Side.SELL, "tv-3")
    await here.until(State.IDLE)

    assert abs(venue.balances()["BTC"] - 1) < here.bot.market.lot
    await books_agree(here)


async def test_all_sold_by_the_stop_while_the_answer_was_lost(here: House, venue: SimulatedExchange) -> None:
    """Bought, protected and stopped out in one silence: one trade, nothing sold twice."""
    here.hold = lambda effect: False
    here.signal(Side.BUY, "tv-1")
    while not venue.market.state.fills:
        await here.runner_turn()
    venue.move(Decimal(62500))
    await here.until(State.IDLE)

    assert [trade.reason for trade in here.told()] == ["stop_loss"]
    assert [o.type for o in venue.market.state.orders.values()] == [OrderType.LIMIT, OrderType.STOP_LOSS]
    assert PRICE > 62500
    await books_agree(here)
