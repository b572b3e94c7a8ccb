"""Kraken's two counters: calls by API key, and orders by pair. Both grow with use and melt with time.

Pages "REST Rate Limits" (guides/rest/ratelimits) and "Spot Trading Limits" (guides/general/ratelimits).
"""

import math
from dataclasses import dataclass, field
from typing import Final

from adapters.simulator.kraken_errors import KrakenError

_CANCELS: Final = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
_AMENDS: Final = ((5, 3), (10, 2), (15, 1))


@dataclass(frozen=True, slots=True)
class Tier:
    """What a verification level allows. Decays are per second."""

    calls: float
    calls_decay: float
    orders: float
    orders_decay: float
    open_orders: int


STARTER = Tier(15, 0.33, 60, 1, 60)
INTERMEDIATE = Tier(20, 0.5, 125, 2.34, 80)
PRO = Tier(20, 1, 180, 3.75, 225)
BOUNDLESS = Tier(math.inf, 1, math.inf, 1, 10**9)
"""No real account has it: for tests and demonstrations in which time runs faster."""


@dataclass(slots=True)
class _Counter:
    level: float = 0
    updated: int = 0

    def melt(self, decay: float, now: int) -> None:
        self.level = max(0.0, self.level - decay * max(0, now - self.updated) / 1000)
        self.updated = now


@dataclass(slots=True)
class KrakenLimits:
    """Both counters of the one key and the one pair. Times are epoch milliseconds.

    A cancel is counted but never refused: no page tells whether a full counter stops cancels.
    """

    tier: Tier = INTERMEDIATE
    _calls: _Counter = field(default_factory=_Counter)
    _orders: _Counter = field(default_factory=_Counter)

    def call(self, cost: int, now: int) -> None:
        """Count a call. Raises `EAPI:Rate limit exceeded` for one that does not fit."""
        self._calls.melt(self.tier.calls_decay, now)
        if cost and self._calls.level + cost > self.tier.calls:
            raise KrakenError("EAPI:Rate limit exceeded")
        self._calls.level += cost

    def add(self, now: int) -> None:
        """Count a new order on receipt, valid or not. Raises `EOrder:Rate limit exceeded`."""
        self._engine(1, now)
        if self._orders.level > self.tier.orders:
            raise KrakenError("EOrder:Rate limit exceeded")

    def amend(self, age_ms: int, now: int) -> None:
        """Count an amended order; the younger it is the more."""
        self._engine(_penalty(_AMENDS, age_ms), now)
        self.add(now)

    def cancel(self, age_ms: int, now: int) -> None:
        """Count a cancelled order; the younger it is the more."""
        self._engine(_penalty(_CANCELS, age_ms), now)

    def check_room(self, open_orders: int) -> None:
        """Raise `EOrder:Orders limit exceeded` when no further order may rest on the pair."""
        if open_orders >= self.tier.open_orders:
            raise KrakenError("EOrder:Orders limit exceeded")

    def _engine(self, cost: int, now: int) -> None:
        self._orders.melt(self.tier.orders_decay, now)
        self._orders.level += cost


def _penalty(table: tuple[tuple[int, int], ...], age_ms: int) -> int:
    return next((cost for seconds, cost in table if age_ms < seconds * 1000), 0)
