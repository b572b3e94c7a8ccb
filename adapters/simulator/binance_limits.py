"""Binance's request weight and order counting (rest-api.md, "LIMITS")."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.simulator.binance_errors import BinanceError

_MINUTE_MS = 60_000
_ORDER_WINDOW_MS = 10_000


@dataclass(slots=True, kw_only=True)
class Limits:
    """Counters over fixed windows: request weight a minute, new orders in ten seconds."""

    max_weight: int = 6000
    max_orders: int = 100
    weight: int = field(default=0, init=False)
    orders: int = field(default=0, init=False)
    _minute: int = field(default=0, init=False)
    _window: int = field(default=0, init=False)

    def spend(self, weight: int, now: int) -> None:
        """Count a request. Raises 429 with Retry-After (seconds) while the minute's weight is used up."""
        if now // _MINUTE_MS != self._minute:
            self._minute, self.weight = now // _MINUTE_MS, 0
        self.weight += weight
        if self.weight > self.max_weight:
            raise BinanceError(
                -1003,
                f"Too much request weight used; current limit is {self.max_weight} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API.",
                status=429,
                headers={"Retry-After": _seconds_left(now, _MINUTE_MS)},
            )

    def spend_orders(self, count: int, now: int) -> None:
        """Count new orders. Raises 429 with Retry-After (seconds) when there were too many."""
        if now // _ORDER_WINDOW_MS != self._window:
            self._window, self.orders = now // _ORDER_WINDOW_MS, 0
        self.orders += count
        if self.orders > self.max_orders:
            raise BinanceError(
                -1015,
                f"Too many new orders; current limit is {self.max_orders} orders per 10 SECOND.",
                status=429,
                headers={"Retry-After": _seconds_left(now, _ORDER_WINDOW_MS)},
            )

    def headers(self) -> Mapping[str, str]:
        """What every answer tells about the counters."""
        return {"X-MBX-USED-WEIGHT-1M": str(self.weight), "X-MBX-ORDER-COUNT-10S": str(self.orders)}


def _seconds_left(now: int, window: int) -> str:
    return str(max(1, (window - now % window) // 1000))
