"""Who may speak to Kraken next, and how often.

Nonces must arrive in ascending order, so private requests go one after the other; an order goes before all questions.
A request that is not answered within `PATIENCE` gives way: should it arrive after a later one, Kraken refuses it for
its nonce, which is proof that it did nothing. So a stuck question can cost an order a second, not its deadline.

Kraken counts questions for each key: one point each (two for histories), and so many points melt away in a second;
orders and cancels are not counted here (https://docs.kraken.com/exchange/guides/rest/ratelimits).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .base import Clock

PATIENCE = 1.0  # seconds
CALLS, MELT = 15.0, 0.33  # of the lowest tier (Starter): ours is not known, and more than this is not needed
COSTS = {"TradesHistory": 2, "Ledgers": 2, "AddOrder": 0, "CancelOrder": 0}


class Line:
    """The queue in front of the private half of the venue. Belongs to one event loop."""

    def __init__(self) -> None:
        self._busy = False
        self._orders: deque[asyncio.Future[None]] = deque()
        self._questions: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for the line's end; urgent ones overtake the others."""
        await self._enter(self._orders if urgent else self._questions)
        gone = False

        def give_way() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self._leave()

        timer = asyncio.get_running_loop().call_later(PATIENCE, give_way)
        try:
            yield
        finally:
            timer.cancel()
            give_way()

    async def _enter(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._busy:
            self._busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn already
                self._leave()
            raise

    def _leave(self) -> None:
        for queue in (self._orders, self._questions):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._busy = False


class Allowance:
    """Our own count of what the key has left, kept so that Kraken need not count for us."""

    def __init__(self, clock: Clock, calls: float = CALLS, melt: float = MELT) -> None:
        self._clock, self._calls, self._melt = clock, calls, melt
        self._used, self._at = 0.0, clock()

    def wait(self, endpoint: str, times: int = 1) -> float:
        """Seconds until so many requests of this kind fit."""
        cost = COSTS.get(endpoint, 1) * times
        return max(0.0, (self._melted() + cost - self._calls) / self._melt) if cost else 0.0

    def spend(self, endpoint: str) -> None:
        self._used = self._melted() + COSTS.get(endpoint, 1)

    def exhaust(self) -> None:
        """Kraken says that there is nothing left: another program uses the key, or our count is wrong."""
        self._used, self._at = self._calls, self._clock()

    def _melted(self) -> float:
        now = self._clock()
        self._used, self._at = max(0.0, self._used - self._melt * max(0.0, now - self._at)), now
        return self._used
