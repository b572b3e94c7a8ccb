"""One bot, one exchange, the wire between them, and what people may do. `history` lets chance play it, stories do it
by hand.

Every decision passes through `feed`, and is watched there. The process may die after any of them; what it knows
afterwards is the last decision that was worth writing down.
"""

from __future__ import annotations

from decimal import Decimal as D

import msgspec

from fsm.bot import Bot
from fsm.commands import AnyCommand, Choice, Rearm, Resolve, Resume, Side, Signal, Stop
from fsm.events import AnyEvent, Booted, Marked, Market, Tick
from fsm.ledger import Purpose
from fsm.limits import Limits
from fsm.step import Decision, step

from .exchange import Exchange, Owners
from .laws import Laws
from .luck import Luck
from .telling import Telling
from .wire import IDLE, Wire

PAIR, TAG = "BTC/USDT", "a1b2c3d4"
START = 1_791_979_200.0  # 2026-10-14 12:00:00 UTC
DAY = 86_400.0
ENTRY, STOP, EXIT = Purpose
ENCODER, DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Bot)
MAX_NAKED = 60.0  # seconds, under any fault
MAX_DARK = 30.0  # naked seconds after which the exchange answers: one that goes on losing is down, and binds nobody
MAX_IDLE = 18.0  # seconds naked with nothing asked and nothing owed


def some_market(luck: Luck) -> tuple[Market, bool]:
    """The rules of a venue, and whether it takes its fee from the coins: like Binance (plain, or with entries that pay
    for their stops), like Kraken, or a plain one that locks nothing."""
    locks, attached = luck.choices([(True, False), (False, True), (True, True), (False, False)], [45, 35, 10, 10])[0]
    lot, fee = luck.choice([D("0.01"), D("0.001")]), luck.choice([D("0.001"), D("0.004")])
    in_base = (locks or not attached) and luck.random() < 0.8
    return Market(lot, D("0.01"), lot, D(10), fee, attached, locks), in_base


def some_limits(luck: Luck) -> Limits:
    return Limits(
        risk_pct=D(luck.choice([1, 2])),
        streak=luck.choice([5, 2, 3]),
        drawdown_pct=D(luck.choice([15, 8])),
        cooldown=luck.choice([0.0, 0.0, 20.0]),
    )


class World:
    def __init__(
        self,
        luck: Luck,
        *,
        fair: bool = False,
        said: list[str] | None = None,
        market: Market | None = None,
        price: D = D(100),
        limits: Limits | None = None,
    ) -> None:
        self.luck, self.fair, self.said, self.telling = luck, fair, said, Telling()
        rules, fee_in_base = some_market(luck)
        cash = luck.choice([D(10_000), D(10_000), D(10_000), D(120)])
        self.exchange = Exchange(
            luck, market or rules, fee_in_base, cash, START, price=price, remembers=luck.random() < 0.5
        )
        if fair:
            self.exchange.whims, self.exchange.lags = 0.01, (0, 0, 0, 1)
        self.wire, self.laws = Wire(self.exchange, luck, trip=(0.0, 1.0) if fair else (0.0,)), Laws()
        self.limits = limits or some_limits(luck)
        self.bot, self.saved = Bot(), ENCODER.encode(Bot())
        self.epoch = 1
        self.testnet = False
        self.journal: set[tuple[Side, str, float]] = set()
        self.sent: list[Signal] = []
        self.transfers = D(0)  # quote that a person moved between the trade and the baseline
        self.naked = self.idle = self.worst = 0.0
        self.acted = False  # since time last passed

    @property
    def now(self) -> float:
        """As the bot's own clock says, which is not always right."""
        return self.exchange.now + self.exchange.skew

    def boot(self) -> None:
        self.feed(Booted(at=self.now, pair=PAIR, limits=self.limits, tag=TAG, epoch=self.epoch, testnet=self.testnet))

    # -- the bot's side
    def feed(self, input: AnyCommand | AnyEvent) -> Decision:
        d = step(self.bot, input)
        if self.said is not None and (d.newsworthy or d.effects or not isinstance(input, Tick)):
            self.said += self.telling.lines(d)
        self._pure(d)
        if isinstance(input, Signal):
            d = self._signalled(d)
        self.laws.watch(d)
        if isinstance(input, Resolve):
            self._resolved(d)
        self.bot = d.bot
        if d.newsworthy:
            self.saved = ENCODER.encode(d.bot)
        self.wire.accept(d.effects)
        self.acted = self.acted or bool(d.effects)
        return d

    def _pure(self, d: Decision) -> None:
        """The same input on the same bot gives the same decision; a snapshot is the bot."""
        if d.bot.seq % 8 == 0 or isinstance(d.input, Resolve):
            assert step(d.before, d.input) == d, "a decision depends on more than its input"
            assert DECODER.decode(ENCODER.encode(d.bot)) == d.bot, "the snapshot is not the bot"

    def _signalled(self, d: Decision) -> Decision:
        signal = d.input
        assert isinstance(signal, Signal)
        key = (signal.side, signal.signal_id, signal.stamp)
        if key in self.journal:
            assert not d.accepted, "a repeated signal was taken"
            assert d.reasons == ("duplicate_signal",), f"a repeated signal was refused as {d.reasons}"
        elif d.reasons != ("not_ready",):
            self.journal.add(key)
        return d

    def _resolved(self, d: Decision) -> None:
        def moved(b: Bot) -> D:
            return b.ledger.flow + b.book.realised

        self.transfers += moved(d.bot) - moved(d.before)
        self.exchange.adopted += d.bot.coins - d.before.coins

    # -- the wire
    def perform(self, outcome: str = "ok", i: int = 0) -> None:
        self.wire.send(i, outcome)

    def any_outcome(self) -> str:
        return "ok" if self.naked > MAX_DARK else self.wire.any_outcome()

    def deliver(self, i: int = 0, again: bool = False) -> None:
        self.feed(self.wire.hear(i, again)(self.now))

    def calm(self, faults: float = 0.0) -> None:
        """Everything outstanding is done and told, in order; of the requests, this part may go any way."""
        for _ in range(300):
            if self.wire.todo:
                self.perform(self.any_outcome() if faults and self.luck.random() < faults else "ok")
            elif due := self.wire.due():
                self.deliver(due[0])
            else:
                return
        raise AssertionError("the bot never stops asking")

    def hurry(self) -> None:
        """No process sits on its work for long, and no network on its answers."""
        while self.wire.todo and self.wire.todo[0][0] + IDLE <= self.now:
            self.perform(self.any_outcome())
        while overdue := self.wire.due(IDLE):
            self.deliver(overdue[0])

    # -- time
    def advance(self, seconds: float) -> None:
        """Time passes, in ticks of about a second."""
        for _ in range(int(seconds)):
            self.pass_time(self.luck.choice([1.0, 0.83, 1.37]))
            if self.fair:
                self.calm()

    def pass_time(self, dt: float) -> None:
        bare = self.exchange.exposed(self.bot.book.dust)
        owed = self.wire.waiting() or self.acted or bool(self.exchange.live(ENTRY, EXIT))
        self.acted = False
        counted = dt if self.exchange.able() else 0.0  # the clock stands still while the venue lets nobody out
        self.naked = self.naked + counted if bare else 0.0
        self.idle = self.idle + counted if bare and not owed else 0.0
        self.worst = max(self.worst, self.naked)
        assert self.naked <= MAX_NAKED, f"naked for {self.naked} s"
        assert self.idle <= MAX_IDLE, f"sat on its hands, naked, for {self.idle} s"
        self.exchange.now += dt
        self.wire.land()
        self.hurry()
        self.feed(Tick(at=self.now))

    # -- what people do
    def signal(self, side: Side, name: str = "", age: float = 0.0, symbol: str = PAIR) -> Decision:
        name = name or f"s{self.bot.seq}"
        signal = Signal(at=self.now, side=side, signal_id=name, stamp=self.now - age, symbol=symbol)
        self.sent.append(signal)
        return self.feed(signal)

    def buy(self, name: str = "") -> Decision:
        return self.signal(Side.BUY, name)

    def sell(self, name: str = "") -> Decision:
        return self.signal(Side.SELL, name)

    def resend(self, signal: Signal) -> Decision:
        """The journal knows what it knows; the bot remembers a minute."""
        known = (signal.side, signal.signal_id, signal.stamp) in self.journal
        return self.feed(msgspec.structs.replace(signal, at=self.now, repeated=known))

    def stop(self) -> Decision:
        return self.feed(Stop(at=self.now, by="operator"))

    def resume(self) -> Decision:
        return self.feed(Resume(at=self.now, by="operator"))

    def rearm(self) -> Decision:
        return self.feed(Rearm(at=self.now, reason="seen and understood", by="operator"))

    def resolve(self, choice: Choice) -> Decision:
        return self.feed(Resolve(at=self.now, choice=choice, by="operator"))

    def mark(self, price: D | None = None) -> Decision:
        return self.feed(Marked(at=self.now, price=price or self.exchange.price, trading=not self.exchange.cancel_only))

    def crash(self) -> None:
        """What is left is the last decision that was written down."""
        self.wire.die()
        self.bot = DECODER.decode(self.saved)
        self.boot()

    def meddle(self, coins: D, *, paid: bool = True) -> None:
        """The owner trades by hand, or brings coins from elsewhere."""
        self.laws.meddled = True
        self.exchange.base += coins
        self.exchange.cash -= coins * self.exchange.price if paid else 0

    def meddle_order(self, sells: bool, qty: D) -> None:
        """The owner leaves an order of his own on the pair."""
        self.laws.meddled = True
        ex = self.exchange
        cid = f"by-hand-{self.bot.seq}-{len(ex.owners) + 1}"
        ex.owners[cid] = Owners(cid, sells, qty, (ex.price * (D("1.1") if sells else D("0.9"))).quantize(D("0.01")))
