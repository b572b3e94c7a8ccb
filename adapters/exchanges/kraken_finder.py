"""What became of an order: looking it up at Kraken, with every stop that its fills made.

Kraken finds an order by our id only in two lists, of open and of closed orders, and by its own id in QueryOrders; our
id is unique among open orders only, and a market order is open for milliseconds
(https://docs.kraken.com/api/docs/guides/spot-clordid).
Law: the open list is asked before the closed one, so an order that ends in between is in at least one of them.
Law: "not found" is an answer only when both lists were read to their ends.
Law: an entry and its stops are told in one breath, or the answer is `Unresolved`.
"""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from msgspec.structs import replace

from fsm.ledger import Report, Status

from . import kraken_reports as reports
from .base import Clock, Fill, Recent, Refused, Seen, Unresolved
from .kraken_outcome import UNKNOWN_ORDER, demand
from .kraken_reports import OURS, Row
from .kraken_wire import Wire
from .outcome import readable

log = logging.getLogger(__name__)

SKEW = 60.0  # seconds by which a search by time begins earlier than it would have to
PAGES = 20  # of 50 orders: a search that goes on longer is given up
AT_ONCE = 20  # orders in one QueryOrders, trades in one QueryTrades
FAMILY = 3  # questions that an entry and its stops take


class Finder:
    """Questions about the orders of one account. Remembers Kraken's ids of the orders it placed or was shown."""

    def __init__(self, wire: Wire, quote: str, clock: Clock) -> None:
        self._wire, self._quote, self._clock = wire, quote, clock
        self._ids = Recent[str]()  # Kraken's id by ours
        self._sent = Recent[float]()  # when an order of this process left, by the venue's clock
        self._wanted: set[str] = set()
        self._asking: asyncio.Future[dict[str, Row | None]] | None = None

    def sending(self, cid: str) -> None:
        self._sent[cid] = self._wire.now()

    def remember(self, cid: str, txid: str) -> None:
        self._ids[cid] = txid

    def id_of(self, cid: str) -> str | None:
        """Kraken's id of an order, where it is known without asking. What is not an id of ours is one of Kraken's."""
        return self._ids.get(cid) if OURS.fullmatch(cid) else cid

    async def find(self, cid: str) -> Seen | None:
        """`None`: Kraken does not know it. Raises `Refused` and `Unresolved`."""
        txid = self.id_of(cid)
        row = await self._by_id(txid) if txid else None
        if row is None and OURS.fullmatch(cid):
            txid, row = await self._by_client_id(cid)
        if txid is None or row is None:
            return None
        with readable():
            if not (reports.is_buy(row) and row["descr"].get("close")):
                return Seen(reports.report(row))
            return await self._family(txid, row)

    async def placed(self, cid: str, txid: str) -> Seen:
        """An order that was just accepted, and what became of it since: this is an answer to a question of ours. Where
        there is none, or the allowance is too short to ask, it counts as open, to be asked about."""
        self.remember(cid, txid)
        asked = self._clock()
        try:
            found = await self.find(cid) if self._wire.affords(FAMILY) else None
        except (Refused, Unresolved) as error:
            log.info("accepted, but not to be seen yet: %s", error)
            found = None
        if found is None:
            return Seen(Report(Status.OPEN))
        children = tuple(replace(child, report=replace(child.report, asked_at=asked)) for child in found.children)
        return Seen(replace(found.report, asked_at=asked), children)

    async def trades(self, txid: str | None, pairs: frozenset[str]) -> tuple[Fill, ...]:
        """Trades on a pair, by its names: all of one order, or the latest fifty of the account that are on it."""
        if txid is None:
            rows = demand(await self._wire.call("TradesHistory"))["trades"]
        else:
            rows, order = {}, demand(await self._wire.call("QueryOrders", txid=txid, trades="true"), txid)[txid]
            ids = order.get("trades") or []
            for first in range(0, len(ids), AT_ONCE):
                rows |= demand(await self._wire.call("QueryTrades", txid=",".join(ids[first : first + AT_ONCE])))
        with readable():
            return tuple(reports.fill(row, self._quote) for row in rows.values() if row["pair"] in pairs)

    async def open_rows(self, **narrow: str | int) -> dict[str, Row]:
        """All open orders of the account by Kraken's id, other pairs' too."""
        rows = demand(await self._wire.call("OpenOrders", **narrow))
        with readable():
            return dict(rows["open"])

    async def _family(self, txid: str, row: Row) -> Seen:
        """An entry with all its stops, whatever became of them."""
        if not reports.executed(row):
            return Seen(reports.report(row))
        stops = _made_by(txid, row, await self.open_rows())
        if sum(Decimal(stop["vol"]) for stop in stops.values()) < reports.executed(row):  # some have ended, or lag
            closed = await self._closed(start=str(float(row["opentm"]) - SKEW))
            stops |= _made_by(txid, row, closed)  # a stop in both has just ended
        return Seen(reports.report(row), reports.children(stops))

    async def _by_client_id(self, cid: str) -> tuple[str | None, Row | None]:
        """An order by our id. A stop that inherited it from its entry is told from the entry by its reference."""
        narrow: dict[str, str | int] = {"cl_ord_id": cid}
        found = _under(cid, await self.open_rows(**narrow))
        if not found:
            if cid in self._sent:
                narrow["start"] = str(self._sent[cid] - SKEW)
            found = _under(cid, await self._closed(**narrow))
        if len(found) > 1:
            log.error("Kraken shows %d orders under one id of ours", len(found))
            raise Unresolved("several orders under one id")
        for txid, row in found.items():
            self.remember(cid, txid)
            return txid, row
        return None, None

    async def _closed(self, **narrow: str | int) -> dict[str, Row]:
        """Closed orders, page after page, newest first. Raises `Unresolved` rather than leave some out."""
        found: dict[str, Row] = {}
        seen = 0
        for _ in range(PAGES):
            page = demand(await self._wire.call("ClosedOrders", ofs=seen, **narrow))
            with readable():
                rows, count = page["closed"], int(page["count"])
            found |= rows
            seen += len(rows)
            if seen >= count:
                return found
            if not rows:
                break
        raise Unresolved("the list of closed orders is longer than it can be read")

    async def _by_id(self, txid: str) -> Row | None:
        """One order by Kraken's id, asked about together with all that are asked for at this moment: a position may
        have many stops, and every question counts."""
        self._wanted.add(txid)
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
            self._asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        rows = await asyncio.shield(self._asking)
        if txid not in rows:
            raise Unresolved("Kraken does not show it")
        return rows[txid]

    async def _ask(self) -> dict[str, Row | None]:
        ids, self._wanted, self._asking = sorted(self._wanted), set(), None
        rows: dict[str, Row | None] = {}
        for first in range(0, len(ids), AT_ONCE):
            rows |= await self._query(ids[first : first + AT_ONCE])
        return rows

    async def _query(self, ids: list[str]) -> dict[str, Row | None]:
        """`None` for an order that Kraken says it does not know. One of them spoils the answer for all."""
        reply = await self._wire.call("QueryOrders", txid=",".join(ids))
        if not reply.says(UNKNOWN_ORDER):
            return dict(demand(reply))
        if len(ids) == 1:
            return {ids[0]: None}
        return {txid: row for one in ids for txid, row in (await self._query([one])).items()}


def _made_by(txid: str, entry: Row, rows: dict[str, Row]) -> dict[str, Row]:
    return {name: row for name, row in rows.items() if reports.made_by(row, txid, entry)}


def _under(cid: str, rows: dict[str, Row]) -> dict[str, Row]:
    """Orders that bear our id and that no other order made."""
    with readable():
        return {txid: row for txid, row in rows.items() if reports.client_id(row) == cid and not row.get("refid")}
