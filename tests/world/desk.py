"""A world without luck, for tests that tell one thing: everything is answered at once, unless they say otherwise.

desk = Desk().open()
desk.buy("tv-1")
desk.calm()              # judged, bought, protected
desk.send("reply_lost")  # the next effect leaves, and something befalls it
desk.wait(5)             # five ticks, each answered
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal as D

from fsm.bot import State
from fsm.events import AnyEvent, Market, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Order, Purpose, Report, Status
from fsm.limits import Limits
from fsm.step import Decision

from .laws import Laws
from .luck import NoLuck
from .world import World

BTC = Market(lot=D("0.00001"), tick=D("0.01"), min_qty=D("0.00001"), min_notional=D(5), fee=D("0.001"))
KRAKEN = Market(lot=D("0.00001"), tick=D("0.1"), min_qty=D("0.0001"), fee=D("0.004"), attached=True, locks=False)
OPO = Market(lot=D("0.00001"), tick=D("0.01"), min_qty=D("0.00001"), min_notional=D(5), fee=D("0.001"), attached=True)
PRICE = D(64_210)


class Desk(World):
    def __init__(
        self,
        said: list[str] | None = None,
        market: Market = BTC,
        limits: Limits | None = None,
        *,
        testnet: bool = False,
    ) -> None:
        super().__init__(NoLuck(), said=said, market=market, price=PRICE, limits=limits or Limits())
        self.exchange.fee_in_base = market.locks
        self.testnet = testnet

    def open(self) -> Desk:
        """Booted, audited, and with a price."""
        self.boot()
        self.calm()
        self.mark()
        return self

    @contextmanager
    def unsaid(self) -> Iterator[None]:
        """What happens meanwhile is no part of the story."""
        said, self.said = self.said, []
        try:
            yield
        finally:
            self.said = said

    @property
    def state(self) -> State:
        return self.bot.state

    def order(self, purpose: Purpose) -> Order:
        """The newest of its kind."""
        return [o for o in self.bot.ledger.orders if o.purpose is purpose][-1]

    def send(self, outcome: str = "ok") -> None:
        """One effect leaves; what came back at once is heard."""
        self.perform(outcome)
        for _ in self.wire.due():
            self.deliver()

    def wait(self, seconds: float, *, answered: bool = True) -> None:
        for _ in range(int(seconds)):
            self.pass_time(1.0)
            if answered:
                self.calm()

    def price(self, price: D | float) -> Decision:
        """The market moves, and we see it."""
        self.exchange.move(D(str(price)))
        return self.mark()

    def hold(self, signal_id: str = "tv-1") -> Desk:
        """Bought and protected."""
        self.buy(signal_id)
        self.calm()
        return self

    def wipe(self, cash: D | int = 10_000, coins: D | int = 1) -> None:
        """The test network begins anew."""
        self.exchange.wipe(D(coins), D(cash))
        self.laws.wiped = self.laws.meddled = True

    def lose(self, signal_id: str = "tv-1") -> Desk:
        """A round trip that costs one per cent."""
        self.hold(signal_id)
        self.price(self.exchange.price * D("0.99"))
        self.sell(f"{signal_id}-out")
        self.calm()
        return self

    def restore(self, copy: bytes) -> None:
        """The database comes back from a copy: what happened since, nobody remembers, and its coins are anybody's."""
        ex = self.exchange
        self.transfers -= ex.flow()
        ex.adopted -= ex.ours()
        self.laws = Laws(meddled=True, placed=self.laws.placed)
        self.saved, self.epoch = copy, self.epoch + 1
        self.crash()

    # -- answers that a story makes up
    def seen(self, cid: str, status: Status, filled: D = D(0), *, reason: str = "", asked: bool = False) -> Decision:
        order = self.bot.ledger.get(cid)
        asked_at = order.asked_at if order and asked else None
        report = Report(status, filled, filled * self.exchange.price, asked_at=asked_at, reason=reason)
        return self.feed(OrderSeen(at=self.now, cid=cid, report=report))

    def unresolved(self, cid: str) -> Decision:
        return self.feed(OrderUnresolved(at=self.now, cid=cid))

    def absent(self, cid: str, asked_at: float) -> Decision:
        return self.feed(OrderAbsent(at=self.now, cid=cid, asked_at=asked_at))

    def tell(self, event: AnyEvent) -> Decision:
        return self.feed(event)
