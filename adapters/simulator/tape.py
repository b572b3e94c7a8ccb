"""The public trades of a market: what aggTrades, Trades and OHLC are made of. It forgets when the venue restarts."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from adapters.simulator.orders import ZERO

_LENGTH = 50_000


@dataclass(frozen=True, slots=True)
class Print:
    """One public trade. `time` is in epoch nanoseconds and unique; it grows even when the venue restarts."""

    id: int
    time: int
    price: Decimal
    volume: Decimal
    upwards: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The trades of one interval; `time` in epoch seconds."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    volume: Decimal
    count: int


class Tape:
    """Trades in the order of their time."""

    def __init__(self, length: int = _LENGTH) -> None:
        """Nothing traded yet; the last `length` trades will be remembered."""
        self._prints: deque[Print] = deque(maxlen=length)
        self._count = 0

    def print(self, price: Decimal, volume: Decimal, now: int) -> None:
        """Add a trade that happened at `now` (epoch ms)."""
        last = self._prints[-1] if self._prints else None
        time = max(now * 1_000_000, last.time + 1 if last else 0)
        self._count += 1
        self._prints.append(Print(self._count, time, price, volume, last is None or price >= last.price))

    def since(self, time: int, count: int) -> list[Print]:
        """The first trades after a time in nanoseconds."""
        return [item for item in self._prints if item.time > time][:count]

    def newest(self, count: int) -> list[Print]:
        """The last trades."""
        return list(self._prints)[-count:]

    def bars(self, seconds: int) -> Iterator[Bar]:
        """Intervals in which something traded, oldest first; the last one is still growing."""
        for time, group in groupby(self._prints, lambda item: item.time // 1_000_000_000 // seconds * seconds):
            items = list(group)
            prices, volume = [item.price for item in items], sum((item.volume for item in items), ZERO)
            vwap = sum((item.price * item.volume for item in items), ZERO) / volume
            yield Bar(time, prices[0], max(prices), min(prices), prices[-1], vwap, volume, len(items))
