"""What is seen of a real market, and the order book that it makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from adapters.simulator.book import Level, Offers, Walk
from adapters.simulator.orders import ZERO, Side


@dataclass(frozen=True, slots=True)
class Trade:
    """One public trade; `time` in epoch milliseconds (UTC)."""

    price: Decimal
    quantity: Decimal
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Trades in the order in which they happened, the source's name for the last of them, and the book after them.

    `bids` and `asks` are best price first; both None where only the trades were looked at.
    """

    trades: tuple[Trade, ...] = ()
    cursor: str = ""
    bids: tuple[Level, ...] | None = None
    asks: tuple[Level, ...] | None = None


class LiveBook(Offers):
    """A book as it was last seen. What was taken of a level stays taken until the market itself changes that level.

    The real market does not know of us, so a level that looks untouched still offers only what we left of it. The book
    is empty until it is seen for the first time, and it ends where what was seen ends.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._seen: dict[Side, dict[Decimal, Decimal]] = {Side.BUY: {}, Side.SELL: {}}
        self._taken: dict[Side, dict[Decimal, _Taken]] = {Side.BUY: {}, Side.SELL: {}}

    def renew(self, sight: Sight) -> None:
        """Replace what was seen. A level that was too deep to be seen this time is remembered as it was."""
        for taker, levels in ((Side.BUY, sight.asks), (Side.SELL, sight.bids)):
            if levels is not None:
                self._seen[taker] = seen = {level.price: level.quantity for level in levels}
                self._taken[taker] = {
                    price: taken
                    for price, taken in self._taken[taker].items()
                    if seen.get(price) == taken.offered or _deeper(price, taker, seen)
                }

    def levels(self, taker: Side) -> Iterator[Level]:
        """The levels that were seen, less what was taken of them."""
        for price, offered in self._seen[taker].items():
            taken = self._taken[taker].get(price)
            left = offered - taken.quantity if taken else offered
            if left > 0:
                yield Level(price, left)

    def take(self, taker: Side, walk: Walk) -> None:
        """Remember what a walk matched, level by level."""
        for level in walk.levels:
            before = self._taken[taker].get(level.price)
            quantity = level.quantity + (before.quantity if before else ZERO)
            self._taken[taker][level.price] = _Taken(self._seen[taker][level.price], quantity)


@dataclass(frozen=True, slots=True)
class _Taken:
    offered: Decimal  # the level's size when it was taken from
    quantity: Decimal


def _deeper(price: Decimal, taker: Side, seen: dict[Decimal, Decimal]) -> bool:
    """Whether a price lies behind all that was seen."""
    return bool(seen) and (price > max(seen) if taker is Side.BUY else price < min(seen))
