"""Kraken's limits: not met by our own count, and obeyed where the venue says so."""

import asyncio
from decimal import Decimal

import pytest

from adapters.exchanges.kraken_line import CALLS
from adapters.simulator import INTERMEDIATE, STARTER, Execution, Fault, SimulatedKraken
from fsm.effects import Audit, Query
from fsm.events import OrderUnresolved
from fsm.ledger import Purpose, Status

from .conftest import Clock
from .kraken_desk import ADD, QTY, Post, cid, desk, held, url, venue

__all__ = ["desk", "held", "url", "venue"]
pytestmark = pytest.mark.anyio


async def test_the_venues_own_limits_are_never_met(desk: Post, venue: SimulatedKraken) -> None:
    """Ten minutes of a position with three stops costs no more than the lowest tier allows."""
    venue.key_limits.tier = STARTER
    clock = desk.clock
    assert isinstance(clock, Clock)
    entry = await desk.seen(desk.place(Purpose.ENTRY, QTY * 3))
    for second in range(600):
        clock.ahead += 1
        if second % 5 == 0:
            seen = await asyncio.gather(*(desk.ask(child.cid) for child in entry.children))
            assert {s.report.status for s in seen} == {Status.OPEN}
        if second % 60 == 0:
            assert await desk.perform(Audit(second)) is not None


async def test_a_venue_that_wants_silence_gets_it(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    """A lockout grows with every request in it. An exit is refused at once: the core will try again."""
    venue.faults.add(Fault("POST", ADD, answer=("EGeneral:Temporary lockout",), execution=Execution.NEVER))
    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.REJECTED
    last = venue.nonces.last

    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.REJECTED
    assert isinstance(await desk.perform(desk.place(Purpose.STOP)), OrderUnresolved)
    assert isinstance(await desk.perform(Query(cid(), 1.0)), OrderUnresolved)
    assert venue.nonces.last == last
    assert desk.client.strained
    assert isinstance(desk.clock, Clock)
    desk.clock.ahead += 901
    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.FILLED


async def test_questions_that_are_too_many_do_not_stop_orders(
    desk: Post, venue: SimulatedKraken, held: Decimal
) -> None:
    venue.faults.add(Fault("POST", "/0/private/BalanceEx", answer=("EAPI:Rate limit exceeded",)))
    assert await desk.perform(Audit(1)) is None

    sold = await desk.seen(desk.place(Purpose.EXIT))

    assert sold.report.status is Status.OPEN  # not asked about: that can wait
    assert venue.balances()["BTC"] == 0
    assert not desk.client.strained
    assert await desk.mark() is not None  # prices are asked without the key


async def test_too_many_public_questions_do_not_stop_orders(desk: Post, venue: SimulatedKraken, held: Decimal) -> None:
    venue.faults.add(Fault("GET", "*", answer=("EGeneral:Too many requests",)))

    assert await desk.mark() is None
    assert desk.client.strained
    assert await desk.mark() is None
    assert (await desk.seen(desk.place(Purpose.EXIT))).report.status is Status.FILLED
    assert isinstance(desk.clock, Clock)
    desk.clock.ahead += 6
    assert await desk.mark() is not None


async def test_a_tier_that_is_higher_than_believed(desk: Post, venue: SimulatedKraken) -> None:
    venue.key_limits.tier = INTERMEDIATE
    for number in range(int(CALLS) // 2):
        assert await desk.perform(Audit(number)) is not None
