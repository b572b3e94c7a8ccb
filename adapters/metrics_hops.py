"""How long signals take from hop to hop, and what their orders paid beside the alerts' prices, as histograms."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

from fsm.commands import Side

from .store import Hops, Reader

BATCH = 200  # rows read at a time
KEPT = 64  # signals whose counted hops are remembered; those on their way are the latest two
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds
PERCENT = (-0.5, -0.1, -0.05, -0.01, 0, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
HOPS = tuple(
    f"{start}_to_{end}"
    for start, end in (
        ("fired", "received"),
        ("received", "journaled"),
        ("journaled", "assessed"),
        ("journaled", "sent"),
        ("sent", "acknowledged"),
        ("acknowledged", "filled"),
        ("acknowledged", "protected"),
        ("received", "filled"),
        ("received", "protected"),
    )
)


class HopMetrics:
    """Counts every hop once, from the journal's row `after` on."""

    def __init__(self, registry: CollectorRegistry, after: int) -> None:
        self.read = after
        self._counted: dict[int, dict[str, float]] = {}
        self._seconds = Histogram(
            "auto_trader_hop_seconds",
            "From one hop of a signal to another.",
            ["hop", "side"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._slippage = Histogram(
            "auto_trader_slippage_percent",
            "What an order paid beside its alert's price; worse is positive.",
            ["side"],
            buckets=PERCENT,
            registry=registry,
        )
        for hop in HOPS:
            self._seconds.labels(hop, Side.BUY.value)  # so that there is a zero to count from

    def follow(self, reader: Reader) -> None:
        while rows := reader.hops(after=self.read, limit=BATCH):
            for row in rows:
                self.read = row.touched
                self._count(row)

    def _count(self, row: Hops) -> None:
        known, counted = known_hops(row), self._counted.get(row.seq, {})
        for hop in known.keys() - counted.keys():
            self._seconds.labels(hop, row.side.value).observe(known[hop])
        slipped = row.slippage_pct
        if slipped is not None and "received_to_filled" not in counted:
            self._slippage.labels(row.side.value).observe(float(slipped))
        self._counted[row.seq] = known
        if len(self._counted) > KEPT:
            del self._counted[next(iter(self._counted))]


def known_hops(row: Hops) -> dict[str, float]:
    """Seconds of each hop that both of its ends are known of. Two clocks may differ: none is negative."""
    found = {}
    for hop in HOPS:
        start, end = (getattr(row, name) for name in hop.split("_to_"))
        if start is not None and end is not None:
            found[hop] = max(0.0, end - start)
    return found
