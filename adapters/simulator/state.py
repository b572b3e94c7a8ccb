"""What a market remembers, how it refuses, and what a journal has to keep."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from adapters.simulator.orders import Event, Fill, Order, OrderList


class Phase(StrEnum):
    """What the venue lets happen. Outside TRADING nothing matches; only CANCEL_ONLY and TRADING accept cancels."""

    TRADING = "TRADING"
    CANCEL_ONLY = "CANCEL_ONLY"
    HALT = "HALT"
    BREAK = "BREAK"


class Refusal(StrEnum):
    """Why the matching core says no. A refusal changes nothing."""

    CLOSED = "market is closed"
    DUPLICATE = "client id is in use by an open order"
    FUNDS = "insufficient balance"
    TRIGGERS_NOW = "stop would trigger immediately"
    MATCHES_NOW = "maker order would take"
    PRICES_CROSSED = "list prices are not on their sides of the market"
    UNKNOWN = "no such open order"
    UNSUPPORTED = "only SELL stops exist here"


class Passed(StrEnum):
    """What becomes of a stop whose trigger the price has already passed when it is placed."""

    REFUSED = "refused"
    CANCELED = "canceled"
    TRIGGERED = "triggered"


class Fate(StrEnum):
    """What becomes of the secondary order that a fill should create."""

    CREATED = "created"
    CANCELED = "canceled"
    MISSING = "missing"


class RefusedError(Exception):
    """Raised by the market instead of doing what was asked."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(slots=True, kw_only=True)
class State:
    """Everything a market must know again after a restart. Orders and lists are in the order of their ids.

    `cursor` is what the source of an observed market calls the last trade that was seen; "" where none is observed.
    """

    price: Decimal
    totals: dict[str, Decimal]
    phase: Phase = Phase.TRADING
    cursor: str = ""
    orders: dict[int, Order] = field(default_factory=dict)
    lists: dict[int, OrderList] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)


@dataclass(slots=True)
class Changes:
    """What one operation touched."""

    orders: dict[int, Order] = field(default_factory=dict)
    lists: dict[int, OrderList] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    notes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    wiped: bool = False  # everything before was forgotten


class Journal(Protocol):
    """Keeps what happened."""

    def save(self, state: State, changes: Changes, events: list[Event]) -> None:
        """Remember one finished operation; it must be safe when this returns."""


class NullJournal:
    """Keeps nothing: for backtests."""

    def save(self, state: State, changes: Changes, events: list[Event]) -> None:
        """Forget it."""
