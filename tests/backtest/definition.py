"""The strategy as the Pine manual defines it, over whole lists and without state: slow, and easy to read."""

from __future__ import annotations

from itertools import pairwise

Series = list[float | None]


def smooth(values: Series, length: int, weight: float, *, seeded: bool = True) -> Series:
    """ta.ema and ta.rma: a plain average of the first `length` values, then a step of `weight` towards each."""
    out: Series = []
    for i, value in enumerate(values):
        known = [v for v in values[: i + 1] if v is not None]
        before = out[-1] if out else None
        if value is None or len(known) < (length if seeded else 1):
            out.append(None)
        elif before is None:
            out.append(sum(known) / len(known))
        else:
            out.append(weight * value + (1 - weight) * before)
    return out


def reference(closes: list[float], *, seeded: bool = True) -> list[tuple[int, str]]:
    """EMA 9/21 and RSI 14: (candle, side) of every signal."""
    fast = smooth([*closes], 9, 2 / 10, seeded=seeded)
    slow = smooth([*closes], 21, 2 / 22, seeded=seeded)
    changes = [None, *(b - a for a, b in pairwise(closes))]
    up = smooth([None if c is None else max(c, 0.0) for c in changes], 14, 1 / 14)
    down = smooth([None if c is None else max(-c, 0.0) for c in changes], 14, 1 / 14)
    said: list[tuple[int, str]] = []
    for i in range(1, len(closes)):
        f0, s0, f1, s1, u, d = fast[i - 1], slow[i - 1], fast[i], slow[i], up[i], down[i]
        if f0 is None or s0 is None or f1 is None or s1 is None or u is None or d is None:
            continue
        rsi = 100.0 if d == 0 else 100 - 100 / (1 + u / d)
        if f1 > s1 and not f0 > s0 and rsi > 50:
            said.append((i, "BUY"))
        if f1 < s1 and not f0 < s0 and rsi < 50:
            said.append((i, "SELL"))
    return said
