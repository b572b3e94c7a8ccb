"""A scripted exchange: fills at the price it was told, keeps its own ledger, and answers late when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal as D

from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place, Query
from fsm.events import AnyEvent, Assessed, Audited, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Report, Status

from ..driving import MARKET

FEE = D("0.001")


@dataclass
class Resting:
    """One order as the exchange sees it."""

    place: Place
    status: Status = Status.OPEN
    filled: D = D(0)
    cost: D = D(0)
    reason: str = ""

    def report(self, asked_at: float | None = None) -> Report:
        entry = self.place.purpose is Purpose.ENTRY
        return Report(
            self.status,
            self.filled,
            self.cost,
            fee_base=self.filled * FEE if entry else D(0),
            fee_quote=D(0) if entry else self.cost * FEE,
            asked_at=asked_at,
            reason=self.reason,
        )


@dataclass
class Venue:
    clock: Callable[[], float]
    price: D = D(64_210)
    cash: D = D(10_000)
    base: D = D(0)
    strangers: tuple[str, ...] = ()  # open orders that nobody of us placed
    orders: dict[str, Resting] = field(default_factory=dict)
    refuse_stops: bool = False
    mute: bool = False  # nothing is answered

    def __post_init__(self) -> None:
        self.open = asyncio.Event()  # while it is not set, a placed order hangs
        self.open.set()

    async def perform(self, effect: AnyEffect) -> AnyEvent | None:
        if self.mute:
            return None if isinstance(effect, Assess | Audit) else OrderUnresolved(at=self.clock(), cid=effect.cid)
        match effect:
            case Assess(signal_id):
                return Assessed(
                    at=self.clock(),
                    signal_id=signal_id,
                    price=self.price,
                    cash=self.cash,
                    base=self.base,
                    market=MARKET,
                )
            case Place():
                await self.open.wait()
                return self._seen(self._place(effect))
            case Cancel(cid) if order := self.orders.get(cid):
                if order.status is Status.OPEN:
                    order.status = Status.CANCELED
                return self._seen(order)
            case Query(cid, asked_at):
                order = self.orders.get(cid)
                return (
                    self._seen(order, asked_at) if order else OrderAbsent(at=self.clock(), cid=cid, asked_at=asked_at)
                )
            case Audit(asked):
                return Audited(
                    at=self.clock(), asked=asked, base=self.base, cash=self.cash, open=self._resting(), market=MARKET
                )
            case _:
                return None

    def fall(self, price: D) -> list[OrderSeen]:
        """The market moves down to here; a stop on its way sells where the price is then."""
        self.price = price
        hit = [o for o in self.orders.values() if o.status is Status.OPEN and (o.place.trigger or D(0)) >= price]
        return [self._seen(self._fill(order)) for order in hit]

    @property
    def trigger(self) -> D:
        """Of the stop that rests here."""
        return next(o.place.trigger for o in self.orders.values() if o.status is Status.OPEN and o.place.trigger)

    def _resting(self) -> tuple[str, ...]:
        return (*(cid for cid, o in self.orders.items() if o.status is Status.OPEN), *self.strangers)

    def _place(self, place: Place) -> Resting:
        order = self.orders[place.cid] = Resting(place)
        if place.purpose is not Purpose.STOP:
            self._fill(order)
        elif self.refuse_stops:
            order.status, order.reason = Status.REJECTED, "Filter failure: MAX_NUM_ALGO_ORDERS"
        return order

    def _fill(self, order: Resting) -> Resting:
        order.status, order.filled, order.cost = Status.FILLED, order.place.qty, order.place.qty * self.price
        r = order.report()
        if order.place.purpose is Purpose.ENTRY:
            self.base, self.cash = self.base + r.filled - r.fee_base, self.cash - r.cost
        else:
            self.base, self.cash = self.base - r.filled, self.cash + r.cost - r.fee_quote
        return order

    def _seen(self, order: Resting, asked_at: float | None = None) -> OrderSeen:
        return OrderSeen(at=self.clock(), cid=order.place.cid, report=order.report(asked_at))
