"""What the world tells us. An event is never refused: an inconvenient fact is still a fact."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from .ledger import ZERO, Report
from .limits import Limits


class Market(Struct, frozen=True, omit_defaults=True):
    """The venue's rules for our pair."""

    lot: Decimal = Decimal("0.01")  # base: quantities are multiples of it
    tick: Decimal = Decimal("0.01")  # quote: prices are multiples of it
    min_qty: Decimal = Decimal("0.01")
    min_notional: Decimal = Decimal(10)
    fee: Decimal = Decimal("0.001")  # taker, as a fraction
    attached: bool = False  # the venue places the stops of an entry itself: one for all of it, or one for each fill
    locks: bool = True  # an open sell order locks its coins, so a second one for them is refused


class Event(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    at: float  # seconds since the epoch, UTC
    began: float | None = None  # when the shell set out to get this answer; for the record, never decided on


class Booted(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A process took the bot up: who it is, and what it may do."""

    pair: str = ""
    limits: Limits = Limits()
    tag: str = "00000000"  # 8 hex digits: this bot, first part of every client order id
    epoch: int = 0  # rises when the database is restored from a copy
    version: str = ""  # of the program, so that one can tell by whose rules was decided
    testnet: bool = False  # the venue may begin anew, with other balances and without our orders
    despite: tuple[str, ...] = ()  # checks of the doctor that a person overruled, for the record


class Tick(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True): ...


class Marked(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    price: Decimal  # quote: what a unit could be sold for
    trading: bool = True  # False: the venue takes cancels only


class Assessed(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Everything the gates need, one snapshot."""

    signal_id: str  # the signal it was fetched for
    price: Decimal = ZERO  # quote: what a unit could be bought for
    spread: Decimal = ZERO  # quote
    cash: Decimal = ZERO  # free quote
    base: Decimal = ZERO  # total base, free and locked
    market: Market = Market()
    reachable: bool = True
    listed: bool = True
    trading: bool = True


class Child(Struct, frozen=True, omit_defaults=True):
    """A stop that the venue made for an entry of ours: the id is the venue's."""

    cid: str
    qty: Decimal
    report: Report


class OrderSeen(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One order and the stops it made, in one snapshot: "these are all its stops" is said in one breath or never."""

    cid: str
    report: Report
    children: tuple[Child, ...] = ()


class OrderUnresolved(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A request left and no definite answer came back. Never the same as a refusal."""

    cid: str
    why: str = ""


class OrderAbsent(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue answered that it does not know the order."""

    cid: str
    asked_at: float


class Audited(Event, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """What the account really holds, free and locked together, and every open order on our pair."""

    asked: int  # the step that asked
    base: Decimal
    cash: Decimal
    open: tuple[str, ...] = ()  # client order ids
    market: Market | None = None


AnyEvent = Booted | Tick | Marked | Assessed | OrderSeen | OrderUnresolved | OrderAbsent | Audited
