"""Kraken's orders and trades in the core's words.

Rows: https://docs.kraken.com/api/docs/rest-api/get-open-orders and neighbours. Numbers are strings, times are epoch
seconds; `fee` and `cost` are totals in quote, so a row carries its fill and its fee in one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from fsm.events import Child
from fsm.ledger import WOULD_TRIGGER, ZERO, Report, Status

from .base import Fill, Side, Unresolved
from .outcome import redact

log = logging.getLogger(__name__)

Row = Mapping[str, Any]  # an order as Kraken writes it

STATUS = {
    "pending": Status.OPEN,
    "open": Status.OPEN,
    "closed": Status.FILLED,
    "canceled": Status.CANCELED,
    "expired": Status.CANCELED,
}
OURS = re.compile(r"[0-9a-f]{32}")


def client_id(row: Row) -> str:
    """Our id of an order. Kraken keeps it as a 128-bit number and may write it with dashes."""
    return str(row.get("cl_ord_id") or "").replace("-", "").lower()


def is_buy(row: Row) -> bool:
    return str(row["descr"]["type"]) == "buy"


def executed(row: Row) -> Decimal:
    return Decimal(row["vol_exec"])


def report(row: Row) -> Report:
    """Raises `Unresolved` for a status that is not known.

    "closed" is filled, also where a hair is missing: the rest was too little to be an order. What ended without a
    trade and not because a user asked for it, was refused by the venue: it tells so afterwards, with a reason. A stop
    that Kraken made itself was not placed by us, so it was not refused to us either.
    """
    status = STATUS.get(str(row.get("status")))
    if status is None:
        raise Unresolved("an order status that is not known")
    filled, cost, fee = executed(row), Decimal(row["cost"]), Decimal(row["fee"])
    why = str(row.get("reason") or "")
    if row["status"] == "canceled" and not filled and why and "user" not in why.lower():
        passed = "trigger" in why.lower()
        if passed or not row.get("refid"):
            return Report(Status.REJECTED, reason=WOULD_TRIGGER if passed else redact(why))
    if status is Status.FILLED and filled <= 0:
        status = Status.CANCELED
    in_base = "fcib" in str(row.get("oflags", "")).split(",") and filled > 0
    if in_base:
        log.warning("Kraken took a fee in coins although asked not to: it is booked at the average price")
    return Report(
        status=status,
        filled=filled,
        cost=cost,
        fee_base=fee * filled / cost if in_base and cost else ZERO,
        fee_quote=ZERO if in_base else fee,
    )


def children(rows: Mapping[str, Row]) -> tuple[Child, ...]:
    """The stops that Kraken made for the fills of one entry, by its ids.

    Where the price was through the stop already all of them die at birth: that is one refusal, not one for each fill.
    """
    found, refused = [], False
    for txid, row in sorted(rows.items(), reverse=True):
        told = report(row)
        if told.status is Status.REJECTED and refused:
            told = replace(told, status=Status.CANCELED)
        refused = refused or told.status is Status.REJECTED
        found.append(Child(txid, Decimal(row["vol"]), told))
    return tuple(reversed(found))


def made_by(row: Row, entry_id: str, entry: Row) -> bool:
    """Whether Kraken made this order for that entry: `refid` says so ("Referral order transaction ID").

    No capture of a real one is public. So a stop without any reference also counts if it is the entry's in every other
    respect: same pair, same price, made within seconds of it, and under no id of ours.
    """
    if row.get("refid"):
        return bool(row["refid"] == entry_id)
    if client_id(row) or is_buy(row) or row.get("userref"):
        return False
    words = row["descr"]
    wanted = re.search(r"stop loss ([0-9.]+)", str(entry["descr"].get("close") or ""))
    twin = words["pair"] == entry["descr"]["pair"] and words["ordertype"] == "stop-loss" and wanted is not None
    soon = 0 <= float(row["opentm"]) - float(entry["opentm"]) <= 10
    if not (twin and soon and wanted and Decimal(words["price"]) == Decimal(wanted[1])):
        return False
    log.warning("a stop without a reference counts as the entry's: its price and time fit")
    return True


def fill(row: Mapping[str, Any], quote: str) -> Fill:
    """A row of TradesHistory or QueryTrades."""
    return Fill(
        order_id=str(row["ordertxid"]),
        side=Side(str(row["type"]).upper()),
        qty=Decimal(row["vol"]),
        cost=Decimal(row["cost"]),
        fee=Decimal(row["fee"]),
        fee_asset=quote,
        at=float(row["time"]),
    )
