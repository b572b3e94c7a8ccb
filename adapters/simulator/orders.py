"""The nouns of a spot market: what is asked, what rests, what traded, what happened.

Quantities are in the base asset, amounts in the quote asset, times in epoch milliseconds (UTC).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)
NOT_WORKING = -1


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """The order types this market knows. Stops exist for the SELL side only: a spot bot protects, it never shorts."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"


STOPS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})
PRICED = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT})


class TimeInForce(StrEnum):
    """How long a limit order may wait."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Status(StrEnum):
    """Where an order is in its life. A refused order never becomes one, so there is no REJECTED."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a trader asks for. A market order names either `quantity` or `quote_quantity`."""

    side: Side
    type: OrderType
    quantity: Decimal = ZERO
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    stop_price: Decimal = ZERO
    time_in_force: TimeInForce = TimeInForce.GTC
    client_id: str = ""


@dataclass(slots=True, kw_only=True)
class Order:
    """An accepted order. `working` is the time it reached the book, `NOT_WORKING` for a stop that still waits."""

    id: int
    client_id: str
    side: Side
    type: OrderType
    quantity: Decimal
    quote_quantity: Decimal
    price: Decimal
    stop_price: Decimal
    time_in_force: TimeInForce
    list_id: int
    created: int
    updated: int
    working: int
    status: Status = Status.NEW
    executed: Decimal = ZERO
    quote_executed: Decimal = ZERO

    @property
    def open(self) -> bool:
        """Still able to trade."""
        return self.status in (Status.NEW, Status.PARTIALLY_FILLED)

    @property
    def remaining(self) -> Decimal:
        """Base quantity not traded yet."""
        return self.quantity - self.executed

    @property
    def waiting(self) -> bool:
        """An open stop whose trigger has not been touched: the only thing that protects a position."""
        return self.open and self.type in STOPS and self.working == NOT_WORKING


@dataclass(slots=True, kw_only=True)
class OrderList:
    """An OCO: two orders over one quantity, of which at most one trades."""

    id: int
    client_id: str
    created: int
    updated: int
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade. The commission is already taken out of the balance of `commission_asset`."""

    id: int
    order_id: int
    list_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str
    maker: bool
    time: int

    @property
    def amount(self) -> Decimal:
        """Price times quantity, in the quote asset."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, with the exposure that it left behind.

    `held` is all base on the account, `covered` the part of it that waiting stops would sell, both at the end
    of the operation which caused the event.
    """

    time: int
    kind: str
    detail: dict[str, str] = field(default_factory=dict)
    held: Decimal
    covered: Decimal
    price: Decimal
