"""The exchange port of the core: performs an effect, answers with an event.

Law: nothing that goes wrong at the network is raised here; what went wrong is a fact too. Only cancellation passes.
Law: a request is sent a second time only if the venue proved that the first did nothing, and never past its expiry.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec.structs import replace

from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place, Query
from fsm.events import AnyEvent, Assessed, Audited, Child, Marked, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import WOULD_TRIGGER, ZERO, Purpose, Report, Status
from fsm.sizing import down

from .base import SHORTEST, Clock, Deadline, ExchangeClient, Listing, Recent, Refused, Seen, Side, Unresolved

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 3
IMPATIENT = 1.0  # seconds that questions may lose to retries: the core asks again by itself
STATUS_AGE = 30.0  # seconds a symbol's status is believed for marks


class Desk:
    """One client at work for the core. `clock` must be the one that the core's times come from (epoch seconds)."""

    def __init__(self, client: ExchangeClient, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._purposes = Recent[Purpose]()  # of orders placed in this process: saves the search for them
        self._listing, self._listing_at = Listing(), float("-inf")

    @property
    def connected(self) -> bool:
        """Whether the venue answered the last request."""
        return self.client.connected

    @property
    def last_success(self) -> float | None:
        """When the venue last did what it was asked (epoch seconds)."""
        return self.client.last_success

    async def perform(self, effect: AnyEffect) -> AnyEvent | None:
        """The venue's answer as a fact. `None`: an audit that could not be made; the core asks for another."""
        began = self._clock()
        event = await self._answer(effect)
        return None if event is None else replace(event, began=began)

    async def _answer(self, effect: AnyEffect) -> AnyEvent | None:
        match effect:
            case Assess():
                return await self._assess(effect)
            case Audit():
                return await self._audit(effect)
            case Query():
                return await self._settled(effect.cid, self._query(effect))
            case Cancel():
                return await self._settled(effect.cid, self._cancel(effect))
            case Place():
                return await self._settled(effect.cid, self._place(effect))

    async def mark(self) -> Marked | None:
        """What a unit could be sold for. `None` when that is not known, or when the venue's allowance is short."""
        if self.client.strained:
            return None
        if self._clock() - self._listing_at > STATUS_AGE:
            await self._perhaps(self._status)
        ticker = await self._perhaps(self.client.get_ticker)
        if ticker is None or ticker.bid <= 0:
            return None
        return Marked(at=self._clock(), price=ticker.bid, trading=self._listing.trading)

    # -- looking
    async def _assess(self, effect: Assess) -> Assessed:
        """Everything at once. What is missing stays at its harmless default, and the venue counts as unreachable."""
        answers, balance, ticker, asked = await asyncio.gather(
            self._perhaps(self._ping),
            self._perhaps(self.client.get_balance),
            self._perhaps(self.client.get_ticker),
            self._perhaps(self._status),
        )
        listing = asked or Listing()
        return Assessed(
            at=self._clock(),
            signal_id=effect.signal_id,
            price=ticker.ask if ticker else ZERO,
            spread=ticker.ask - ticker.bid if ticker else ZERO,
            cash=balance.free_cash if balance else ZERO,
            base=balance.base if balance else ZERO,
            market=listing.market,
            reachable=bool(answers and balance and asked and (ticker or not listing.listed)),
            listed=listing.listed,
            trading=listing.trading,
        )

    async def _audit(self, effect: Audit) -> Audited | None:
        balance, open_orders, market = await asyncio.gather(
            self._perhaps(self.client.get_balance),
            self._perhaps(self.client.open_orders),
            self._perhaps(self.client.market),
        )
        if balance is None or open_orders is None:
            return None
        return Audited(
            at=self._clock(),
            asked=effect.asked,
            base=balance.base,
            cash=balance.cash,
            open=open_orders,
            market=market,
        )

    async def _ping(self) -> bool:
        await self.client.ping()
        return True

    async def _status(self) -> Listing:
        self._listing = await self.client.status()
        self._listing_at = self._clock()
        return self._listing

    # -- orders
    async def _place(self, effect: Place) -> OrderSeen:
        """Refused is final news, with one exception: a stop that did not get through is merely not there yet.

        Reported as refused it would count towards giving up the position; in doubt, the core asks, hears that there
        is no such order, and places another.
        """
        self._purposes[effect.cid] = effect.purpose
        try:
            seen = await self._sent(effect, Deadline(effect.expires, self._clock))
        except Refused as refusal:
            if refusal.again is not None and effect.purpose is Purpose.STOP:
                raise
            seen = Seen(Report(Status.REJECTED, reason=refusal.reason))
        return self._seen(effect.cid, seen)

    async def _sent(self, effect: Place, deadline: Deadline) -> Seen:
        """A refused stop or exit once more, under the same id, if the pair's rules have changed since it was decided: a
        definite refusal is proof that nothing happened."""
        try:
            return await _persistent(lambda: self._send(effect, deadline), deadline.left)
        except Refused as refusal:
            final = effect.purpose is Purpose.ENTRY or refusal.reason == WOULD_TRIGGER
            if final or refusal.again is not None or (new := await self._corrected(effect)) == effect:
                raise
        log.warning("the pair's rules have changed: order %s is sent again by the new ones", effect.cid)
        return await _persistent(lambda: self._send(new, deadline), deadline.left)

    async def _corrected(self, effect: Place) -> Place:
        """Away from the market, and no more than was decided."""
        listing = await self._perhaps(self._status)
        if listing is None or not listing.listed:
            return effect
        trigger = None if effect.trigger is None else down(effect.trigger, listing.market.tick)
        qty = down(effect.qty, listing.market.lot)
        return replace(effect, qty=qty, trigger=trigger) if qty else effect

    async def _send(self, effect: Place, deadline: Deadline) -> Seen:
        deadline.window()  # raises when it is too late
        if effect.purpose is Purpose.STOP:
            if effect.trigger is None:
                raise Unresolved("not sent: a stop without a price")
            return await self.client.place_oco_order(effect.cid, effect.qty, effect.trigger, deadline)
        side = Side.BUY if effect.purpose is Purpose.ENTRY else Side.SELL
        order = (effect.cid, side, effect.qty, deadline, effect.trigger, effect.limit)
        return await self.client.place_market_order(*order)

    async def _cancel(self, effect: Cancel) -> OrderSeen:
        """A cancel that is refused says nothing about the order: it becomes a doubt, and the core asks. One for which
        there is nothing to cancel says little more, but most likely the order has just ended: that is asked at once."""
        purpose = self._purposes.get(effect.cid)
        seen = await _persistent(lambda: self.client.cancel_order(effect.cid, purpose))
        if seen is None:
            seen = await _persistent(lambda: self.client.find_order(effect.cid, purpose))
            if seen is None or seen.report.status is Status.OPEN:
                raise Unresolved("no such open order, and none that has ended")
        return self._seen(effect.cid, seen)

    async def _query(self, effect: Query) -> OrderSeen | OrderAbsent:
        purpose = self._purposes.get(effect.cid)
        seen = await _persistent(lambda: self.client.find_order(effect.cid, purpose))
        if seen is None:
            return OrderAbsent(at=self._clock(), cid=effect.cid, asked_at=effect.asked_at)
        return self._seen(effect.cid, seen, effect.asked_at)

    def _seen(self, cid: str, seen: Seen, asked_at: float | None = None) -> OrderSeen:
        """`asked_at`: of the core's question. A client may have asked one of its own, after an order was accepted."""

        def dated(report: Report) -> Report:
            return report if asked_at is None else replace(report, asked_at=asked_at)

        children = tuple(Child(c.cid, c.qty, dated(c.report)) for c in seen.children)
        return OrderSeen(at=self._clock(), cid=cid, report=dated(seen.report), children=children)

    # -- what may go wrong
    async def _settled(self, cid: str, work: Awaitable[OrderSeen | OrderAbsent]) -> AnyEvent:
        try:
            return await work
        except Unresolved as doubt:
            why = doubt.why
        except Refused as refusal:
            why = refusal.reason
        except Exception as error:  # ours, not the network's: still no reason to lose the order
            why = f"unexpected {type(error).__name__}"
            log.error("order %s: %s", cid, why)  # noqa: TRY400 - a traceback may quote what must not be logged
        return OrderUnresolved(at=self._clock(), cid=cid, why=why)

    async def _perhaps(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await _persistent(ask)
        except (Refused, Unresolved) as error:
            log.info("the venue did not answer: %s", error)
        except Exception as error:
            log.error("a question to the venue failed: %s", type(error).__name__)  # noqa: TRY400
        return None


async def _persistent(ask: Callable[[], Awaitable[T]], left: Callable[[], float] = lambda: IMPATIENT) -> T:
    """Again, ever later, while the venue proves that nothing happened and there are more than `left` seconds."""
    for attempt in range(TRIES):
        try:
            return await ask()
        except Refused as refusal:
            pause = (refusal.again or 0.0) * 2**attempt
            if refusal.again is None or attempt == TRIES - 1 or left() - pause < SHORTEST:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("unreachable")
