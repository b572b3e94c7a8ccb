"""Which gate, guard or breaker refused how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .result import RawSignal


def refusals(signals: Iterable[RawSignal]) -> list[tuple[str, str, int]]:
    """Side, reason and count, most frequent first. A reason's own figures (after the colon) are left out."""
    counted = Counter(
        (s.signal, reason.split(":")[0]) for s in signals if s.verdict == "refused" for reason in s.reasons
    )
    return [(side, reason, count) for (side, reason), count in counted.most_common()]
