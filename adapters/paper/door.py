"""The way to the paper exchange, which is shut while nobody knows the market."""

from __future__ import annotations

import asyncio

from adapters.simulator import SimulatedExchange
from adapters.simulator.http import Delivery, Reply, Request
from adapters.simulator.protocol import Front
from adapters.simulator.server import front_of

from .feed import Feed
from .pace import Pace
from .source import DEEP, SHALLOW

UNREACHABLE = Reply(delivery=Delivery.DROPPED)
ORDERS = ("/api/v3/order", "/0/private/AddOrder", "/0/private/AmendOrder")
CANCEL = "/0/private/Cancel"


class Door:
    """Without a fresh look at the market every connection dies without an answer, as it would if the venue were gone.

    An order first looks itself: it meets the book that is there when it arrives, and no trade that was before it can
    trigger what it places. A cancel makes do with the last regular look. If the look fails nothing is executed. What
    cannot be written into the exchange's books has not happened, and is not answered either.
    """

    def __init__(self, feed: Feed, pace: Pace) -> None:
        self._feed, self._pace = feed, pace
        self._front: Front | None = None
        self._behind: SimulatedExchange | None = None  # whom it speaks for

    async def handle(self, request: Request) -> Reply:
        """Answer as the venue would."""
        try:
            if self._feed.fresh and await self._looked(request) and self._feed.exchange is not None:
                return await self._speaker(self._feed.exchange).handle(request)
        except Exception as error:
            self._feed.distrust(error)
        return UNREACHABLE

    async def aclose(self) -> None:
        """Nobody comes any more."""
        if self._front is not None:
            await self._front.aclose()

    async def _looked(self, request: Request) -> bool:
        """Whether the market was seen as lately as this request needs it. In time, or the client has given up."""
        try:
            async with asyncio.timeout(self._pace.patience):
                if request.method == "DELETE" or request.path.startswith(CANCEL):
                    return await self._feed.look(SHALLOW, within=self._pace.between)
                if request.method == "POST" and request.path.startswith(ORDERS):
                    return await self._feed.look(DEEP)
        except TimeoutError:
            return False
        return True

    def _speaker(self, exchange: SimulatedExchange) -> Front:
        if self._front is None or self._behind is not exchange:
            self._front, self._behind = front_of(exchange), exchange
        return self._front
