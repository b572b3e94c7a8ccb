"""What became of an order: looking it up at Binance by our own client order id.

Law: "not found" is an answer only to the question about the whole order; a part of it that is not shown is doubt.
Law: an entry and the stop that it paid for are told in one breath.
Binance's pages "Query order", "Query order list", "Account trade list" (rest-api.md).
A cancel gives the cancelled order another client id ("newClientOrderId ... will replace clientOrderId of the canceled
order", web-socket-api.md), so an order is also searched by the venue's id, by its list, and by the id that our own
cancel gave it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fsm.events import Child
from fsm.ledger import ZERO, Purpose, Report

from . import reports
from .base import Fill, Recent, Refused, Seen, Side, Unresolved, together
from .outcome import NO_LIST, NO_SUCH_ORDER, demand, readable
from .stops import ABOVE, BELOW, GONE, PAID, PAID_STOP
from .wire import Wire

log = logging.getLogger(__name__)

HIDDEN = 10.0  # seconds after which an order's missing trades are estimated rather than waited for

Row = Mapping[str, Any]  # an order as Binance writes it


class Finder:
    """Questions about orders and trades of one pair. Remembers the venue's ids of the orders it was shown."""

    def __init__(self, wire: Wire, base: str, quote: str) -> None:
        self._wire, self._base, self._quote = wire, base, quote
        self._ids = Recent[int]()

    def remember(self, orders: Iterable[Row]) -> None:
        """The venue's ids of orders that were just placed."""
        for order in orders:
            self._ids[order["clientOrderId"]] = order["orderId"]

    async def find(self, cid: str, purpose: Purpose | None, rate: Decimal) -> Seen | None:
        """One order of ours, lists included. `None`: the venue does not know it.

        `rate` is the fee of trades that stay hidden. Raises `Unresolved`.
        """
        orders = await self._rows(cid, purpose)
        return await self.seen(cid, orders, rate) if orders else None

    async def seen(self, cid: str, orders: Sequence[Row], rate: Decimal) -> Seen:
        """One order of ours that the venue has just shown as these, with the stop that it paid for."""
        return Seen(await self._report(orders, rate), await self._children(cid, orders[0], rate))

    async def trades(self, order_id: str | None = None) -> tuple[Fill, ...]:
        """All trades of one order, or the latest ones."""
        narrow: dict[str, str | int] = {"orderId": order_id} if order_id else {"limit": 100}
        rows = demand(await self._wire.call("privateGetMyTrades", symbol=self._base + self._quote, **narrow))
        with readable():
            return tuple(reports.fill(row) for row in rows)

    async def _rows(self, cid: str, purpose: Purpose | None) -> list[Row]:
        if PAID_STOP.fullmatch(cid):
            return _present(await self._paid_stop(cid))
        orders: list[Row] = []
        if purpose is not Purpose.STOP:
            orders = _present(await self._lookup(cid))
        if not orders and purpose in (Purpose.STOP, None):
            orders = await self._legs(cid)
        return orders or _present(await self._lookup(cid + GONE))

    async def _children(self, cid: str, entry: Row, rate: Decimal) -> tuple[Child, ...]:
        """The stop that an entry paid for, once it is in the market or has ended."""
        with readable():
            if entry["side"] != Side.BUY or entry["orderListId"] == -1 or not reports.executed(entry):
                return ()
            stop = await self._paid_stop(cid + PAID)
            if stop is None or reports.awaits_its_turn(stop):
                return ()
            covers = Decimal(stop.get("origQty", 0)) or reports.executed(entry)
            return (Child(cid + PAID, covers, await self._report([stop], rate)),)

    async def _paid_stop(self, cid: str) -> Row | None:
        """By its id, or where a cancel took that away, as the SELL of the list that bears its entry's."""
        found = await self._lookup(cid)
        if found is None:
            found = next((row for row in await self._listed(cid[: -len(PAID)]) if row["side"] == Side.SELL), None)
        return found

    async def _legs(self, cid: str) -> list[Row]:
        """Both legs of a list, or a lone stop. Raises `Unresolved` where a leg is not shown that may have traded."""
        above, below = await together(self._lookup(cid + ABOVE), self._lookup(cid + BELOW))
        with readable():
            if below and (above or below["orderListId"] == -1 or reports.is_open(below)):
                return _present(above, below)
            if above and reports.is_open(above):
                return [above]
        legs = await self._listed(cid)
        if not legs and (above or below):
            raise Unresolved("one leg of the list is not shown")
        return legs

    async def _listed(self, cid: str) -> list[Row]:
        """The legs by their list, which keeps our id when they lose theirs."""
        try:
            body = demand(await self._wire.call("privateGetOrderList", origClientOrderId=cid), "orders")
        except Refused as refusal:
            if refusal.code == NO_SUCH_ORDER or NO_LIST in refusal.reason:
                return []
            raise Unresolved(refusal.reason) from None
        with readable():
            legs = await together(*(self._order(orderId=leg["orderId"]) for leg in body["orders"]))
        if not all(legs):
            raise Unresolved("a leg of the list is not shown")
        return _present(*legs)

    async def _lookup(self, client_id: str) -> Row | None:
        """One order by our id for it, or by the venue's if we were shown that before."""
        order = await self._order(origClientOrderId=client_id)
        if order is None and client_id in self._ids:
            numbered = await self._order(orderId=self._ids[client_id])
            order = numbered if numbered and _may_be(numbered, client_id) else None
        if order is not None:
            self._ids[client_id] = order["orderId"]
        return order

    async def _order(self, **name: str | int) -> Row | None:
        """GET order. `None`: the venue says that it does not exist. No other refusal answers the question."""
        try:
            body: Row = demand(
                await self._wire.call("privateGetOrder", symbol=self._base + self._quote, **name), "orderId"
            )
        except Refused as refusal:
            if refusal.code == NO_SUCH_ORDER:
                return None
            raise Unresolved(refusal.reason) from None
        return body

    async def _report(self, orders: Sequence[Row], rate: Decimal) -> Report:
        with readable():
            fills = [fill for order in orders for fill in await self._fills(order, rate)]
            return reports.report(orders, fills, self._base, self._quote)

    async def _fills(self, order: Row, rate: Decimal) -> Sequence[Fill]:
        """The trades of an order: an answer to placing one may carry them, an answer to a question never does.

        While they are hidden the answer is `Unresolved`, but not for ever: coins must not stay naked because a list
        lags, so after a while the missing part is estimated.
        """
        fills = reports.fills_of(order)
        if sum((fill.qty for fill in fills), ZERO) == reports.executed(order):
            return fills
        try:
            fills, why = await self.trades(str(order["orderId"])), "not all shown yet"
        except (Refused, Unresolved) as error:
            why = str(error)
        if sum((fill.qty for fill in fills), ZERO) >= reports.executed(order):
            return fills
        if self._wire.now() - int(order["updateTime"]) / 1000 < HIDDEN:
            raise Unresolved(f"trades of the order: {why}")
        log.warning("trades of order %s stay hidden (%s): its fee is estimated", order["orderId"], why)
        return (*fills, reports.estimated(order, fills, rate, self._base, self._quote))


def _may_be(order: Row, client_id: str) -> bool:
    return order.get("clientOrderId") == client_id or order.get("status") == "CANCELED"


def _present(*orders: Row | None) -> list[Row]:
    return [order for order in orders if order is not None]
