"""A paper account for as long as a block lasts: source, exchange, and a server on loopback."""

from __future__ import annotations

import contextlib
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog
from msgspec.structs import replace

from adapters.background import beside
from adapters.secret import Secret
from adapters.settings import ConfigurationError, Settings
from adapters.simulator import Account, SimulatedExchange
from adapters.simulator.server import listen

from . import deed
from .binance import Binance
from .door import Door
from .exchange import Plan
from .feed import Feed
from .hosts import kind_of, source_address
from .kraken import Kraken
from .pace import PACES, Pace
from .source import Source, Unlisted
from .wire import Wire

log = structlog.get_logger()
SOURCES: dict[str, Callable[[Wire, str], Source]] = {"binance": Binance, "kraken": Kraken}


class PaperVenue:
    """Where the paper exchange is, and who may trade there."""

    def __init__(self, url: str, account: Account, source: str, database: Path, feed: Feed) -> None:
        self.url, self.api_key, self.api_secret = url, account.api_key, account.api_secret
        self.source, self.database = source, database
        self._feed = feed

    @property
    def exchange(self) -> SimulatedExchange | None:
        """The exchange with its own books; None until the market was reached for the first time."""
        return self._feed.exchange

    @property
    def fresh(self) -> bool:
        """Whether the market was seen lately enough; if not, the exchange seems unreachable."""
        return self._feed.fresh

    @property
    def trouble(self) -> str | None:
        """Why the market cannot be looked at, in words."""
        return self._feed.trouble

    def account(self, settings: Settings) -> Settings:
        """The same settings with the paper account in the place of the real one."""
        return replace(
            settings, exchange_url=self.url, api_key=Secret(self.api_key), api_secret=Secret(self.api_secret)
        )


@contextlib.asynccontextmanager
async def market(
    settings: Settings, clock: Callable[[], float], source_url: str | None = None, pace: Pace | None = None
) -> AsyncIterator[PaperVenue]:
    """Paper trading for `settings.active_exchange` and `trading_pair`, with `paper_balance` quote in a new account.

    Live data comes from `source_url` or else `settings.exchange_url` or else the venue's public host. A source that is
    away is no error: the exchange seems unreachable until it is back. Raises `Forbidden` for an address that is no
    source, `Mistaken` for the file of another account, ConfigurationError for a pair that the venue does not have (both
    others are ones too), sqlite3.Error for a file that is no account, OSError for a folder that cannot be written.
    """
    venue, pair = settings.active_exchange, settings.trading_pair
    source, pace = source_address(venue, source_url or settings.exchange_url), pace or PACES[venue]
    database = deed.file_beside(settings.database_path)
    key = deed.claim(database, venue, pair, kind_of(source)).key
    plan = Plan(
        pair=pair,
        account=Account(key, b64encode(secrets.token_bytes(32)).decode()),
        balance=settings.paper_balance,
        database=database,
        clock=clock,
    )
    async with contextlib.AsyncExitStack() as stack:
        wire = Wire(source, pace.patience)
        stack.push_async_callback(wire.close)
        feed = Feed(SOURCES[venue](wire, pair), plan, pace)
        stack.callback(feed.close)
        try:
            await feed.open()
        except Unlisted as error:
            raise ConfigurationError([f"TRADING_PAIR: {venue} has no {pair} (asked for {error})"]) from None
        door = Door(feed, pace)
        url = await stack.enter_async_context(listen({"/": door}, "127.0.0.1", 0))
        stack.push_async_callback(door.aclose)
        await stack.enter_async_context(beside(feed.run()))
        log.warning(
            "paper_trading", note="no real money is traded", source=source, account=str(database), market=feed.trouble
        )
        yield PaperVenue(url, plan.account, source, database, feed)
