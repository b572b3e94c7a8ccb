"""A seeded price history: five-minute candles of a random walk that trends, turns and rests."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

INTERVAL_MS = 300_000
_POINTS_BETWEEN = 3
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Candle:
    """Five minutes of trading. `open_time` in epoch milliseconds; `volume` in the base asset."""

    open_time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def close_time(self) -> int:
        """The last millisecond of the candle."""
        return self.open_time + INTERVAL_MS - 1

    def path(self, tick: Decimal = Decimal("0.01")) -> Iterator[Decimal]:
        """A plausible way through the candle: a rising one visits its low first, a falling one its high.

        The corners are the candle's own prices, with a few points in between, so that stops trigger inside it.
        """
        first, second = (self.low, self.high) if self.close >= self.open else (self.high, self.low)
        corners = [self.open, first, second, self.close]
        yield self.open
        for start, end in pairwise(corners):
            for step in range(1, _POINTS_BETWEEN + 1):
                yield (start + (end - start) * step / _POINTS_BETWEEN).quantize(tick)


@dataclass(frozen=True, slots=True)
class Regime:
    """A mood of the market: `drift` and `volatility` are fractions of the price per candle, `length` in candles."""

    drift: float
    volatility: float
    length: int


TIDES = (
    Regime(drift=0.0008, volatility=0.0018, length=48),
    Regime(drift=-0.0008, volatility=0.0020, length=40),
    Regime(drift=0.0, volatility=0.0008, length=24),
    Regime(drift=0.0014, volatility=0.0030, length=24),
    Regime(drift=-0.0015, volatility=0.0034, length=22),
)
"""Trends of both directions, long enough for moving averages to cross and short enough to be proven wrong."""


class RandomWalk:
    """An endless iterator of candles; the same seed gives the same history on every machine."""

    def __init__(
        self,
        seed: int,
        *,
        price: Decimal = Decimal(64000),
        start: int = 1_767_225_600_000,
        regimes: Sequence[Regime] = TIDES,
        tick: Decimal = Decimal("0.01"),
        lot: Decimal = Decimal("0.00001"),
    ) -> None:
        """`start` is the first candle's open time in epoch milliseconds; `price` where it opens."""
        self._random = random.Random(seed)  # noqa: S311 - a price history is no secret
        self._price, self._time = price, start - start % INTERVAL_MS
        self._regimes, self._tick, self._lot = regimes, tick, lot
        self._regime, self._left = regimes[0], 0

    def __iter__(self) -> Iterator[Candle]:
        """Itself."""
        return self

    def __next__(self) -> Candle:
        """The next candle; it opens where the last one closed."""
        if self._left == 0:
            self._regime = self._random.choice(self._regimes)
            self._left = max(1, round(self._regime.length * self._random.uniform(0.5, 1.5)))
        self._left -= 1
        prices = [self._price]
        for _ in range(_STEPS):
            prices.append(self._step(prices[-1]))
        candle = Candle(
            open_time=self._time,
            open=prices[0],
            high=max(prices),
            low=min(prices),
            close=prices[-1],
            volume=Decimal(self._random.uniform(5, 60)).quantize(self._lot),
        )
        self._price, self._time = candle.close, self._time + INTERVAL_MS
        return candle

    def history(self, count: int) -> list[Candle]:
        """The next candles at once, to warm up indicators."""
        return [next(self) for _ in range(count)]

    def _step(self, price: Decimal) -> Decimal:
        change = self._random.gauss(self._regime.drift / _STEPS, self._regime.volatility / _STEPS**0.5)
        return max((price * (1 + Decimal(change))).quantize(self._tick), self._tick)


async def play(
    candles: Iterable[Candle], move: Callable[[Decimal], None], *, per_second: float
) -> AsyncIterator[Candle]:
    """Move a market along candles at a pace, and yield each candle when it has closed.

    A consumer that awaits between candles slows the feed down, it does not lose prices.
    """
    for candle in candles:
        points = list(candle.path())
        for point in points:
            move(point)
            await asyncio.sleep(1 / (per_second * len(points)))
        yield candle
