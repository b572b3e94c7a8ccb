"""A bot with a past: a real runner over a real database, and a day of trading driven by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from adapters.runner import Runner
from adapters.store import Store
from fsm.bot import State
from fsm.commands import AnyCommand, Side
from fsm.effects import Audit, Place, Query
from fsm.events import AnyEvent, Audited, Booted, Marked, OrderSeen, Tick
from fsm.ledger import Purpose, Report, Status
from fsm.step import Decision
from tests.adapters.driving import MARKET, NOW, assessed, filled, resting, signal

CASH = Decimal("10000.00")
CENT = Decimal("0.01")


@dataclass
class Story:
    """Tells the bot what happens, as the exchange and TradingView would."""

    store: Store
    clock: float = NOW
    price: Decimal = Decimal(64200)
    strange: Decimal = Decimal(0)  # coins on the account that the bot did not buy
    signals: int = 0
    prices: list[tuple[float, float]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(11))

    def __post_init__(self) -> None:
        self.store._conn.execute("PRAGMA synchronous=OFF")  # a day in a moment; durability has tests of its own
        self.runner = Runner(self.store, lambda: self.clock)
        self.fire(Booted(at=self.clock, pair="BTC/USDT"))
        self.audit()

    def fire(self, input: AnyCommand | AnyEvent) -> Decision:
        return self.runner.fire(input)

    def audit(self) -> None:
        """The account as the exchange shows it."""
        asked = self.runner.bot.seq
        cash = self.runner.bot.cash if self.runner.bot.book.cash is not None else CASH
        base = self.runner.bot.coins + self.strange
        self.fire(Audited(at=self.clock, asked=asked, base=base, cash=cash, market=MARKET))

    def wait(self, minutes: float, drift: float = 0.0) -> None:
        """The price walks; the account is audited now and then, so that the journal has a picture of it."""
        for _ in range(int(minutes)):
            self.clock += 60
            step = Decimal(str(self.dice.gauss(drift, 0.0008)))
            self.mark((self.price * (1 + step)).quantize(CENT))
            self.answer(self.fire(Tick(at=self.clock)))

    def mark(self, price: Decimal) -> None:
        self.price = price
        self.prices.append((self.clock, float(price)))
        self.answer(self.fire(Marked(at=self.clock, price=price)))

    def answer(self, decision: Decision) -> None:
        """Questions about an account that is as it should be."""
        for effect in decision.effects:
            if isinstance(effect, Audit):
                self.audit()
            if isinstance(effect, Query):
                report = Report(Status.OPEN, asked_at=self.clock)
                self.fire(OrderSeen(at=self.clock, cid=effect.cid, report=report))

    def heard(self, side: Side) -> Decision:
        self.signals += 1
        return self.fire(signal(side, f"ema-9-21|BTCUSDT|5|{self.signals:03}|{side}", at=self.clock))

    def repeat(self) -> None:
        """TradingView sends an old alert again: nothing comes of it but a row of the journal, with a picture of now."""
        told = self.store.reader.signals(1)[0]
        self.fire(signal(Side(told["side"]), told["signal_id"], at=self.clock, stamp=told["stamp"]))

    def buy(self, reachable: bool = True) -> None:
        """A signal, its facts, the fill, the stop at rest."""
        decision = self.heard(Side.BUY)
        pending = decision.bot.signal
        assert pending is not None
        self.clock += 0.2
        facts = replace(assessed(pending.signal_id, at=self.clock), price=self.price, cash=decision.bot.cash)
        decision = self.fire(replace(facts, reachable=reachable))
        if entry := _placed(decision, Purpose.ENTRY):
            self.clock += 0.15
            stop = _placed(self.fire(filled(entry, self.price, at=self.clock)), Purpose.STOP)
            assert stop is not None
            self.clock += 0.12
            self.fire(resting(stop, at=self.clock))
            assert self.runner.bot.state is State.IN_POSITION

    def sell(self) -> None:
        """A signal; the stop is cancelled, the coins are sold."""
        self.heard(Side.SELL)
        self.clock += 0.1
        stop = self.stop()
        cancelled = OrderSeen(at=self.clock, cid=stop, report=Report(Status.CANCELED, asked_at=self.clock))
        exit = _placed(self.fire(cancelled), Purpose.EXIT)
        assert exit is not None
        self.clock += 0.1
        self.fire(filled(exit, self.price, at=self.clock))

    def stop_hit(self, price: Decimal) -> None:
        """The exchange sold by itself."""
        order = self.runner.bot.ledger.get(self.stop())
        assert order is not None
        cost = order.qty * price
        report = Report(Status.FILLED, order.qty, cost, fee_quote=cost / 1000)
        self.price = price
        self.fire(OrderSeen(at=self.clock, cid=order.cid, report=report))

    def stop(self) -> str:
        (stop,) = self.runner.bot.ledger.live(Purpose.STOP)
        return stop.cid


def _placed(decision: Decision, purpose: Purpose) -> Place | None:
    return next((e for e in decision.effects if isinstance(e, Place) and e.purpose is purpose), None)
