"""What we have asked of the exchange, and what it has admitted.

Law: facts arrive late, twice and out of order, so merging one is monotone: status climbs, fills only grow.
Law: a cancel is final only when an answer to our own question says so; a fill can beat its acknowledgement.
Law: absence is a belief, existence is a fact: an order seen after all outranks the proof that it was absent.
Position and cash flow are derived from the orders, never stored.
"""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum

from msgspec import Struct
from msgspec.structs import replace

ZERO = Decimal(0)
NEVER = -1e9  # a moment before every other

ARRIVAL = 10.0  # seconds after an order's expiry in which the venue may still be working on it
VANISHED = 5  # answers in a row that an order, seen before, is unknown
GRACE = 5.0  # seconds a venue may take to show the stops it attached to an entry

TRIGGERED = "triggered"  # a stop-limit is in the book by now, and rests there: the market has jumped over its limit
WOULD_TRIGGER = "would_trigger"  # why a venue refuses a stop whose price the market has already passed


def moved(moment: float, by: float) -> float:
    """What has not happened yet is not moved."""
    return moment if moment <= 0.0 else moment + by


class Purpose(StrEnum):
    ENTRY = "entry"
    STOP = "stop"
    EXIT = "exit"


class Status(IntEnum):
    """Ordered: merging takes the higher one."""

    PLANNED = 0  # journaled, perhaps sent; the exchange has not spoken
    ABSENT = 1  # proven never to have arrived
    OPEN = 2
    REJECTED = 3
    CANCELED = 4  # also: expired
    FILLED = 5


class Report(Struct, frozen=True, omit_defaults=True):
    """What the exchange says of one order. Totals, so that the largest fill carries the newest money."""

    status: Status
    filled: Decimal = ZERO  # base
    cost: Decimal = ZERO  # cumulative quote amount: an average price would lose cents
    fee_base: Decimal = ZERO
    fee_quote: Decimal = ZERO
    asked_at: float | None = None  # when we asked, if this answers our own question
    reason: str = ""  # why it was refused, or TRIGGERED


class Order(Struct, frozen=True, omit_defaults=True):
    """One order of ours. A protective list (OCO) is one order: either leg's fill counts."""

    cid: str
    purpose: Purpose
    qty: Decimal
    at: float
    expires: float  # the venue itself refuses it after this
    trigger: Decimal | None = None
    parent: str = ""  # the entry that made the venue create this stop
    attached: bool = False  # an entry whose stops the venue places itself
    status: Status = Status.PLANNED
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fee_base: Decimal = ZERO
    fee_quote: Decimal = ZERO
    reason: str = ""
    checked: float = 0.0  # when we last sent, asked or cancelled
    asked_at: float = 0.0
    doubts: int = 0  # questions without an answer
    misses: int = 0  # times the venue said it does not know this order
    missed_at: float = NEVER  # the question whose "not found" was the first proof of absence; once seen, the latest
    cancel_asked: bool = False
    final: bool = False  # nothing can change what this order did
    since: float = 0.0  # of `final`
    complete: bool = False  # its attached stops have all been shown, or are proven missing

    @property
    def remaining(self) -> Decimal:
        return ZERO if self.final else self.qty - self.filled

    @property
    def net(self) -> Decimal:
        """What it did to our coins, after fees."""
        return (self.filled if self.purpose is Purpose.ENTRY else -self.filled) - self.fee_base

    @property
    def flow(self) -> Decimal:
        """What it did to our cash, after fees."""
        return (-self.cost if self.purpose is Purpose.ENTRY else self.cost) - self.fee_quote

    @property
    def failed(self) -> bool:
        """It came to nothing: refused, or, where nobody bids, ended by the venue itself (Binance: EXPIRED)."""
        unsold = self.purpose is Purpose.EXIT and self.status is Status.CANCELED and not self.filled
        return self.status is Status.REJECTED or (unsold and not self.cancel_asked)

    def set_clock(self, by: float) -> Order:
        moments = ("at", "expires", "checked", "asked_at", "missed_at", "since")
        return replace(self, **{name: moved(getattr(self, name), by) for name in moments})

    def merge(self, r: Report, now: float) -> Order:
        """Let one report in. Repeated, late and reordered reports leave the same order behind."""
        own, asked_at = r.asked_at is not None, r.asked_at or 0.0
        decided = r.status in (Status.REJECTED, Status.FILLED) or (own and r.status is Status.CANCELED)
        final = (self.final and self.status is not Status.ABSENT) or decided
        news = r if r.filled > self.filled else self
        heard = own and asked_at >= self.asked_at
        found = own or r.status is not Status.CANCELED  # hearsay of its end does not say that it can still be found
        cancelled_unasked = r.status is Status.CANCELED and self.status < r.status and not own
        return replace(
            self,
            status=max(self.status, r.status),
            filled=news.filled,
            cost=news.cost,
            fee_base=news.fee_base,
            fee_quote=news.fee_quote,
            reason=r.reason or self.reason,
            final=final,
            since=now if final and not self.final else self.since,
            doubts=0 if final or heard else max(self.doubts, int(r.status is Status.CANCELED)),
            misses=0 if found else self.misses,
            missed_at=NEVER if found else self.missed_at,
            checked=NEVER if cancelled_unasked else self.checked,
            cancel_asked=self.cancel_asked and not (own and r.status is Status.OPEN),
            complete=self.complete or (own and self.final and asked_at > self.since + GRACE),
        )

    def absent(self, asked_at: float, now: float) -> Order:
        """The venue does not know it: proof only if we asked, twice, after the order could no longer arrive.

        One that was seen before, is no longer young and is unknown again and again has vanished: it counts as
        cancelled, and if it did fill meanwhile, the next audit misses the coins.
        """
        if self.status is not Status.PLANNED:
            if asked_at <= self.missed_at:
                return self  # the same question, answered twice
            gone = replace(self, doubts=max(self.doubts, 1), misses=self.misses + 1, missed_at=asked_at)
            if self.final or gone.misses < VANISHED or asked_at <= self.expires + ARRIVAL:
                return gone
            return replace(gone, status=max(self.status, Status.CANCELED), final=True, since=now, doubts=0)
        missed = replace(self, misses=self.misses + 1, doubts=max(self.doubts, 1))
        if asked_at <= self.expires + ARRIVAL or asked_at <= self.missed_at:
            return missed
        if self.missed_at == NEVER:
            return replace(missed, missed_at=asked_at)
        return replace(missed, status=Status.ABSENT, final=True, since=now, doubts=0)


class Ledger(Struct, frozen=True, omit_defaults=True):
    """The orders of one trade, oldest first."""

    orders: tuple[Order, ...] = ()
    changed: int = 0  # the step that last changed coins or cash

    def get(self, cid: str) -> Order | None:
        return next((o for o in self.orders if o.cid == cid), None)

    def set_clock(self, by: float) -> Ledger:
        return Ledger(tuple(o.set_clock(by) for o in self.orders), self.changed)

    def put(self, order: Order, seq: int) -> Ledger:
        old = self.get(order.cid)
        moved = (old.net, old.flow) != (order.net, order.flow) if old else order.filled > 0
        orders = (*self.orders, order) if old is None else tuple(order if o is old else o for o in self.orders)
        return Ledger(orders, seq if moved else self.changed)

    def live(self, purpose: Purpose | None = None) -> tuple[Order, ...]:
        return tuple(o for o in self.orders if not o.final and purpose in (None, o.purpose))

    def filled(self, purpose: Purpose) -> tuple[Order, ...]:
        return tuple(o for o in self.orders if o.purpose is purpose and o.filled > 0)

    def childless(self, lot: Decimal) -> tuple[Order, ...]:
        """Entries whose attached stops have not all been shown to us, nor proven missing. No stop can be asked for
        what the fee took, nor for the rest of a lot."""
        mine = (o for o in self.orders if o.attached and not o.complete)
        return tuple(o for o in mine if o.net - self._promised(o.cid) >= lot)

    def _promised(self, cid: str) -> Decimal:
        return sum((o.qty for o in self.orders if o.parent == cid), ZERO)

    def refused(self, purpose: Purpose) -> tuple[Order, ...]:
        """The latest decided orders of this kind, as far back as all that arrived came to nothing."""
        mine = [o for o in self.orders if o.purpose is purpose and o.final and o.status is not Status.ABSENT]
        kept = next((i for i, o in enumerate(reversed(mine)) if not o.failed), len(mine))
        return tuple(mine[len(mine) - kept :])

    @property
    def position(self) -> Decimal:
        return sum((o.net for o in self.orders), ZERO)

    @property
    def flow(self) -> Decimal:
        return sum((o.flow for o in self.orders), ZERO)

    @property
    def entry_price(self) -> Decimal | None:
        """The real average price paid, fees aside."""
        entries = self.filled(Purpose.ENTRY)
        return average(entries) if entries else None


def average(orders: tuple[Order, ...]) -> Decimal:
    """Average price of filled orders: cumulative quote over cumulative base."""
    return sum((o.cost for o in orders), ZERO) / sum((o.filled for o in orders), ZERO)
