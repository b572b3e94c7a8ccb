"""How long a position stood without its stop, judged from the exchange's own log and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from adapters.simulator.orders import ZERO, Event


@dataclass(frozen=True, slots=True)
class Naked:
    """Seconds in which a position was unprotected: all of them, and the longest stretch."""

    total: float
    longest: float


def naked_seconds(
    events: Iterable[Event], *, now: int, min_notional: Decimal = Decimal(5), baseline: Decimal = ZERO
) -> Naked:
    """Measure unprotected time up to `now` (epoch ms).

    The account is naked while the base it holds, less `baseline` (coins that were never the bot's) and less what
    waiting stops would sell, is worth at least `min_notional` at the price of the last event: smaller rests are dust
    that no order could protect. A stop-limit that triggered and rests unfilled protects nothing.
    """
    total = longest = stretch = 0
    since: int | None = None
    for event in events:
        if since is not None:
            stretch += event.time - since
            longest = max(longest, stretch)
            total += event.time - since
        bare = (event.held - baseline - event.covered) * event.price >= min_notional
        since, stretch = (event.time, stretch) if bare else (None, 0)
    if since is not None:
        total += now - since
        longest = max(longest, stretch + now - since)
    return Naked(total / 1000, longest / 1000)
