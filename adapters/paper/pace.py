"""How often the market is looked at, and how old a look may be."""

from __future__ import annotations

from msgspec import Struct


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds. Each look is two requests: the trades since the last one, then the book."""

    between: float = 1.0  # two looks
    stale: float = 10.0  # the age at which what was seen counts for nothing, and the venue for unreachable
    terms: float = 60.0  # two readings of the pair's rules and status
    patience: float = 4.0  # for one answer; less than the clients' own, so that an order learns of a dead feed in time
    page: float = 0.2  # between two pages of trades that were missed


PACES = {
    "binance": Pace(),  # 9 of the 6,000 request weight a minute, rest-api.md: depth of 100 levels 5, aggTrades 4
    "kraken": Pace(between=2.0, page=1.0),  # one public call a second (support article 206548367)
}
