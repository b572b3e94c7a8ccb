"""Orders as the core asks for them, and what they must lead to at any venue."""

from __future__ import annotations

from decimal import Decimal

from adapters.exchanges import Desk
from fsm.effects import AnyEffect, Cancel, Place, Query
from fsm.events import OrderSeen
from fsm.ledger import Purpose, Report, Status

from .venues import LIMIT, QTY, TRIGGER, cid


def place(
    desk: Desk,
    purpose: Purpose,
    qty: Decimal = QTY,
    within: float = 5.0,
    trigger: Decimal = TRIGGER,
    limit: Decimal = LIMIT,
) -> Place:
    """The price of the stop and the highest of the entry travel with it where the venue attaches stops."""
    prices = {Purpose.ENTRY: (trigger, limit), Purpose.STOP: (trigger,), Purpose.EXIT: ()}[purpose]
    return Place(cid(), purpose, qty, desk._clock() + within, *prices)


async def seen(desk: Desk, effect: AnyEffect) -> OrderSeen:
    event = await desk.perform(effect)
    assert isinstance(event, OrderSeen), event
    return event


async def ask(desk: Desk, name: str) -> Report:
    """The answer to our own question."""
    report = (await seen(desk, Query(name, desk._clock()))).report
    assert report.asked_at is not None
    return report


async def hold(
    desk: Desk, qty: Decimal = QTY, trigger: Decimal = TRIGGER, limit: Decimal = LIMIT
) -> tuple[OrderSeen, list[str]]:
    """Buy, and have all of it protected; the entry, and the ids of its stops."""
    entry = place(desk, Purpose.ENTRY, qty, trigger=trigger, limit=limit)
    bought = await seen(desk, entry)
    assert bought.report.status is Status.FILLED
    if bought.children:
        return bought, [child.cid for child in bought.children]
    market = await desk.client.market()
    net = (bought.report.filled - bought.report.fee_base) // market.lot * market.lot
    stop = place(desk, Purpose.STOP, net, trigger=trigger)
    assert (await seen(desk, stop)).report.status is Status.OPEN
    return bought, [stop.cid]


async def release(desk: Desk, stops: list[str]) -> None:
    """Cancel stops and learn their fate."""
    for stop in stops:
        assert (await seen(desk, Cancel(stop))).report.status is Status.CANCELED
        assert (await ask(desk, stop)).status is Status.CANCELED
