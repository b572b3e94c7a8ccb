"""Binance Spot: a market order, then an OCO that protects it; or both in one request, where that was chosen.
Wire protocol: Binance's rest-api.md.

Everything is sent as explicit text under ids of our own; ccxt signs and carries it (`wire.py`), nothing is rounded or
repeated on the way. What an answer proves is decided in `outcome.py`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fsm.events import Market
from fsm.ledger import ZERO, Purpose, Report, Status

from . import reports, rules, stops
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
from .finder import Finder
from .outcome import BAD_SYMBOL, CANCEL_REJECTED, NO_LIST, NO_SUCH_ORDER, demand, readable
from .wire import Wire

log = logging.getLogger(__name__)

FRESH = 300.0  # seconds: how old rules may be when somebody asks for them
RECENT = 60.0  # seconds: how old a price may be that the upper leg is measured from
DAY = 86400.0  # seconds between two looks at the account's fee


class BinanceClient(ExchangeClient):
    """One Binance spot account and one pair ("BTC/USDT"). `atomic`: entries are to carry their stops."""

    def __init__(self, wire: Wire, pair: str, clock: Clock = time.time, *, atomic: bool = False) -> None:
        super().__init__(wire)
        self._wire, self._clock, self._atomic = wire, clock, atomic
        self._base, self._quote = pair.upper().split("/")
        self._symbol = self._base + self._quote
        self._finder = Finder(wire, self._base, self._quote)
        self._rules: rules.Rules | None = None
        self._ticker: Ticker | None = None
        self._fee = rules.TAKER_FEE
        self._rules_at = self._ticker_at = self._fee_at = 0.0

    # -- the venue
    async def ping(self) -> None:
        demand(await self._wire.call("publicGetPing"))

    async def server_time(self) -> float:
        reply = await self._wire.sync()
        return int(demand(reply, "serverTime")["serverTime"]) / 1000 if reply else self._clock()

    async def status(self) -> Listing:
        try:
            known = await self._read_rules()
        except Refused as refusal:
            if refusal.code != BAD_SYMBOL:
                raise
            return Listing(listed=False, trading=False)
        return Listing(listed=True, trading=known.trading, market=known.market)

    async def market(self) -> Market:
        await self._read_fee()
        stale = self._clock() - self._rules_at > FRESH
        known = await self._read_rules() if stale or self._rules is None else self._rules
        return known.market

    async def _read_rules(self) -> rules.Rules:
        body = demand(await self._wire.call("publicGetExchangeInfo", symbol=self._symbol), "symbols")
        with readable():
            known = rules.read(body, self._symbol, self._fee, atomic=self._atomic)
        if self._atomic and not known.opo and (self._rules is None or self._rules.opo):
            log.warning("%s takes no order that pays for its stop: the stop follows the entry", self._symbol)
        self._rules, self._rules_at = known, self._clock()
        return known

    async def _read_fee(self) -> None:
        """Once a day. Without an answer the last known rate holds."""
        if self._clock() - self._fee_at < DAY:
            return
        try:
            body = demand(
                await self._wire.call("privateGetAccountCommission", symbol=self._symbol), "standardCommission"
            )
            with readable():
                self._fee, self._fee_at = rules.taker_fee(body), self._clock()
                self._rules = None  # they carry the old one
        except (Refused, Unresolved) as error:
            log.warning("the account's fee is not known (%s): taking %s", error, self._fee)

    async def get_ticker(self) -> Ticker:
        body = demand(await self._wire.call("publicGetTickerBookTicker", symbol=self._symbol), "bidPrice")
        with readable():
            self._ticker = Ticker(bid=Decimal(body["bidPrice"]), ask=Decimal(body["askPrice"]))
            self._ticker_at = self._clock()
            return self._ticker

    # -- the account
    async def get_balance(self) -> Balance:
        body = demand(await self._wire.call("privateGetAccount", omitZeroBalances="true"), "balances")
        with readable():
            rows = {row["asset"]: (Decimal(row["free"]), Decimal(row["locked"])) for row in body["balances"]}
            base, cash = rows.get(self._base, (ZERO, ZERO)), rows.get(self._quote, (ZERO, ZERO))
            return Balance(base=sum(base, ZERO), cash=sum(cash, ZERO), free_base=base[0], free_cash=cash[0])

    async def get_open_positions(self) -> tuple[Position, ...]:
        held = (await self.get_balance()).base
        return (Position(self._base, held),) if held else ()

    async def open_orders(self) -> tuple[str, ...]:
        rows = demand(await self._wire.call("privateGetOpenOrders", symbol=self._symbol))
        with readable():
            self._finder.remember(rows)
            return tuple(dict.fromkeys(stops.owner(row["clientOrderId"]) for row in rows))

    async def trades(self, order_id: str | None = None) -> tuple[Fill, ...]:
        return await self._finder.trades(order_id)

    async def find_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        return await self._finder.find(cid, purpose, self._fee)

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
        """By quantity. `trigger` and `limit` are left out where no stop is attached to entries."""
        if self._atomic and trigger is not None and limit is not None:
            known = self._rules or await self._read_rules()
            if known.market.attached:
                return await self._place_paying(known, cid, qty, limit, trigger, deadline)
        order = {"symbol": self._symbol, "side": side.value, "type": "MARKET", "quantity": rules.plain(qty)}
        ours = {"newClientOrderId": cid, "newOrderRespType": "FULL"}
        body = await self._send("privatePostOrder", order | ours, deadline, "orderId")
        with readable():
            self._finder.remember([body])
            fills = reports.fills_of(body)
            if sum((f.qty for f in fills), ZERO) != reports.executed(body):
                raise Unresolved("the answer does not list all fills")
            return Seen(reports.report([body], fills, self._base, self._quote))

    async def _place_paying(
        self, known: rules.Rules, cid: str, qty: Decimal, limit: Decimal, trigger: Decimal, deadline: Deadline
    ) -> Seen:
        """All of it at `limit` or better, and its stop, or nothing. The answer shows the stop as it was before the
        entry was filled, so it is asked about at once; while that says nothing, the entry is in doubt as a whole."""
        order = stops.opo(known, cid, qty, limit, trigger)
        body = await self._send("privatePostOrderListOpo", order, deadline, "orderListId")
        with readable():
            self._finder.remember(body["orderReports"])
            shown = {row["clientOrderId"]: row for row in body["orderReports"]}
            return await self._finder.seen(cid, [shown[cid]], self._fee)

    async def place_oco_order(self, cid: str, qty: Decimal, trigger: Decimal, deadline: Deadline) -> Seen:
        """The list, or its stop alone where the venue definitely refuses the list for reasons of its own."""
        known = self._rules or await self._read_rules()
        recent = self._ticker if self._clock() - self._ticker_at < RECENT else None
        price = max(recent.ask, trigger) if recent else trigger
        if known.lists:
            try:
                order = stops.oco(known, cid, qty, trigger, price)
                body = await self._send("privatePostOrderListOco", order, deadline, "orderListId")
                return await self._working(cid, body.get("orderReports"))
            except Refused as refusal:
                if not stops.stop_may_stand_alone(refusal):
                    raise
                log.warning("OCO refused (%s): placing its stop alone", refusal.reason)
        order = stops.lone(known, cid, qty, trigger, price)
        return await self._working(cid, [await self._send("privatePostOrder", order, deadline, "orderId")])

    async def _send(self, method: str, order: Mapping[str, str | int], deadline: Deadline, proof: str) -> Any:
        """Sends once. The venue is told how long it may take, so that it refuses the order rather than be late."""
        await self._wire.ready()
        return demand(await self._wire.call(method, **order, recvWindow=deadline.window()), proof)

    async def _working(self, cid: str, legs: Sequence[Mapping[str, Any]] | None) -> Seen:
        """A stop that was just placed: open, if every leg says so; otherwise what its legs say when asked."""
        with readable():
            self._finder.remember(legs or ())
            if legs and all(reports.is_open(leg) and not reports.executed(leg) for leg in legs):
                return Seen(Report(Status.OPEN))
        found = await self.find_order(cid, Purpose.STOP)
        if found is None:
            raise Unresolved("placed, but not shown yet")
        return found

    # -- cancelling
    async def cancel_order(self, cid: str, purpose: Purpose | None = None) -> Seen | None:
        """What had been filled by then is left to the question that follows: the answer lacks the fees."""
        for name in self._names(cid, purpose):
            method = "privateDeleteOrderList" if "listClientOrderId" in name else "privateDeleteOrder"
            reply = await self._wire.call(method, symbol=self._symbol, **name)
            try:
                demand(reply, "orderId", "orderListId")
                return Seen(Report(Status.CANCELED))
            except Refused as refusal:
                if refusal.code not in (CANCEL_REJECTED, NO_SUCH_ORDER) and NO_LIST not in refusal.reason:
                    raise
        return None

    def _names(self, cid: str, purpose: Purpose | None) -> list[dict[str, str]]:
        """Where an order of that id may be: a list, the stop that was placed without one, or an order by itself."""
        if not (stops.OURS.fullmatch(cid) or stops.PAID_STOP.fullmatch(cid)):
            return [{"origClientOrderId": cid}]
        gone = {"newClientOrderId": cid + stops.GONE}
        single = [{"origClientOrderId": cid, **gone}]
        if stops.PAID_STOP.fullmatch(cid):
            return single
        listed = [{"listClientOrderId": cid}, {"origClientOrderId": cid + stops.BELOW, **gone}]
        return {Purpose.STOP: listed, None: listed + single}.get(purpose, single)
