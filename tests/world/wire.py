"""Between the bot and the exchange: requests that get lost or linger, answers that come late, twice or never."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place, Query
from fsm.events import AnyEvent, Assessed, Audited, Child, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Report, Status

from .exchange import Exchange, Resting
from .luck import Luck

Answer = Callable[[float], AnyEvent]  # an event but for the moment at which it is heard
OUTCOMES = {"ok": 66, "reply_lost": 7, "never_arrives": 7, "delayed": 6, "rejected": 6, "stale_reply": 8}
LOST = ("reply_lost", "never_arrives")
MAX_LOST = 3  # an exchange that loses more in a row is down, and then no bound on naked time can hold
IDLE = 4.0  # seconds after which the process has done what it was asked to do, and the network has told


@dataclass(slots=True)
class Wire:
    exchange: Exchange
    luck: Luck
    trip: tuple[float, ...] = (0.0,)  # how long an ordinary answer may take
    todo: list[tuple[float, AnyEffect]] = field(default_factory=list)  # decided, not sent yet; since when
    late: list[tuple[float, AnyEffect]] = field(default_factory=list)  # on its way to the exchange until then
    news: list[tuple[float, Answer]] = field(default_factory=list)  # on its way to the bot until then
    lost: int = 0  # in a row

    @property
    def now(self) -> float:
        return self.exchange.now

    def accept(self, effects: tuple[AnyEffect, ...]) -> None:
        self.todo += [(self.now, e) for e in effects]

    def die(self) -> None:
        """The process ends: what was not sent will not be, what was not read is lost. What travels, travels on."""
        self.todo, self.news = [], []

    # -- requests
    def any_outcome(self) -> str:
        outcome = self.luck.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        if outcome in LOST and self.lost >= MAX_LOST:
            outcome = "ok"
        self.lost = self.lost + 1 if outcome in LOST else 0
        return outcome

    def send(self, i: int, outcome: str) -> None:
        """One effect leaves the process."""
        match self.todo.pop(i)[1]:
            case Assess(signal_id):
                self._assess(signal_id, outcome)
            case Audit(asked) if outcome not in LOST:
                self._say(self._audit(asked), self._delay(outcome))
            case Query(cid) if outcome in LOST:
                self._say(lambda at: OrderUnresolved(at=at, cid=cid))
            case Query(cid, asked_at):
                known = self.exchange.find(cid)
                dawdles = outcome == "delayed" or (known is None and outcome == "stale_reply")
                self._say(self._answer(cid, asked_at), self._delay("delayed" if dawdles else outcome))
            case Place() | Cancel() as order:
                self._order(order, outcome)

    def _delay(self, outcome: str) -> float:
        return self.luck.choice([1.0, 6.0, 12.0] if outcome == "delayed" else self.trip)

    def _order(self, e: Place | Cancel, outcome: str) -> None:
        cid, report = e.cid, None
        if isinstance(e, Place):
            e = replace(e, expires=e.expires - self.exchange.skew)
        if outcome == "rejected" and isinstance(e, Place):  # proven: nothing has happened
            self.exchange.used.add(cid)
            return self._say(self._seen(cid, Report(Status.REJECTED, reason="busy")))
        if outcome == "delayed":
            self.late.append((self.now + self.luck.choice([1.0, 3.0, 8.0]), e))
        elif outcome == "stale_reply" and isinstance(e, Cancel) and self._overtaken(cid):
            return None
        elif outcome != "never_arrives":
            report = self.arrive(e)
        if outcome in ("ok", "stale_reply", "rejected") and report:
            return self._say(self._seen(cid, report))
        return self._say(lambda at: OrderUnresolved(at=at, cid=cid))

    def arrive(self, e: Place | Cancel) -> Report | None:
        if isinstance(e, Place):
            return self.exchange.place(e)
        self.exchange.cancel(e.cid)
        order = self.exchange.find(e.cid)
        return order.report() if order else None

    def _overtaken(self, cid: str) -> bool:
        """The cancel is acknowledged with yesterday's numbers: a fill beat it."""
        order = self.exchange.find(cid)
        if order is None or not order.live:
            return False
        old = order.report()
        self._say(self._seen(cid, Report(Status.CANCELED, old.filled, old.cost, old.fee_base, old.fee_quote)))
        self.exchange.trade(order, 0.5)
        self.exchange.cancel(cid)
        return True

    def _assess(self, signal_id: str, outcome: str) -> None:
        ex, faults = self.exchange, {"rejected": {"listed": False}, "delayed": {"reachable": False}}
        if outcome in LOST:
            return
        facts: dict[str, Any] = {
            "price": ex.price,
            "cash": ex.free_cash(),
            "base": ex.base,
            "market": ex.market,
            "trading": not ex.cancel_only,
            **faults.get(outcome, {}),
        }
        self._say(lambda at: Assessed(at=at, signal_id=signal_id, **facts))

    # -- answers
    def _say(self, answer: Answer, delay: float | None = None) -> None:
        self.news.append((self.now + (self.luck.choice(self.trip) if delay is None else delay), answer))

    def _audit(self, asked: int) -> Answer:
        ex = self.exchange
        base, cash, open_, market = ex.base, ex.cash, ex.open(), ex.market
        return lambda at: Audited(at=at, asked=asked, base=base, cash=cash, open=open_, market=market)

    def _seen(self, cid: str, report: Report, children: tuple[Child, ...] = ()) -> Answer:
        return lambda at: OrderSeen(at=at, cid=cid, report=report, children=children)

    def _answer(self, cid: str, asked_at: float) -> Answer:
        order = self.exchange.find(cid)
        if order is None:
            return lambda at: OrderAbsent(at=at, cid=cid, asked_at=asked_at)
        children = tuple(Child(c.cid, c.qty, c.report()) for c in self.exchange.children(cid))
        return self._seen(cid, order.report(asked_at), children)

    def show(self, order: Resting) -> None:
        """The venue tells of an order unasked."""
        self._say(self._seen(order.cid, order.report()))

    def hear(self, i: int, again: bool = False) -> Answer:
        """One answer reaches the process; perhaps it will come a second time."""
        return self.news[i][1] if again else self.news.pop(i)[1]

    # -- time
    def land(self) -> None:
        """Whatever has travelled long enough arrives."""
        landed = [e for due, e in self.late if due <= self.now]
        self.late = [(due, e) for due, e in self.late if due > self.now]
        for e in landed:
            if isinstance(e, Place | Cancel):
                self.arrive(e)

    def hurry_up(self) -> None:
        """Whatever travels arrives now."""
        self.late = [(self.now, e) for _, e in self.late]
        self.news = [(self.now, answer) for _, answer in self.news]
        self.land()

    def due(self, patience: float = 0.0) -> list[int]:
        return [i for i, (due, _) in enumerate(self.news) if due + patience <= self.now]

    def waiting(self) -> bool:
        """Whether the bot is owed anything."""
        return bool(self.todo or self.news or self.late)
