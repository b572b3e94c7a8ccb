"""The exchange of a backtest: the simulator's matching core without HTTP, in the place of the live exchange port.

An effect is performed at once and answered with the event that the live port would answer with. Rules, order shapes and
reports are the live client's own code, so venue rounding and stops are not written twice.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place, Query
from fsm.events import AnyEvent, Assessed, Audited, Marked, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import WOULD_TRIGGER, ZERO, Purpose, Report, Status

from ..exchanges import reports, rules
from ..exchanges.base import Fill
from ..exchanges.base import Side as FillSide
from ..simulator import (
    Depth,
    Fees,
    Market,
    NullJournal,
    Order,
    OrderRequest,
    OrderType,
    Refusal,
    RefusedError,
    Rules,
    Side,
    State,
)
from ..simulator.binance_errors import BinanceError
from ..simulator.binance_shapes import order_query
from .options import Options

ENDLESS = Decimal(10) ** 12  # what the book offers, and what the venue takes; an order's impact is in the slippage


def depth(price: Decimal, slippage_pct: Decimal) -> Depth:
    """A book of one level a side, `slippage_pct` away from the price."""
    return Depth(spread=price * slippage_pct / 50, size=ENDLESS, levels=1)


def venue_rules(options: Options) -> Rules:
    """The venue's filters with the pair's own steps. What the largest order may be is left open: it differs from pair
    to pair by orders of magnitude, and a wrong one would refuse every entry."""
    base, quote = options.pair.split("/")
    return Rules(
        base=base,
        quote=quote,
        tick=options.tick,
        min_price=options.tick,
        max_price=ENDLESS,
        lot=options.lot,
        min_quantity=options.lot,
        max_quantity=ENDLESS,
        market_max_quantity=ENDLESS,
        max_notional=ENDLESS,
    )


class Venue:
    """One account at one market. `clock` gives epoch seconds; `price` is where the market opens."""

    def __init__(self, options: Options, price: Decimal, clock: Callable[[], float]) -> None:
        self._clock, self._slippage = clock, options.slippage_pct
        self._filters = venue_rules(options)
        self._terms = _terms(self._filters, options.fee_pct / 100)
        fee = options.fee_pct / 100
        self.market = Market(
            State(price=price, totals={self._filters.base: ZERO, self._filters.quote: options.cash}),
            base=self._filters.base,
            quote=self._filters.quote,
            clock=clock,
            journal=NullJournal(),
            fees=Fees(taker=fee, maker=fee),
            depth=depth(price, self._slippage),
            tick=options.tick,
            lot=options.lot,
        )
        self._orders: dict[str, list[Order]] = {}  # by our ids; a protective list is two orders
        self._ask = price

    @property
    def cash(self) -> Decimal:
        """Quote, free and held."""
        return self.market.purse.totals[self.market.quote]

    @property
    def coins(self) -> Decimal:
        """Base, free and held."""
        return self.market.purse.totals[self.market.base]

    def stop(self) -> Decimal | None:
        """The price at which a waiting stop would sell."""
        return max((o.stop_price for o in self.market.open_orders() if o.waiting), default=None)

    def target(self) -> Decimal | None:
        """The price at which a resting order would sell."""
        return min((o.price for o in self.market.open_orders() if o.price > 0 and not o.waiting), default=None)

    def move(self, price: Decimal) -> None:
        """The market trades here now; stops that it touches have sold when this returns."""
        self.market.depth = depth(price, self._slippage)
        self.market.move(price)

    def mark(self) -> Marked:
        """What a unit could be sold for."""
        return Marked(at=self._clock(), price=self._best(Side.SELL))

    def forget(self) -> None:
        """Drop orders that are history, so that the thousandth trade costs what the first did."""
        if not self.market.open_orders():
            state = self.market.state
            state.orders.clear()
            state.lists.clear()
            state.fills.clear()
            self._orders.clear()

    def perform(self, effect: AnyEffect) -> AnyEvent:
        """The answer, as the live port would give it. Nothing is ever lost here, so nothing is ever asked twice."""
        match effect:
            case Assess(signal_id=signal_id):
                return self._assess(signal_id)
            case Audit(asked=asked):
                open_ = tuple(cid for cid, legs in self._orders.items() if any(leg.open for leg in legs))
                now, market = self._clock(), self._terms.market
                return Audited(at=now, asked=asked, base=self.coins, cash=self.cash, open=open_, market=market)
            case Place():
                return self._seen(effect.cid, self._place(effect))
            case Cancel(cid=cid):
                return self._cancel(cid)
            case Query(cid=cid, asked_at=asked_at):
                if cid not in self._orders:
                    return OrderAbsent(at=self._clock(), cid=cid, asked_at=asked_at)
                return self._seen(cid, self._report(cid, asked_at))

    def _assess(self, signal_id: str) -> Assessed:
        self._ask = self._best(Side.BUY)
        return Assessed(
            at=self._clock(),
            signal_id=signal_id,
            price=self._ask,
            spread=self._ask - self._best(Side.SELL),
            cash=self.market.free(self.market.quote),
            base=self.coins,
            market=self._terms.market,
        )

    def _best(self, taker: Side) -> Decimal:
        level = self.market.book.best(taker)
        return level.price if level else ZERO

    def _seen(self, cid: str, report: Report) -> OrderSeen:
        return OrderSeen(at=self._clock(), cid=cid, report=report)

    def _place(self, effect: Place) -> Report:
        try:
            self._orders[effect.cid] = self._stop(effect) if effect.purpose is Purpose.STOP else [self._trade(effect)]
        except BinanceError as error:
            return Report(Status.REJECTED, reason=str(error))
        except RefusedError as error:
            passed = error.refusal in (Refusal.PRICES_CROSSED, Refusal.TRIGGERS_NOW)
            return Report(Status.REJECTED, reason=WOULD_TRIGGER if passed else error.refusal.value)
        return self._report(effect.cid)

    def _trade(self, effect: Place) -> Order:
        side = Side.BUY if effect.purpose is Purpose.ENTRY else Side.SELL
        request = OrderRequest(side=side, type=OrderType.MARKET, quantity=effect.qty, client_id=effect.cid)
        self._filters.check(request, self.market.price)
        return self.market.place(request)

    def _stop(self, effect: Place) -> list[Order]:
        """The live client's list: a stop below, and far above an order that is not meant to fill. Where a filter
        refuses that one, the stop stands alone."""
        trigger, qty = effect.trigger or ZERO, effect.qty
        target = rules.far_above(self._terms, max(self._ask, trigger))
        above = OrderRequest(side=Side.SELL, type=OrderType.LIMIT_MAKER, quantity=qty, price=target)
        below = OrderRequest(side=Side.SELL, type=OrderType.STOP_LOSS, quantity=qty, stop_price=trigger)
        self._filters.check(below, self.market.price)
        try:
            self._filters.check(above, self.market.price)
        except BinanceError:
            return [self.market.place(below)]
        return self.market.legs(self.market.place_oco(above, below, effect.cid).id)

    def _cancel(self, cid: str) -> AnyEvent:
        leg = next((leg for leg in self._orders.get(cid, ()) if leg.open), None)
        if leg is None:
            return OrderUnresolved(at=self._clock(), cid=cid, why="no such open order")
        self.market.cancel(leg.id)
        return self._seen(cid, Report(Status.CANCELED))

    def _report(self, cid: str, asked_at: float | None = None) -> Report:
        legs = self._orders[cid]
        numbers = {leg.id for leg in legs}
        fills = [
            Fill(
                str(f.order_id), FillSide(f.side), f.quantity, f.amount, f.commission, f.commission_asset, f.time / 1000
            )
            for f in self.market.state.fills
            if f.order_id in numbers
        ]
        rows = [order_query(leg, self._filters.symbol) for leg in legs]
        report = reports.report(rows, fills, self.market.base, self.market.quote)
        return report if asked_at is None else _answering(report, asked_at)


def _answering(report: Report, asked_at: float) -> Report:
    return Report(report.status, report.filled, report.cost, report.fee_base, report.fee_quote, asked_at)


def _terms(filters: Rules, fee: Decimal) -> rules.Rules:
    """The venue's rules as the live client reads them from exchangeInfo."""
    info = {
        "symbol": filters.symbol,
        "baseAsset": filters.base,
        "quoteAsset": filters.quote,
        "status": "TRADING",
        "orderTypes": [kind.value for kind in filters.order_types],
        "filters": filters.describe(),
    }
    return rules.read({"symbols": [info]}, filters.symbol, fee)
