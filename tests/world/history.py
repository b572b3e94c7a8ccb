"""One integer is one whole history: chance plays operator, owner, market, network and power cut. Then it stops."""

from __future__ import annotations

from decimal import Decimal as D

from msgspec.structs import replace

from fsm.commands import Choice, Side
from fsm.ledger import Purpose, Status

from . import peace
from .exchange import Resting
from .luck import seeded
from .world import DAY, World

MOVES = {  # what may happen next, and how often
    "perform": 26,
    "deliver": 26,
    "calm": 2,
    "work": 6,
    "tick": 8,
    "price": 8,
    "mark": 4,
    "flash": 0.5,
    "trade": 8,
    "buy": 6,
    "trip": 11,
    "sell": 3,
    "odd_signal": 1,
    "repeat": 1.5,
    "stop": 0.6,
    "resume": 10,
    "rearm": 1.5,
    "resolve": 3,
    "morning": 2,
    "crash": 2,
    "clock": 0.7,
    "bust": 1.2,
    "human": 0.5,
    "order_by_hand": 0.5,
    "withdraw_order": 0.5,
    "bank": 0.3,
    "weather": 2,
    "doze": 0.7,
    "midnight": 0.3,
}
LOWEST, HIGHEST = D(50), D(200)  # the price stays between these
UNFAIR = ("perform", "weather", "bust", "human", "order_by_hand", "withdraw_order")


class History(World):
    @property
    def faults(self) -> float:
        """How often a request goes any way, where time is not spent on playing with each of them."""
        return 0.0 if self.fair else 0.8

    def move(self) -> None:
        name = self.luck.choices(list(MOVES), list(MOVES.values()))[0]
        if not (self.fair and name in UNFAIR):
            getattr(self, f"on_{name}")()
        if self.fair:
            self.calm()
            self.advance(self.luck.choice([1.0, 2.0, 3.0]))

    # -- the wire
    def on_perform(self) -> None:
        if self.wire.todo:
            self.perform(self.any_outcome(), self.luck.randrange(len(self.wire.todo)))

    def on_deliver(self) -> None:
        if due := self.wire.due():
            self.deliver(self.luck.choice(due), again=self.luck.random() < 0.15)

    def on_calm(self) -> None:
        self.calm()

    def on_work(self) -> None:
        self.calm(self.faults)

    # -- time and price
    def on_tick(self) -> None:
        self.advance(self.luck.choice([1.0, 3.0, 6.0]))

    def on_doze(self) -> None:
        """A long while in which nothing is asked of anybody."""
        for _ in range(self.luck.choice([20, 70])):
            self.advance(1.0)
            self.calm(self.faults)

    def on_midnight(self) -> None:
        self.calm()
        self.exchange.now += DAY - self.now % DAY + 1
        self.naked = self.idle = 0.0
        self.wire.land()
        self.advance(1.0)

    def on_price(self) -> None:
        pull = D("0.01") if self.exchange.price < 100 else D("-0.01")
        leap = self.luck.choices([-1, 1, -3, 3, -8, -15], [30, 30, 20, 20, 4, 2])[0]
        self.exchange.move(min(max(self.exchange.price * (1 + pull + D(leap) / 100), LOWEST), HIGHEST))
        if self.luck.random() < 0.7:
            self.mark()

    def on_mark(self) -> None:
        self.mark()

    def on_flash(self) -> None:
        """One print that means nothing."""
        self.mark((self.exchange.price * self.luck.choice([D("0.5"), D("0.8"), D(2)])).quantize(D("0.01")))
        if self.luck.random() < 0.5:
            self.mark()

    def on_weather(self) -> None:
        ex, chance = self.exchange, self.luck.random
        ex.cancel_only, ex.no_stops, ex.no_exits = chance() < 0.15, chance() < 0.2, chance() < 0.2
        ex.look()
        self.mark()

    # -- orders
    def on_trade(self) -> None:
        if orders := self.exchange.working():
            order = self.luck.choice(orders)
            self.exchange.trade(order, self.luck.choice([1, 1, 0.5]))
            self._perhaps_show(order)

    def on_bust(self) -> None:
        """The venue cancels unasked. Now and then the order can no longer be found under our id after that."""
        if orders := self.exchange.live():
            order = self.luck.choice(orders)
            order.status = Status.CANCELED
            known = self.bot.ledger.get(order.cid)
            told_all = known is not None and known.filled == order.filled
            findable = not self.exchange.market.locks or order.purpose is not Purpose.STOP
            order.forgotten = told_all and not findable and self.luck.random() < 0.3
            if not order.forgotten:
                self._perhaps_show(order)

    def _perhaps_show(self, order: Resting) -> None:
        if self.luck.random() < 0.7:
            self.wire.show(order)

    # -- signals
    def on_buy(self) -> None:
        self.buy()

    def on_sell(self) -> None:
        self.sell()

    def on_trip(self) -> None:
        """A signal, and everything it leads to."""
        self.calm(self.faults)
        self.buy()
        self.calm(self.faults)

    def on_odd_signal(self) -> None:
        """Late, about something else, or with the id of another."""
        side = self.luck.choice(list(Side))
        match self.luck.choice(["late", "other pair", "reused id"]):
            case "late":
                self.signal(side, age=90.0)
            case "other pair":
                self.signal(side, symbol="ETH/USDT")
            case _ if self.sent:
                self.signal(side, self.luck.choice(self.sent).signal_id, age=1.0)

    def on_repeat(self) -> None:
        if self.sent:
            self.resend(self.luck.choice([self.sent[-1], self.luck.choice(self.sent)]))

    # -- people
    def on_stop(self) -> None:
        self.stop()

    def on_resume(self) -> None:
        self.resume()

    def on_rearm(self) -> None:
        self.rearm()

    def on_resolve(self) -> None:
        self.resolve(self.luck.choice(list(Choice)))

    def on_morning(self) -> None:
        """A person looks, decides what is to become of the orphans, and goes on."""
        self.calm(self.faults)
        self.on_resolve()
        self.calm(self.faults)
        self.resume()

    def on_human(self) -> None:
        ex, coins = self.exchange, D(self.luck.choice([1, 2, 5]))
        if self.luck.random() < 0.5 and ex.free_cash() > coins * ex.price:
            self.meddle(coins)
        elif ex.free() >= coins:
            self.meddle(-coins)

    def on_order_by_hand(self) -> None:
        ex, qty, sells = self.exchange, D(self.luck.choice([1, 2, 5])), self.luck.random() < 0.5
        if ex.free() >= qty if sells else ex.free_cash() > qty * ex.price:
            self.meddle_order(sells, qty)

    def on_withdraw_order(self) -> None:
        """The owner's order fills, or he takes it back."""
        if owners := list(self.exchange.owners.values()):
            order = self.luck.choice(owners)
            del self.exchange.owners[order.cid]
            if self.luck.random() < 0.5:
                self.exchange.base += -order.qty if order.sells else order.qty
                self.exchange.cash += order.qty * order.price * (1 if order.sells else -1)

    def on_bank(self) -> None:
        """A deposit or a withdrawal."""
        self.exchange.cash += self.luck.choice([D(2_500), -self.exchange.free_cash() / 3]).quantize(D("0.01"))

    def on_crash(self) -> None:
        if self.luck.random() < 0.2:
            self.limits = replace(self.limits, streak=self.luck.choice([2, 3, 5]), stop_pct=D(self.luck.choice([2, 3])))
        self.wire.die()
        self.pass_over(self.luck.choice([0.0, 0.0, 2.0]))
        self.crash()

    def on_clock(self) -> None:
        """Somebody sets the machine's clock, and the process takes it up by starting again."""
        self.exchange.skew += self.luck.choice([-DAY, -3600.0, -20.0, -3.0, 3.0, 20.0, 3600.0, DAY])
        self.on_crash()

    def pass_time(self, dt: float) -> None:
        super().pass_time(dt)
        if self.luck.random() < 0.3:
            self.mark()

    def pass_over(self, seconds: float) -> None:
        """Time without a process."""
        if self.exchange.exposed(self.bot.book.dust):
            self.naked += seconds
        self.exchange.now += seconds
        self.wire.land()

    # -- and then the world behaves
    def heal(self) -> None:
        ex = self.exchange
        ex.cancel_only = ex.no_stops = ex.no_exits = False
        ex.whims = 0.0
        self.owner_lets_go()
        ex.look()
        self.mark()
        self.wire.hurry_up()
        self.calm()
        self.naked = self.idle = 0.0
        began, rested = self.now, 0
        for _ in range(100):
            self.calm()
            for order in ex.working():
                ex.trade(order, 1)
                self.wire.show(order)
            self.calm()
            if self.bot.orphan or self.bot.strays:
                self.on_resolve()
                self.calm()
            self.advance(3)
            assert self.naked <= peace.HEALED, f"naked for {self.naked} s in a world that behaves"
            rested = rested + 1 if peace.at_rest(self) and self.bot.pictured > began else 0
            if rested == 3:
                break
        peace.check(self)

    def owner_lets_go(self) -> None:
        """Coins of ours that he offers by hand can be neither protected nor sold, so he takes that order back."""
        self.exchange.owners = {cid: o for cid, o in self.exchange.owners.items() if not o.sells}


def play(seed: int, moves: int = 120, *, fair: bool = False, said: list[str] | None = None) -> History:
    history = History(seeded(seed), fair=fair, said=said)
    history.testnet = seed % 2 == 1
    try:
        history.boot()
        history.calm()
        for _ in range(moves):
            history.move()
        history.heal()
    except Exception as error:
        error.add_note(f"seed={seed}")
        raise
    return history
