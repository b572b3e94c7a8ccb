"""Binance's orders and trades in the core's words.

Law: a fill is only reported together with its fees. The core keeps the money of the largest fill it has seen, so a
fill that came first without its fees would keep them out of the books for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fsm.ledger import TRIGGERED, ZERO, Report, Status

from .base import Fill, Side, Unresolved
from .rules import plain

log = logging.getLogger(__name__)

SLIPPAGE = "slippage"  # the market had moved further than an entry may cost

# Binance's page "Enums", order status. PENDING_CANCEL is not used by the venue; an unknown word is not guessed at.
STATUS = {
    "NEW": Status.OPEN,
    "PENDING_NEW": Status.OPEN,
    "PARTIALLY_FILLED": Status.OPEN,
    "PENDING_CANCEL": Status.OPEN,
    "FILLED": Status.FILLED,
    "CANCELED": Status.CANCELED,
    "EXPIRED": Status.CANCELED,
    "EXPIRED_IN_MATCH": Status.CANCELED,
    "REJECTED": Status.REJECTED,
}


def status(order: Mapping[str, Any]) -> Status:
    """Raises `Unresolved` for a word that is not on the list.

    An order whose turn came after another's is refused by expiring (expiry reason REJECTED, user-data-stream.md).
    """
    found = STATUS.get(str(order.get("status")))
    if found is None:
        raise Unresolved("an order status that is not known")
    return Status.REJECTED if found is Status.CANCELED and order.get("expiryReason") == "REJECTED" else found


def awaits_its_turn(order: Mapping[str, Any]) -> bool:
    """Not in the market before another order of its list is filled; nobody is protected by it (enums.md)."""
    return order.get("status") == "PENDING_NEW"


def is_open(order: Mapping[str, Any]) -> bool:
    return status(order) is Status.OPEN


def executed(order: Mapping[str, Any]) -> Decimal:
    return Decimal(order["executedQty"])


def fills_of(order: Mapping[str, Any]) -> tuple[Fill, ...]:
    """The fills in the answer to a new order (newOrderRespType FULL)."""
    side, at = Side(order["side"]), int(order.get("transactTime", 0)) / 1000
    return tuple(
        Fill(
            order_id=str(order["orderId"]),
            side=side,
            qty=Decimal(row["qty"]),
            cost=Decimal(row["price"]) * Decimal(row["qty"]),
            fee=Decimal(row["commission"]),
            fee_asset=row["commissionAsset"],
            at=at,
        )
        for row in order.get("fills") or ()
    )


def fill(row: Mapping[str, Any]) -> Fill:
    """A row of myTrades."""
    return Fill(
        order_id=str(row["orderId"]),
        side=Side.BUY if row["isBuyer"] else Side.SELL,
        qty=Decimal(row["qty"]),
        cost=Decimal(row["quoteQty"]),
        fee=Decimal(row["commission"]),
        fee_asset=row["commissionAsset"],
        at=int(row["time"]) / 1000,
    )


def report(orders: Sequence[Mapping[str, Any]], fills: Iterable[Fill], base: str, quote: str) -> Report:
    """One report on an order, or on the legs of a list, of which only one trades.

    `fills` must cover what the orders say was executed. Open while any leg is; filled when the quantity is.
    """
    fills = tuple(fills)
    filled = sum((f.qty for f in fills), ZERO)
    words = [status(order) for order in orders]
    if 0 < min(Decimal(order.get("origQty", 0)) for order in orders) <= filled:
        word = Status.FILLED
    elif Status.OPEN in words:
        word = Status.OPEN
    else:
        word = Status.REJECTED if filled == 0 and set(words) == {Status.REJECTED} else Status.CANCELED
    for f in fills:
        if f.fee and f.fee_asset not in (base, quote):
            log.warning("a fee of %s %s was paid outside the pair and is in no book", f.fee, f.fee_asset)
    return Report(
        status=word,
        filled=filled,
        cost=sum((f.cost for f in fills), ZERO),
        fee_base=sum((f.fee for f in fills if f.fee_asset == base), ZERO),
        fee_quote=sum((f.fee for f in fills if f.fee_asset == quote), ZERO),
        reason=slipped(orders[0]) if word is Status.CANCELED and filled == 0 else _resting(orders),
    )


def _resting(orders: Iterable[Mapping[str, Any]]) -> str:
    """Whether one is a stop-limit whose price was reached, and that was not filled (rest-api.md, `isWorking`)."""
    limits = (order for order in orders if order.get("type") == "STOP_LOSS_LIMIT" and order.get("isWorking") is True)
    return TRIGGERED if any(map(is_open, limits)) else ""


def slipped(order: Mapping[str, Any]) -> str:
    """Why an order to be filled at once and whole ended without anything; empty for other orders."""
    dearest = plain(Decimal(order.get("price", 0)))
    return f"{SLIPPAGE}: not all to be had at {dearest}" if order.get("timeInForce") == "FOK" else ""


def estimated(order: Mapping[str, Any], known: Sequence[Fill], rate: Decimal, base: str, quote: str) -> Fill:
    """What the trade list still hides of an order, with a fee at the account's rate."""
    qty = executed(order) - sum((f.qty for f in known), ZERO)
    cost = Decimal(order["cummulativeQuoteQty"]) - sum((f.cost for f in known), ZERO)
    side = Side(order["side"])
    paid, asset = (qty, base) if side is Side.BUY else (cost, quote)
    return Fill(str(order["orderId"]), side, qty, cost, paid * rate, asset, int(order.get("updateTime", 0)) / 1000)
