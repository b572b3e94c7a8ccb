"""The live market, as far as it is known: looked at again and again, and before every order.

Law: what is older than `Pace.stale` counts for nothing. Prices are observed or absent, never guessed.
Law: a trade is shown to the exchange once, in its order; its name is kept in the same transaction as what it caused,
so that the trades of the time when nobody looked (the bot was down, the line was dead) come before anything else.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from adapters.simulator import Sight, SimulatedExchange

from .exchange import Plan, apply, found, triggers
from .pace import Pace
from .source import DEEP, SHALLOW, Page, Source, Terms, Unlisted
from .wire import Away

log = structlog.get_logger()


class Feed:
    """Looks at one pair. Time is measured by the monotonic clock, so a wrong wall clock makes nothing fresh."""

    def __init__(self, source: Source, plan: Plan, pace: Pace) -> None:
        self.exchange: SimulatedExchange | None = None  # None: the market was never reached
        self.trouble: str | None = None  # why the last look failed, in words
        self._source, self._plan, self._pace = source, plan, pace
        self._seen = self._terms_at = float("-inf")  # when the last book was asked for, and the terms
        self._levels = 0  # how deep it was
        self._terms: Terms | None = None
        self._looking = asyncio.Lock()

    @property
    def fresh(self) -> bool:
        """Whether the market was seen lately enough to trade at it."""
        return time.monotonic() - self._seen <= self._pace.stale

    def close(self) -> None:
        """Close the exchange's books. What they hold is safe whether or not this is called."""
        if self.exchange is not None:
            self.exchange.close()

    def distrust(self, error: Exception) -> None:
        """The exchange failed halfway, so that its memory may be ahead of its books: the next look reads the books."""
        log.error("paper_exchange_failed", exc_info=error)
        self.trouble = f"unexpected {type(error).__name__}"
        self._seen = float("-inf")
        self.close()
        self.exchange = None

    async def run(self) -> None:
        """Look for ever. What goes wrong here leaves the market unseen, and that is noticed by its age."""
        while True:
            try:
                await self.look()
            except Exception as error:
                self.distrust(error)
            await asyncio.sleep(self._pace.between)

    async def look(self, levels: int = SHALLOW, within: float = 0.0) -> bool:
        """Bring the exchange up to date; whether that worked.

        Its book is then the one of this moment, or was asked for at most `within` seconds ago.
        """
        needed = time.monotonic() - within
        async with self._looking:
            if self._seen >= needed and self._levels >= levels:
                return True
            try:
                await self._catch_up(levels)
            except Away as error:
                self._note(str(error))
                return False
            except Unlisted as error:
                self._note(f"the venue does not know the pair {error}")
                return False
            self._note(None)
            return True

    async def open(self) -> None:
        """The first look, unless it takes long: `run` goes on with it. A source that is away is no error, that is tried
        again. Raises `Unlisted`."""
        async with self._looking:
            try:
                await self._read_terms()
            except Away as error:
                self._note(str(error))
                return
        try:
            async with asyncio.timeout(self._pace.patience):
                await self.look()
        except TimeoutError:
            self._note("still reading what was missed")

    async def _catch_up(self, levels: int) -> None:
        terms = await self._read_terms()
        exchange = self.exchange or found(self._plan, terms, await self._source.newest())
        self.exchange = exchange
        while not await self._read_on(exchange, levels):
            await asyncio.sleep(self._pace.page)
        apply(exchange, terms)

    async def _read_terms(self) -> Terms:
        if self._terms is None or time.monotonic() - self._terms_at > self._pace.terms:
            self._terms, self._terms_at = await self._source.terms(), time.monotonic()
        return self._terms

    async def _read_on(self, exchange: SimulatedExchange, levels: int) -> bool:
        """One page of trades; whether it was the last. The book is read after the trades, so that a stop which they
        trigger sells into the bids of this moment, and only where somebody needs it."""
        page = await self._source.since(exchange.market.state.cursor)
        if not page.last and not exchange.market.open_orders():
            page = await self._source.newest()  # nothing waits for what was missed
        hit = triggers(exchange, page)
        if hit or page.last:
            asked, depth = time.monotonic(), DEEP if hit else levels
            book = await self._source.book(depth)
            if page.last:
                self._seen, self._levels = asked, depth
            exchange.observe(Sight(trades=page.trades, cursor=page.cursor, bids=book.bids, asks=book.asks))
        else:
            log.info("paper_catching_up", trades=len(page.trades), until=_moment(page))
            exchange.observe(Sight(trades=page.trades, cursor=page.cursor))
        return page.last

    def _note(self, trouble: str | None) -> None:
        """Say it once when the market is lost, and once when it is back."""
        if trouble and not self.trouble:
            log.warning("paper_market_lost", error=trouble)
        elif self.trouble and not trouble:
            log.info("paper_market_back")
        self.trouble = trouble


def _moment(page: Page) -> int:
    """Epoch milliseconds of its last trade."""
    return page.trades[-1].time
