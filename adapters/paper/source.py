"""What paper trading asks of a venue's public market data, whichever venue it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from adapters.simulator import Fees, Level, PairRules, Phase, Rules, Trade

from .wire import Away

SHALLOW, DEEP = 100, 500  # levels a side: to know the price by, and to fill an order from


class Terms(Struct, frozen=True):
    """The pair's rules, the venue's commission for everybody, and whether it trades."""

    rules: Rules
    fees: Fees
    phase: Phase
    pair: PairRules | None = None  # Kraken's part of the rules


class Page(Struct, frozen=True):
    """Trades in the order in which they happened, and the venue's name for the last of them."""

    trades: tuple[Trade, ...]
    cursor: str
    last: bool  # nothing follows yet


class Book(Struct, frozen=True):
    """Both sides, best price first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Source(Protocol):
    """All of them raise `Away` when the venue cannot be asked or does not make sense."""

    async def terms(self) -> Terms:
        """Raises `Unlisted` for a pair that the venue does not have."""

    async def newest(self) -> Page:
        """The last trade alone."""

    async def since(self, cursor: str) -> Page:
        """The first trades after the one of that name."""

    async def book(self, levels: int) -> Book:
        """The book as it is now, so many levels a side."""


class Unlisted(Exception):
    """The venue does not have the pair."""


def side(rows: Iterable[Sequence[object]], *, bids: bool) -> tuple[Level, ...]:
    """One side of a book, of rows that begin with price and quantity. Raises ArithmeticError, IndexError."""
    levels = [Level(positive(row[0]), positive(row[1])) for row in rows if Decimal(str(row[1])) != 0]
    return tuple(sorted(levels, key=lambda level: level.price, reverse=bids))


def positive(number: object) -> Decimal:
    """A price or a quantity. Raises ArithmeticError for what is neither."""
    value = Decimal(str(number))
    if not (value.is_finite() and value > 0):
        raise ArithmeticError(f"{number!r} is no price or quantity")
    return value


def sane(book: Book) -> Book:
    """A book that could be real. Raises `Away` for one whose sides overlap."""
    if book.bids and book.asks and book.bids[0].price >= book.asks[0].price:
        raise Away("a bid is not below the asks")
    return book
