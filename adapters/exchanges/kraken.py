"""Kraken Spot: a market order that carries its stop; Kraken makes one stop for each of its fills.

Everything is sent as explicit text under ids of our own; ccxt signs and carries it (`kraken_wire.py`), nothing is
rounded or repeated on the way. What an answer proves is decided in `kraken_outcome.py`.
Law: CancelAll and CancelAllOrdersAfter are never used, both would cancel the stops.
Conditional close: https://docs.kraken.com/api/docs/rest-api/add-order
"""

from __future__ import annotations

import asyncio
import logging
import time
from decimal import Decimal

from fsm.events import Market
from fsm.ledger import WOULD_TRIGGER, Purpose, Report, Status

from . import kraken_reports as reports
from . import kraken_rules as rules
from .base import (
    Balance,
    Clock,
    Deadline,
    ExchangeClient,
    Fill,
    Listing,
    Position,
    Refused,
    Seen,
    Side,
    Ticker,
    Unresolved,
)
from .kraken_finder import Finder
from .kraken_outcome import BAD_PRICE, UNKNOWN_ORDER, UNKNOWN_PAIR, demand
from .kraken_reports import OURS
from .kraken_wire import Wire
from .outcome import readable
from .rules import plain

log = logging.getLogger(__name__)

FRESH = 300.0  # seconds: how old rules may be when somebody asks for them
DAY = 86400.0  # seconds between two looks at the account's fee
AUTO_EARN = (
    "auto-earn is on: %s %s lie in Kraken's rewards (as %s.F). They are counted as ours, but a sale of them may be "
    "refused: turn auto-earn off in Kraken's settings"
)


class KrakenClient(ExchangeClient):
    """One Kraken spot account and one pair, by our name for it ("BTC/USDT")."""

    def __init__(self, wire: Wire, pair: str, clock: Clock = time.time) -> None:
        super().__init__(wire)
        self._wire, self._clock = wire, clock
        self._pair = pair.upper()
        self._base, self._quote = self._pair.split("/")
        self._finder = Finder(wire, self._quote, clock)
        self._rules: rules.Rules | None = None
        self._fee: Decimal | None = None
        self._rules_at = self._fee_at = 0.0
        self._earning = Decimal(0)

    # -- the venue
    async def ping(self) -> None:
        """Sets the clock as well: the deadline of the order that follows is only as good as it."""
        await self._wire.sync()

    async def server_time(self) -> float:
        return await self._wire.sync()

    async def status(self) -> Listing:
        """Trading is what market orders need: both the system and the pair are "online"."""
        try:
            online, known = await asyncio.gather(self._online(), self._read_rules())
        except Refused as refusal:
            if not refusal.reason.startswith(UNKNOWN_PAIR):
                raise
            return Listing(listed=False, trading=False)
        return Listing(listed=True, trading=known.trading and online, market=known.market)

    async def _online(self) -> bool:
        return bool(demand(await self._wire.look("SystemStatus"), "status")["status"] == "online")

    async def market(self) -> Market:
        known = await self._known()
        if self._clock() - self._fee_at >= DAY and await self._read_fee(known.key):
            known = await self._read_rules()  # the others carry the old fee
        return known.market

    async def _known(self) -> rules.Rules:
        """The rules, at most a few minutes old; older ones where Kraken does not tell them now."""
        try:
            if self._rules is None or self._clock() - self._rules_at > FRESH:
                return await self._read_rules()
        except (Refused, Unresolved):
            if self._rules is None:
                raise
        return self._rules

    async def _read_rules(self) -> rules.Rules:
        body = demand(await self._wire.look("AssetPairs", pair=rules.altname(self._pair)))
        with readable():
            self._rules, self._rules_at = rules.read(body, self._pair, self._fee), self._clock()
            return self._rules

    async def _read_fee(self, key: str) -> bool:
        """Once a day. Without an answer the last known rate holds, or the pair's highest."""
        try:
            body = demand(await self._wire.call("TradeVolume", pair=key), "fees")
            with readable():
                self._fee, self._fee_at = rules.taker_fee(body, key), self._clock()
        except (Refused, Unresolved) as error:
            log.warning("the account's fee is not known: %s", error)
            return False
        return True

    async def get_ticker(self) -> Ticker:
        body = demand(await self._wire.look("Ticker", pair=rules.altname(self._pair)))
        with readable():
            ((_, row),) = body.items()
            return Ticker(bid=Decimal(row["b"][0]), ask=Decimal(row["a"][0]))

    # -- the account
    async def get_balance(self) -> Balance:
        known = self._rules or await self._read_rules()  # for the names of our assets, which do not change
        body = demand(await self._wire.call("BalanceEx"))
        with readable():
            found, earning = rules.balance(body, known)
        if earning != self._earning:
            self._earning = earning
            log.warning(AUTO_EARN, plain(earning), self._base, rules.altname(self._base))
        return found

    async def get_open_positions(self) -> tuple[Position, ...]:
        held = (await self.get_balance()).base
        return (Position(self._base, held),) if held else ()

    async def open_orders(self) -> tuple[str, ...]:
        """Ours by our id; stops that Kraken made, and strangers, by Kraken's."""
        known, rows = await self._known(), await self._finder.open_rows()
        with readable():
            mine = {txid: row for txid, row in rows.items() if row["descr"]["pair"] in known.names}
            ids = {txid: "" if row.get("refid") else reports.client_id(row) for txid, row in mine.items()}
        for txid, cid in ids.items():
            if OURS.fullmatch(cid):
                self._finder.remember(cid, txid)
        return tuple(dict.fromkeys(cid if OURS.fullmatch(cid) else txid for txid, cid in ids.items()))

    async def trades(self, order_id: str | None = None) -> tuple[Fill, ...]:
        """`order_id` is Kraken's."""
        return await self._finder.trades(order_id, (await self._known()).names)

    async def find_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        return await self._finder.find(cid)

    # -- placing
    async def place_market_order(
        self,
        cid: str,
        side: Side,
        qty: Decimal,
        deadline: Deadline,
        trigger: Decimal | None = None,
        limit: Decimal | None = None,
    ) -> Seen:
        """By quantity, without a limit. The answer names the order only, so what became of it is asked at once."""
        order = self._order(side, "market", qty, trigger)
        return await self._finder.placed(cid, await self._send(cid, order, deadline))

    async def place_oco_order(self, cid: str, qty: Decimal, trigger: Decimal, deadline: Deadline) -> Seen:
        """A stop alone: Kraken has no OCO. It sells at the market when the last trade is at or below `trigger`."""
        order = self._order(Side.SELL, "stop-loss", qty) | {"price": self._price(trigger)}
        try:
            txid = await self._send(cid, order, deadline)
        except Refused as refusal:
            if refusal.reason == BAD_PRICE and (await self.get_ticker()).bid <= trigger:
                raise Refused(WOULD_TRIGGER) from None
            raise
        return await self._finder.placed(cid, txid)

    async def rehearse(self, side: Side, qty: Decimal, trigger: Decimal | None = None) -> dict[str, str]:
        """Let Kraken check a market order without placing it (`validate`); answers its own description of it."""
        order = self._order(side, "market", qty, trigger) | {"validate": "true"}
        answer = demand(await self._wire.call("AddOrder", **order), "descr")
        if answer.get("txid"):
            raise Unresolved("a rehearsal was placed as an order")
        return dict(answer["descr"])

    def _order(self, side: Side, kind: str, qty: Decimal, trigger: Decimal | None = None) -> dict[str, str]:
        """Parameters of AddOrder. The fee is asked for in quote, so that all that is bought can be sold."""
        return {
            "pair": rules.altname(self._pair),
            "type": side.lower(),
            "ordertype": kind,
            "volume": plain(qty),
            "oflags": "fciq",
            **({"close[ordertype]": "stop-loss", "close[price]": self._price(trigger)} if trigger is not None else {}),
        }

    def _price(self, price: Decimal) -> str:
        """Absolute and on a tick: what Kraken measures relative prices from is described in two ways."""
        return plain(rules.on_tick(self._rules, price) if self._rules else price)

    async def _send(self, cid: str, order: dict[str, str], deadline: Deadline) -> str:
        """Sends once; Kraken's id of the order. Kraken is told until when it may start on it."""
        until = await self._expiry(deadline)
        self._finder.sending(cid)
        answer = demand(await self._wire.call("AddOrder", **order, cl_ord_id=cid, deadline=until), "txid")
        with readable():
            return str(answer["txid"][0])

    async def _expiry(self, deadline: Deadline) -> str:
        try:
            return await self._wire.deadline(deadline)
        except Refused as refusal:  # of the question for the clock: nothing was sent, and nothing can be proven later
            raise Unresolved(refusal.reason) from None

    # -- cancelling
    async def cancel_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        """By Kraken's id where we know it. A cancel that is pending, or that counted nothing, is still in doubt."""
        txid = self._finder.id_of(cid)
        name = {"txid": txid} if txid else {"cl_ord_id": cid}
        reply = await self._wire.call("CancelOrder", **name)
        if reply.says(UNKNOWN_ORDER):
            return None
        answer = demand(reply, "count")
        if answer.get("pending"):
            raise Unresolved("the cancel is pending")
        return Seen(Report(Status.CANCELED))
