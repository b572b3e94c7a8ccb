"""The reference strategy: EMA 9/21 cross with an RSI 14 filter, on closed candles, as Pine computes it.

An average starts as the plain average of its first closes, `ta.rsi` smooths with Wilder's (`ta.rma`), and a cross is
"now above, and not above before" (Pine Script reference manual: ta.ema, ta.rsi, ta.rma, ta.crossover). A candle that is
missing is not there for Pine either: the averages go on with the next one. Why no library: docs/decisions/0004.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct


class Lengths(Struct, frozen=True):
    """In candles: the two averages, and the strength index that filters their crosses."""

    fast: int = 9
    slow: int = 21
    rsi: int = 14

    def __str__(self) -> str:
        return f"{self.fast}/{self.slow}"


USUAL = Lengths()


@dataclass(slots=True)
class Smoothed:
    """A running average that starts as the plain average of its first `length` values; None until then."""

    length: int
    weight: float
    value: float | None = None
    _seed: list[float] = field(default_factory=list)

    def add(self, x: float) -> float | None:
        if self.value is not None:
            self.value += self.weight * (x - self.value)
            return self.value
        self._seed.append(x)
        if len(self._seed) == self.length:
            self.value = sum(self._seed) / self.length
        return self.value


def ema(length: int) -> Smoothed:
    return Smoothed(length, 2 / (length + 1))


def rma(length: int) -> Smoothed:
    return Smoothed(length, 1 / length)


class Rsi:
    """Wilder's relative strength index, 0 to 100; None until `length` changes were seen. Without losses it is 100."""

    def __init__(self, length: int) -> None:
        self.gain, self.loss = rma(length), rma(length)
        self._last: float | None = None

    def add(self, price: float) -> float | None:
        last, self._last = self._last, price
        if last is None:
            return None
        up, down = self.gain.add(max(price - last, 0.0)), self.loss.add(max(last - price, 0.0))
        if up is None or down is None:
            return None
        return 100.0 if down == 0 else 100 - 100 / (1 + up / down)


class EmaCross:
    """Feed it closes, oldest first; it says BUY, SELL or nothing for each."""

    def __init__(self, lengths: Lengths = USUAL) -> None:
        self.fast, self.slow, self.rsi = ema(lengths.fast), ema(lengths.slow), Rsi(lengths.rsi)
        self._spread: float | None = None  # fast - slow, one candle ago

    def close(self, price: float) -> str | None:
        rsi, before, spread = self.rsi.add(price), self._spread, self._cross(price)
        if before is None or spread is None or rsi is None:
            return None
        if spread > 0 >= before and rsi > 50:
            return "BUY"
        if spread < 0 <= before and rsi < 50:
            return "SELL"
        return None

    def _cross(self, price: float) -> float | None:
        fast, slow = self.fast.add(price), self.slow.add(price)
        self._spread = fast - slow if fast is not None and slow is not None else None
        return self._spread
