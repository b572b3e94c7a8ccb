"""What happens only where the venue makes the stops itself, one for each fill: the real core at a simulated Kraken."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator import Answer, Depth, Execution, Fate, Fault, Passed, SimulatedKraken, serve
from fsm.bot import State
from fsm.commands import Side
from fsm.effects import Cancel, Place
from fsm.ledger import Purpose
from tests.contracts.bot import House, books_agree, house
from tests.contracts.venues import VENUES, Clock

from .kraken_desk import ADD, CANCEL

pytestmark = pytest.mark.anyio

SMALL = Depth(spread=Decimal(0), gap=Decimal(0), size=Decimal("0.02"))
SIZE = Decimal("0.078125")  # four of those levels


@pytest.fixture
def kraken(clock: Clock) -> Iterator[SimulatedKraken]:
    found = VENUES["kraken"].simulate(clock)
    assert isinstance(found, SimulatedKraken)
    found.market.depth = SMALL
    yield found
    found.close()


@pytest.fixture
async def here(kraken: SimulatedKraken, clock: Clock, tmp_path: Path) -> AsyncIterator[House]:
    """Booted and audited."""
    async with serve(kraken) as url, house(VENUES["kraken"], url, kraken, clock, tmp_path / "bot.db") as found:
        await found.tick()
        assert found.bot.audited
        yield found


async def bought(here: House) -> None:
    here.signal(Side.BUY, "tv-1")
    await here.until(State.IN_POSITION)


def stops(here: House) -> list[Decimal]:
    return sorted(order.qty for order in here.bot.ledger.live(Purpose.STOP))


def placed(here: House, purpose: Purpose) -> list[Place]:
    return [effect for effect in here.effects if isinstance(effect, Place) and effect.purpose is purpose]


async def test_every_fill_has_its_stop_and_none_is_added(here: House, kraken: SimulatedKraken) -> None:
    await bought(here)

    assert stops(here) == [Decimal("0.018125"), *[Decimal("0.02")] * 3]
    assert kraken.market.covered() == SIZE
    assert not placed(here, Purpose.STOP)
    assert kraken.naked().total == 0
    await here.wait(10)
    assert here.state is State.IN_POSITION

    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)
    assert len([effect for effect in here.effects if isinstance(effect, Cancel)]) == 4
    assert [place.qty for place in placed(here, Purpose.EXIT)] == [SIZE]
    await books_agree(here)


async def test_stops_that_are_hit_one_by_one(here: House, kraken: SimulatedKraken) -> None:
    """Some sell, one only in part; a SELL then takes the rest, and not a coin more."""
    await bought(here)
    first, second, *_ = (o for o in kraken.market.open_orders())
    first.stop_price, second.stop_price = Decimal(63900), Decimal(63800)
    kraken.market.thin = Decimal("0.015")
    kraken.move(Decimal(63900))
    await here.wait(8)
    assert here.bot.ledger.position == SIZE - Decimal("0.015")
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)

    (trade,) = here.told()
    assert (trade.reason, trade.qty) == ("signal", SIZE)
    assert trade.exit_price == Decimal(63900)
    await books_agree(here)


async def test_all_stops_are_hit_at_different_prices(here: House, kraken: SimulatedKraken) -> None:
    await bought(here)
    kraken.market.depth = Depth(spread=Decimal(0), gap=Decimal(1), size=Decimal("0.02"))
    kraken.move(Decimal(62000))
    await here.until(State.IDLE)

    (trade,) = here.told()
    assert trade.reason == "stop_loss"
    assert Decimal(61997) < trade.exit_price < Decimal(62000)
    await books_agree(here)


@pytest.mark.parametrize("fate", [Fate.MISSING, Fate.CANCELED])
async def test_a_stop_that_was_not_made_is_topped_up(here: House, kraken: SimulatedKraken, fate: Fate) -> None:
    kraken.market.fates.append(fate)

    await bought(here)

    (added,) = placed(here, Purpose.STOP)
    assert added.qty == Decimal("0.02")
    assert kraken.market.covered() == SIZE
    assert kraken.naked().longest < 10
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)
    await books_agree(here)


async def test_stops_that_are_shown_late_are_not_made_twice(here: House, kraken: SimulatedKraken) -> None:
    kraken.faults.unseen = 3.0

    await bought(here)

    assert not placed(here, Purpose.STOP)
    assert kraken.market.covered() == SIZE
    await books_agree(here)


async def test_the_price_falls_through_the_stop_before_it_is_made(here: House, kraken: SimulatedKraken) -> None:
    """All of them die at birth. That is a stop loss, only late."""
    kraken.market.passed = Passed.CANCELED
    here.hold = lambda effect: bool(isinstance(effect, Place) and kraken.move(Decimal(62000)))
    here.signal(Side.BUY, "tv-1")
    await here.answers()
    here.hold = lambda effect: False
    await here.until(State.IDLE)

    (trade,) = here.told()
    assert (trade.reason, trade.entry_price) == ("stop_loss", 62000)
    assert here.state is State.IDLE
    await books_agree(here)


async def test_one_stop_fills_between_two_cancels(here: House, kraken: SimulatedKraken) -> None:
    """The exit waits for the fate of every stop, and sells what is left."""
    await bought(here)
    last = kraken.market.open_orders()[-1]
    last.stop_price = Decimal(63990)
    cancels: list[Cancel] = []

    def look(effect: object) -> bool:
        if isinstance(effect, Cancel):
            cancels.append(effect)
            if len(cancels) == 2:
                kraken.move(Decimal(63990))
        return False

    here.hold = look
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)

    assert [place.qty for place in placed(here, Purpose.EXIT)] == [SIZE - last.quantity]
    await books_agree(here)


@pytest.mark.parametrize("face", [Answer.DROPPED, Answer.PENDING, Answer.UNCOUNTED, Answer.HTML_520])
async def test_a_cancel_in_doubt_holds_the_exit_back(here: House, kraken: SimulatedKraken, face: Answer) -> None:
    await bought(here)
    kraken.faults.add(Fault("POST", CANCEL, answer=face, times=2))
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)

    assert [place.qty for place in placed(here, Purpose.EXIT)] == [SIZE]
    await books_agree(here)


async def test_holds_do_not_matter(here: House, kraken: SimulatedKraken) -> None:
    """Whether a waiting stop holds its coins is not documented."""
    kraken.market.purse.hold_stops = False
    await bought(here)
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)
    assert not kraken.market.open_orders()
    await books_agree(here)


async def test_coins_in_auto_earn_are_no_orphans(
    here: House, kraken: SimulatedKraken, caplog: pytest.LogCaptureFixture
) -> None:
    await bought(here)
    kraken.auto_earn = True
    await here.wait(65)

    assert here.state is State.IN_POSITION
    assert here.bot.orphan == 0
    assert caplog.text.count("turn auto-earn off") == 1
    assert f"{SIZE} BTC lie in Kraken's rewards (as XBT.F)" in caplog.text
    here.signal(Side.SELL, "tv-2")
    await here.until(State.IDLE)
    await books_agree(here)


async def test_the_top_up_is_refused_twice(here: House, kraken: SimulatedKraken) -> None:
    """What cannot be protected is sold, and a person has to look."""
    kraken.market.fates.append(Fate.MISSING)
    kraken.faults.add(
        Fault("POST", ADD, answer=("EOrder:Orders limit exceeded",), execution=Execution.NEVER, after=1, times=2)
    )
    here.signal(Side.BUY, "tv-1")
    await here.until(State.HALTED)
    await here.wait(15)

    assert [trade.reason for trade in here.told()] == ["stop_refused"]
    assert not kraken.market.open_orders()
    await books_agree(here)


@pytest.mark.parametrize("dead", [2, 4])
async def test_several_stops_that_die_at_birth_are_no_refusals(here: House, kraken: SimulatedKraken, dead: int) -> None:
    kraken.market.fates.extend([Fate.CANCELED] * dead)

    await bought(here)

    assert len(placed(here, Purpose.STOP)) == 1
    assert kraken.market.covered() == SIZE
    await books_agree(here)
