"""One combination, from its first second to its last: a trade, and at one moment of it everything at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D

from fsm.bot import Bot, State
from fsm.breakers import ALARMS
from fsm.commands import AnyCommand
from fsm.effects import AnyEffect
from fsm.events import AnyEvent
from fsm.step import Decision

from .. import peace
from ..desk import BTC, KRAKEN, Desk
from ..world import DAY, DECODER
from . import faults
from .dimensions import DOWN, Token
from .venue import Line, Venue, stage_of

ALARMED = {alarm.__name__ for alarm in ALARMS}
STOPPED = (State.PAUSED, State.HALTED, State.KILLED)
MARKETS = {"binance": BTC, "kraken": KRAKEN}
LIMIT = 240  # seconds after which everything must have come to rest
SETTLED = 2  # seconds of rest that are believed
MARKED = 5  # seconds between two looks at the price
ANSWERED, FAULTY = 10.0, 60.0  # seconds naked: while the venue answers; under any fault


class Play(Desk):
    def __init__(self, token: Token, said: list[str] | None = None) -> None:
        super().__init__(said, MARKETS[token.venue])
        self.token = token
        self.venue = self.exchange = Venue(**vars(self.exchange))
        self.venue.whims, self.venue.lags = 0.0, (0.0,)
        self.line = self.wire = Line(self.venue, self.luck)
        self.plans: list[tuple[float, Callable[[], object]]] = []  # of the world, by its own clock
        self.struck = self.dying = self.dies_again = False
        self.halts: list[tuple[Bot, Decision]] = []  # each with the bot that was written down before it
        self.unattended = 0.0  # longest stretch naked while no process ran

    # -- the story
    def play(self) -> Play:
        if self.token.stage == "audit":
            self.midnight()
        self.boot()
        self.settle()
        self.mark()
        if self.token.stage in ("assess", "entry", "stop"):
            self.midnight()
        self.buy("tv-1")
        self.settle()
        if self.token.stage == "holding":
            self.midnight()
            self.strike()
            self.settle()
        if self.token.stage in ("cancel", "exit"):
            self.midnight()
            self.price(self.venue.price * D("1.01"))
            self.sell("tv-2")
            self.settle()
        self.judge()
        return self

    def midnight(self) -> None:
        if self.token.weather == "midnight":
            self.venue.now += DAY - self.now % DAY - 2
            self.naked = self.idle = 0.0
            self.pass_time(1.0)
            self.work()

    def judge(self) -> None:
        assert self.struck, "the fault never struck"
        peace.check(self)
        alarms = {why for _, halt in self.halts for why in halt.bot.why} & ALARMED
        assert not alarms or self.token.refusing, f"a false alarm: {alarms}"
        most = ANSWERED if self.token.answering else FAULTY
        assert self.worst <= most, f"naked for {self.worst} s"

    def settle(self) -> None:
        """Everything is sent, heard and done, until nothing moves any more."""
        rested = 0
        for _ in range(LIMIT):
            self.work()
            rested = rested + 1 if self.rests() else 0
            if rested > (SETTLED if self.struck else 0):
                return
            self.pass_time(1.0)
        raise AssertionError(f"never came to rest: {self.bot.state} {self.bot.leave} {self.bot.ledger}")

    def rests(self) -> bool:
        over = not (self.plans or self.dying or self.dies_again or self.line.denying or self.bot.leave)
        live = self.venue.live()
        same = {o.cid for o in live} == {o.cid for o in self.bot.ledger.live()} and self.venue.shown(live) == live
        return peace.at_rest(self) and same and over and not self.venue.exposed(self.bot.book.dust)

    def work(self) -> None:
        for _ in range(300):
            if self.wire.todo and not self.struck and stage_of(self.wire.todo[0][1]) == self.token.stage:
                self.strike(self.wire.todo[0][1])
            elif self.wire.todo:
                self.perform()
                self._die_again()
            elif due := self.wire.due():
                self.deliver(due[-1 if self.line.echo else 0])
            else:
                return
        raise AssertionError("the bot never stops asking")

    def feed(self, input: AnyCommand | AnyEvent) -> Decision:
        written = self.saved
        d = super().feed(input)
        if d.bot.state is not d.before.state and d.bot.state in STOPPED:
            self.halts.append((DECODER.decode(written), d))
        return d

    def deliver(self, i: int = 0, again: bool = False) -> None:
        super().deliver(i, again)
        if self.dying:
            self.dying = False
            self.die()

    def pass_time(self, dt: float) -> None:
        super().pass_time(dt)
        for plan in [p for p in self.plans if p[0] <= self.venue.now]:
            self.plans.remove(plan)
            plan[1]()
        if int(self.venue.now) % MARKED == 0:
            self.mark()

    def plan(self, seconds: float, what: Callable[[], object]) -> None:
        self.plans.append((self.venue.now + seconds, what))

    # -- the moment of the fault
    def strike(self, effect: AnyEffect | None = None) -> None:
        """Of the request that is about to leave; without one, of the position that rests."""
        self.struck, token = True, self.token
        faults.act(self, "before")
        faults.weather(self)
        spared = token.crash == "unsent" and effect is not None
        if spared:
            self.die()
        else:
            self._befall(effect)
        faults.act(self, "after")
        faults.act(self, "later")
        self.dying, self.dies_again = token.crash == "told", token.crash == "twice"
        clock_set = token.crash == "alive" and token.weather in faults.CLOCKS
        if clock_set or (token.crash in ("unsent", "unread", "twice") and not spared):
            self.die()

    def _befall(self, effect: AnyEffect | None) -> None:
        faults.prepare(self)
        if effect is not None:
            self.line.strike(self.token.outcome)
        faults.follow(self)

    def die(self) -> None:
        """And come again, perhaps much later, perhaps with another clock."""
        self.wire.die()
        self.venue.skew += faults.CLOCKS.get(self.token.weather, 0.0)
        seconds = float(self.token.weather.partition("-")[2]) if self.token.weather in DOWN else 0.0
        self.unattended += seconds if self.venue.exposed(self.bot.book.dust) else 0.0
        self.venue.now += seconds
        self.wire.land()
        self.crash()

    def _die_again(self) -> None:
        if self.dies_again and not self.wire.todo:
            self.dies_again = False
            self.die()
