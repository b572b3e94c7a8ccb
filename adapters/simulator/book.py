"""What an order meets: offers in the order of their price, and a synthetic book of them around one price."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from adapters.simulator.orders import ZERO, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The shape of the book: `levels` of `size` base each, `gap` apart, `spread` between best bid and best ask.

    A spread of zero makes both sides start exactly at the price.
    """

    spread: Decimal = Decimal("0.02")
    gap: Decimal = Decimal("0.10")
    size: Decimal = Decimal("0.05")
    levels: int = 200


@dataclass(frozen=True, slots=True)
class Level:
    """A price and the base quantity offered there."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Walk:
    """What an order would take from the book, and whether the book ran dry before it was satisfied."""

    levels: tuple[Level, ...]
    dry: bool

    @property
    def quantity(self) -> Decimal:
        """Base quantity taken."""
        return sum((level.quantity for level in self.levels), ZERO)

    @property
    def amount(self) -> Decimal:
        """Quote amount it costs or brings, before commission."""
        return sum((level.price * level.quantity for level in self.levels), ZERO)


class Offers(ABC):
    """Both sides of a market. Taken liquidity stays taken until the market changes."""

    @abstractmethod
    def levels(self, taker: Side) -> Iterator[Level]:
        """What a `taker` of that side meets, best price first: a BUY meets asks, a SELL meets bids."""

    @abstractmethod
    def take(self, taker: Side, walk: Walk) -> None:
        """Remove what a walk matched."""

    def best(self, taker: Side) -> Level | None:
        """The first level a taker meets, or nothing on an empty side."""
        return next(self.levels(taker), None)

    def walk(self, taker: Side, quantity: Decimal, *, limit: Decimal = ZERO, cap: Decimal | None = None) -> Walk:
        """Match a base quantity level by level, not beyond the `limit` price (0: none) nor more than `cap` base."""
        wanted = quantity if cap is None else min(quantity, cap)
        found: list[Level] = []
        for level in self.levels(taker):
            beyond = level.price > limit if taker is Side.BUY else level.price < limit
            if wanted <= 0 or (limit > 0 and beyond):
                break
            found.append(Level(level.price, min(level.quantity, wanted)))
            wanted -= found[-1].quantity
        walk = Walk(tuple(found), dry=False)
        return Walk(walk.levels, dry=walk.quantity < quantity)

    def spend(self, taker: Side, amount: Decimal, lot: Decimal, *, cap: Decimal | None = None) -> Walk:
        """Match a quote amount, in whole lots, never beyond the amount."""
        found: list[Level] = []
        room = cap
        for level in self.levels(taker):
            affordable = (amount / level.price / lot).to_integral_value(ROUND_DOWN) * lot
            offered = level.quantity if room is None else min(level.quantity, room)
            quantity = min(affordable, offered)
            if quantity > 0:
                found.append(Level(level.price, quantity))
                amount -= level.price * quantity
                room = None if room is None else room - quantity
            if affordable <= offered:
                return Walk(tuple(found), dry=False)
        return Walk(tuple(found), dry=True)


class Book(Offers):
    """Enough depth around one price to make large orders pay for it; the next price brings a new book."""

    def __init__(self, price: Decimal, depth: Depth, tick: Decimal) -> None:
        self._price, self._depth, self._tick = price, depth, tick
        self._taken = {Side.BUY: ZERO, Side.SELL: ZERO}

    def levels(self, taker: Side) -> Iterator[Level]:
        """Levels of one size, a gap apart; the first ones are used up first."""
        half, sign, rounding = self._depth.spread / 2, 1, ROUND_CEILING
        if taker is Side.SELL:
            sign, rounding = -1, ROUND_FLOOR
        taken = self._taken[taker]
        for number in range(self._depth.levels):
            raw = self._price + sign * (half + number * self._depth.gap)
            price = (raw / self._tick).to_integral_value(rounding) * self._tick
            if price <= 0:
                return
            left = max(self._depth.size - taken, ZERO)
            taken = max(taken - self._depth.size, ZERO)
            if left > 0:
                yield Level(price, left)

    def take(self, taker: Side, walk: Walk) -> None:
        """Remove what a walk matched."""
        self._taken[taker] += walk.quantity
