"""The nouns of a spot market: what is asked, what rests, what traded, what happened.

Quantities are in the base asset, amounts in the quote asset, times in epoch milliseconds (UTC).
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)
NOT_WORKING = -1
UNNAMED = "sim"  # how the client id of an order begins whose trader gave it none; 19 digits follow


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


class FeeIn(StrEnum):
    """The asset a commission is taken from."""

    RECEIVED = "received"
    BASE = "base"
    QUOTE = "quote"


class Status(StrEnum):
    """Where an order is in its life. A refused order never becomes one, so there is no REJECTED.

    PENDING_NEW waits for the order that pays for it, and is not in the market before that one is filled.
    """

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a trader asks for. A market order names either `quantity` or `quote_quantity`.

    With `close_stop` or `close_price` every fill creates a secondary order of its size on the other side: a stop at
    `close_stop`, a limit order at `close_price`, a stop-limit with both. `fee_in` None leaves it to the venue's
    habit. `words` belong to the protocol: the market keeps them and reads none.
    """

    side: Side
    type: OrderType
    quantity: Decimal = ZERO
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    stop_price: Decimal = ZERO
    time_in_force: TimeInForce = TimeInForce.GTC
    client_id: str = ""
    close_stop: Decimal = ZERO
    close_price: Decimal = ZERO
    fee_in: FeeIn | None = None
    words: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Order:
    """An accepted order. `working` is the time it reached the book, `NOT_WORKING` for a stop that still waits.

    `parent` is the order whose fill created or pays this one, 0 for none; `reason` tells why it ended without being
    filled.
    """

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
    close_stop: Decimal = ZERO
    close_price: Decimal = ZERO
    fee_in: FeeIn = FeeIn.RECEIVED
    parent: int = 0
    reason: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Still able to trade, now or later."""
        return self.status in (Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED)

    @property
    def pending(self) -> bool:
        """Waiting to be paid for by its parent; until then its quantity is what the parent has received so far."""
        return self.status is Status.PENDING_NEW

    @property
    def remaining(self) -> Decimal:
        """Base quantity not traded yet."""
        return self.quantity - self.executed

    @property
    def waiting(self) -> bool:
        """An open stop whose trigger has not been touched: the only thing that protects a position."""
        return self.open and not self.pending and self.type in STOPS and self.working == NOT_WORKING

    def secondary(self, quantity: Decimal) -> OrderRequest:
        """The order which a fill of that size asks for."""
        kind = OrderType.STOP_LOSS if self.close_stop else OrderType.LIMIT
        return OrderRequest(
            side=Side.SELL if self.side is Side.BUY else Side.BUY,
            type=OrderType.STOP_LOSS_LIMIT if self.close_stop and self.close_price else kind,
            quantity=quantity,
            price=self.close_price,
            stop_price=self.close_stop,
        )


@dataclass(slots=True, kw_only=True)
class OrderList:
    """Orders that belong together: an OCO, of which at most one trades, or a BUY and the SELL it pays for (OPO)."""

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
