"""The truth: one market and one account, on a venue that keeps its own rules and owes nobody kindness.

It enforces what venues enforce (expiry, minimums, locked coins) and fails the test where a bot does what no bot may:
an id used twice, a position bought twice, more offered for sale than is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN
from decimal import Decimal as D

from fsm.effects import Place
from fsm.events import Market
from fsm.ledger import WOULD_TRIGGER, Purpose, Report, Status

from .luck import Luck

ENTRY, STOP, EXIT = Purpose
DEAD = (Status.REJECTED, Status.CANCELED, Status.FILLED)
ZERO = D(0)


@dataclass(slots=True)
class Resting:
    """An order of ours, as the venue knows it."""

    cid: str
    purpose: Purpose
    qty: D
    trigger: D | None = None
    parent: str = ""
    shown_at: float = 0.0  # queries lag: before this the venue says it does not know the order
    forgotten: bool = False  # it was cancelled, and can no longer be found under our id
    status: Status = Status.OPEN
    reason: str = ""
    filled: D = ZERO
    cost: D = ZERO
    fee_base: D = ZERO
    fee_quote: D = ZERO
    fired: bool = False  # a stop whose price was reached, and that did not fill at once

    @property
    def live(self) -> bool:
        return self.status not in DEAD

    @property
    def left(self) -> D:
        return self.qty - self.filled if self.live else ZERO

    @property
    def net(self) -> D:
        return (self.filled if self.purpose is ENTRY else -self.filled) - self.fee_base

    @property
    def flow(self) -> D:
        return (-self.cost if self.purpose is ENTRY else self.cost) - self.fee_quote

    def report(self, asked_at: float | None = None) -> Report:
        return Report(self.status, self.filled, self.cost, self.fee_base, self.fee_quote, asked_at, self.reason)


@dataclass(slots=True)
class Owners:
    """An order the owner of the account placed by hand. It locks what it offers."""

    cid: str
    sells: bool
    qty: D
    price: D


def floor(value: D, step: D) -> D:
    return (value / step).to_integral_value(ROUND_DOWN) * step


@dataclass
class Exchange:
    luck: Luck
    market: Market
    fee_in_base: bool
    cash: D
    now: float
    skew: float = 0.0  # seconds that the bot's clock is ahead of ours
    remembers: bool = True  # whether a refused order can be asked about later
    whims: float = 0.05  # how often it refuses for reasons of its own
    lags: tuple[float, ...] = (0, 0, 0, 0, 1, 3)  # seconds until a query knows a new order
    price: D = D(100)
    base: D = ZERO
    adopted: D = ZERO  # coins that became ours, or ceased to be, because a person said so
    orders: dict[str, Resting] = field(default_factory=dict)
    owners: dict[str, Owners] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    cancel_only: bool = False
    no_stops: bool = False
    no_exits: bool = False
    anew: bool = False  # it was wiped: what is on the account is nobody's, and nobody's worry

    @property
    def pays(self) -> bool:
        """An entry pays for its own stop: it is filled at once and whole, or not at all (Binance's OPO with FOK)."""
        return self.market.attached and self.fee_in_base

    # -- what there is
    def live(self, *purposes: Purpose) -> list[Resting]:
        return [o for o in self.orders.values() if o.live and o.purpose in (purposes or Purpose)]

    def shown(self, orders: Iterable[Resting]) -> list[Resting]:
        return [o for o in orders if o.shown_at <= self.now]

    def find(self, cid: str) -> Resting | None:
        order = self.orders.get(cid)
        return order if order and order.shown_at <= self.now and not order.forgotten else None

    def children(self, cid: str) -> list[Resting]:
        return self.shown(o for o in self.orders.values() if o.parent == cid)

    def open(self) -> tuple[str, ...]:
        return (*(o.cid for o in self.shown(self.live())), *self.owners)

    def ours(self) -> D:
        """Coins that are ours, whatever else lies on the account."""
        return sum((o.net for o in self.orders.values()), self.adopted)

    def flow(self) -> D:
        return sum((o.flow for o in self.orders.values()), ZERO)

    def offered(self) -> D:
        """What our own orders would still sell."""
        return sum((o.left for o in self.live(STOP, EXIT)), ZERO)

    def free(self) -> D:
        return self.base - self.offered() - sum((o.qty for o in self.owners.values() if o.sells), ZERO)

    def free_cash(self) -> D:
        return self.cash - sum((o.qty * o.price for o in self.owners.values() if not o.sells), ZERO)

    def worth_selling(self, qty: D, price: D) -> bool:
        return qty >= self.market.min_qty and qty * price >= self.market.min_notional

    def wipe(self, base: D, cash: D) -> None:
        """A test network begins anew: everybody is given the same, and nobody is remembered."""
        self.orders, self.owners = {}, {}
        self.base, self.cash, self.anew = base, cash, True

    # -- requests
    def place(self, e: Place) -> Report | None:
        """None: it came too late, and the venue drops it as if it had never been sent."""
        assert e.cid not in self.used, "a client order id was used twice"
        assert len(e.cid) == 32, f"not an id of ours: {e.cid}"
        assert int(e.cid, 16) >= 0, f"not hexadecimal: {e.cid}"
        if self.now > e.expires:  # of our clock, as the wire has put it
            return None
        self.used.add(e.cid)
        assert e.qty > 0, "an order for nothing"
        assert e.qty % self.market.lot == 0, f"not a multiple of the lot: {e.qty}"
        order = Resting(e.cid, e.purpose, e.qty, e.trigger, shown_at=self.now + self.luck.choice(self.lags))
        if reason := self._refusal(order):
            order.status, order.reason = Status.REJECTED, reason
            if self.remembers:
                self.orders[e.cid] = order
            return order.report()
        if not self.anew:
            self._not_twice(order)
        self.orders[e.cid] = order
        if e.purpose is STOP:
            self.crossed(order)
        elif e.purpose is ENTRY and self.pays:
            if e.limit and self.price <= e.limit and self.luck.choices([True, False], [80, 20])[0]:
                self.trade(order, 1)
            order.status = Status.FILLED if order.filled else Status.CANCELED
        else:
            self.trade(order, self.luck.choices([1, 0.5, 0], [80, 10, 10])[0])
            if order.live and self.luck.random() < 0.3:
                order.status = Status.CANCELED  # the rest of a market order expires
        return order.report()

    def _not_twice(self, order: Resting) -> None:
        if order.purpose is ENTRY:
            assert not self.live(ENTRY), "two entries at once"
            assert not self.worth_selling(self.ours(), self.price), "bought twice"
        else:
            assert self.offered() + order.qty <= self.ours(), (
                f"oversold: {self.offered()} + {order.qty} > {self.ours()}"
            )

    def _refusal(self, o: Resting) -> str:
        """Why the venue will not take it, or nothing."""
        price = o.trigger if o.purpose is STOP and o.trigger else self.price
        if self.cancel_only:
            return "market_closed"
        if not self.worth_selling(o.qty, price):
            return "min_notional"
        if o.purpose is ENTRY:
            cost = o.qty * self.price * (1 + self.market.fee)
            return "insufficient_balance" if cost > self.free_cash() else self._whim(False)
        if o.qty > (self.free() if self.market.locks else self.base):
            return "insufficient_balance"
        if o.purpose is STOP and self.market.locks and self.price <= price:
            return WOULD_TRIGGER
        return self._whim(self.no_stops if o.purpose is STOP else self.no_exits)

    def _whim(self, mood: bool) -> str:
        return "filter" if mood or self.luck.random() < self.whims else ""

    def cancel(self, cid: str) -> None:
        self.owners.pop(cid, None)
        if (order := self.orders.get(cid)) and order.live:
            order.status = Status.CANCELED

    # -- the market
    def trade(self, o: Resting, part: float) -> None:
        slip = self.luck.choice([D(0), D("0.0007"), D("0.0013")])
        price = (self.price * (1 + slip if o.purpose is ENTRY else 1 - slip)).quantize(D("0.00001"))
        qty = floor(o.left * D(part), self.market.lot)
        buys = o.purpose is ENTRY
        most = floor(self.free_cash() / (price * (1 + self.market.fee)) if buys else self.base, self.market.lot)
        if qty > most:  # the owner spent it
            qty, o.status = ZERO if buys and self.pays else most, Status.CANCELED
        if qty <= 0:
            return
        fee = (qty if buys and self.fee_in_base else qty * price) * self.market.fee
        net, flow = o.net, o.flow
        o.filled, o.cost = o.filled + qty, o.cost + qty * price
        if buys and self.fee_in_base:
            o.fee_base += fee
        else:
            o.fee_quote += fee
        o.status = Status.FILLED if o.filled == o.qty else o.status
        self.base, self.cash = self.base + o.net - net, self.cash + o.flow - flow
        if buys and o.trigger is not None:
            self._attach(o, floor(self._received(o), self.market.lot) if self.pays else qty)

    def _received(self, entry: Resting) -> D:
        """What an entry pays for its stop with. Its fee is taken from other coins, if enough lie there."""
        return entry.filled if self.free() - entry.net >= entry.fee_base else entry.net

    def _attach(self, entry: Resting, qty: D) -> None:
        """The fill makes a stop of its own, under an id of the venue's; a few fail, some show up late."""
        shown_at = self.now + self.luck.choice([0, 0, 3])
        child = Resting(f"venue-{len(self.orders)}", STOP, qty, entry.trigger, entry.cid, shown_at)
        if self.luck.random() < 0.025:
            return  # never made at all
        self.orders[child.cid] = child
        if self.luck.random() < 0.025:
            child.status = Status.REJECTED
        self.crossed(child)

    def crossed(self, o: Resting) -> None:
        """The price has reached the stop: it sells, once, what the market takes."""
        waits = o.live and o.purpose is STOP and not o.fired and not self.cancel_only
        if waits and o.trigger is not None and self.price <= o.trigger:
            o.fired = True
            self.trade(o, self.luck.choices([1, 0.5], [80, 20])[0])

    def move(self, price: D) -> None:
        self.price = price.quantize(D("0.01"))
        self.look()

    def look(self) -> None:
        """Whatever the price allows now, happens."""
        for order in list(self.orders.values()):
            self.crossed(order)

    def working(self) -> list[Resting]:
        """Orders that may fill at any moment."""
        return self.live(ENTRY, EXIT) + [o for o in self.live(STOP) if o.fired]

    # -- how naked we are
    def able(self) -> bool:
        """Whether it would let us out at all."""
        return not (self.cancel_only or self.no_exits)

    def exposed(self, dust: D) -> bool:
        """Coins of ours that no order watches or is selling, though the owner leaves them alone."""
        bare = self.ours() - max(dust, ZERO) - sum((o.left for o in self.live(STOP)), ZERO)
        taken = self.base < self.ours() or (self.market.locks and self.free() < bare)
        busy = self.live(ENTRY, EXIT)
        return not self.anew and not taken and not busy and self.worth_selling(floor(bare, self.market.lot), self.price)
