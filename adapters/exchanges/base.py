"""The exchange port: what every venue can do for the bot, in the core's own words.

Law: two exceptions cross this border, and only two. `Refused`: the venue proved that nothing happened.
`Unresolved`: everything else, so the request is looked up by our own client order id and never sent on a guess.
Law: a report never shows a fill whose fees it does not know, because the largest fill carries the newest money.
Money is `Decimal`: quantities in base, amounts in quote. Times are epoch seconds of the bot's clock.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar

from msgspec import Struct

from fsm.events import Child, Market
from fsm.ledger import ZERO, Purpose, Report

T = TypeVar("T")
Clock = Callable[[], float]  # epoch seconds, UTC

LONGEST = 5.0  # seconds a venue may take to start on an order of ours
WARM = 6  # connections kept: what is asked for an entry, and a price and an audit that may be under way beside it
KEPT = 512  # orders that an adapter remembers something of
SHORTEST = 0.5  # with less than this left an order is not sent: it would only be refused as late


class Refused(Exception):
    """The venue proved that nothing happened. With `again` the request may be sent once more, after so many seconds."""

    def __init__(self, reason: str, code: int | None = None, again: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code, self.again = reason, code, again


class Unresolved(Exception):
    """Nobody knows what happened. `why` is for people and carries no secrets."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class Deadline:
    """Until when the venue may still start on an order. The venue is told, so that absence can be proven."""

    def __init__(self, expires: float, clock: Clock) -> None:
        self.expires, self._clock = expires, clock

    def left(self) -> float:
        """Seconds."""
        return self.expires - self._clock()

    def window(self) -> int:
        """Milliseconds that the venue may take from now on. Raises `Unresolved` when it is too late to send."""
        if self.left() < SHORTEST:
            raise Unresolved("not sent: too close to its expiry")
        return int(min(LONGEST, self.left()) * 1000)


class Balance(Struct, frozen=True):
    """What the account holds of our two assets. `free` excludes what open orders hold."""

    base: Decimal = ZERO  # free and held
    cash: Decimal = ZERO  # quote, free and held
    free_base: Decimal = ZERO
    free_cash: Decimal = ZERO


class Ticker(Struct, frozen=True):
    """The best of both sides, in quote. Zero: that side is empty."""

    bid: Decimal
    ask: Decimal


class Listing(Struct, frozen=True):
    """Whether the venue knows our pair, whether it takes orders for it now, and by which rules."""

    listed: bool = True
    trading: bool = True
    market: Market = Market()


class Position(Struct, frozen=True):
    """Coins on the account. On a spot account the balance is the position."""

    asset: str
    qty: Decimal


class Fill(Struct, frozen=True):
    """One trade of ours."""

    order_id: str  # the venue's
    side: Side
    qty: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    at: float


class Seen(Struct, frozen=True):
    """One order as the venue shows it, with the stops it made for it (all of them, or none)."""

    report: Report
    children: tuple[Child, ...] = ()


class Recent(dict[str, T]):
    """What was last put in; what is older than the last `KEPT` is forgotten, for a bot runs for years."""

    def __setitem__(self, name: str, value: T) -> None:
        super().__setitem__(name, value)
        if len(self) > KEPT:
            del self[next(iter(self))]


class Session(Protocol):
    """The way to a venue."""

    @property
    def connected(self) -> bool: ...
    @property
    def last_success(self) -> float | None: ...
    @property
    def strained(self) -> bool: ...
    def open(self) -> None: ...
    async def close(self) -> None: ...


class ExchangeClient(ABC):
    """One venue, one account, one pair. Every method raises `Refused` or `Unresolved`, and nothing else.

    An order is one client order id of ours, also where the venue makes a list of two orders of it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self) -> None:
        """Open the session, and ask nothing yet. `disconnect` ends it."""
        self._session.open()

    async def connect(self) -> None:
        """Open the session and as many connections as are used at once; learn clock and rules. Where this raises, the
        client is usable and learns them later."""
        self.open()
        await self.server_time()
        await self.status()
        # what a venue refuses of these, it is spared
        await asyncio.gather(*(self.ping() for _ in range(WARM)), return_exceptions=True)

    async def disconnect(self) -> None:
        """Close the session. Never raises."""
        await self._session.close()

    @abstractmethod
    async def ping(self) -> None:
        """Return if the venue answers."""

    @abstractmethod
    async def server_time(self) -> float:
        """The venue's clock, in epoch seconds; requests are signed by it from now on."""

    @abstractmethod
    async def status(self) -> Listing:
        """Asked anew each time, in one round trip: an entry waits for it."""

    @abstractmethod
    async def market(self) -> Market:
        """The venue's rules for our pair, at most a few minutes old, with the account's own fee."""

    @abstractmethod
    async def get_balance(self) -> Balance: ...

    @abstractmethod
    async def get_ticker(self) -> Ticker: ...

    @abstractmethod
    async def get_open_positions(self) -> tuple[Position, ...]:
        """Coins of our pair's base on the account."""

    @abstractmethod
    async def open_orders(self) -> tuple[str, ...]:
        """Client order ids of every open order on our pair: ours as the core knows them, strangers as they are."""

    @abstractmethod
    async def trades(self, order_id: str | None = None) -> tuple[Fill, ...]:
        """Our trades on the pair: all of one order, or the latest ones."""

    @abstractmethod
    async def place_market_order(
        self,
        cid: str,
        side: Side,
        qty: Decimal,
        deadline: Deadline,
        trigger: Decimal | None = None,
        limit: Decimal | None = None,
    ) -> Seen:
        """Buy or sell `qty` base at the market. Where the venue attaches stops to entries: with a stop at `trigger`,
        and at no more than `limit` a unit where it can be told so."""

    @abstractmethod
    async def place_oco_order(self, cid: str, qty: Decimal, trigger: Decimal, deadline: Deadline) -> Seen:
        """Sell `qty` base when the price falls to `trigger`. `Refused` with `WOULD_TRIGGER`: it already has."""

    @abstractmethod
    async def cancel_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        """Cancel an order of ours or a stranger's. `None`: the venue says that no such order is open."""

    @abstractmethod
    async def find_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        """Look an order up by our id. `None`: the venue says that it does not know it. Without a purpose: search."""

    @property
    def connected(self) -> bool:
        """Whether the venue answered the last request."""
        return self._session.connected

    @property
    def last_success(self) -> float | None:
        """When the venue last did what it was asked (epoch seconds)."""
        return self._session.last_success

    @property
    def strained(self) -> bool:
        """The venue's allowance is nearly used up: leave out what is not needed."""
        return self._session.strained


async def together(*questions: Awaitable[T]) -> list[T]:
    """All answers, asked at once. The first failure is raised when all have ended, so that none goes on unwatched."""
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]
