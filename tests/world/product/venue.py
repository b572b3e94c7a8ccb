"""An exchange and a wire that do as they are told, once, and are as honest as ever otherwise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from msgspec.structs import replace

from fsm.effects import AnyEffect, Audit, Cancel, Place, Query
from fsm.events import OrderAbsent
from fsm.ledger import Purpose, Report, Status

from ..exchange import Exchange, Resting
from ..wire import Answer, Wire

GIVES_UP = 10.0  # seconds until the client stops waiting for an answer
DAWDLE = 6.0  # seconds


@dataclass
class Venue(Exchange):
    part: float | None = None  # of the next trade
    expires: bool = False  # what the next market order leaves open is cancelled by the venue
    refusals: Counter[Purpose] = field(default_factory=Counter)  # so many orders it will refuse

    def place(self, e: Place) -> Report | None:
        expires, self.expires = self.expires, False
        report = super().place(e)
        order = self.orders.get(e.cid)
        if expires and order and order.live:
            order.status = Status.CANCELED
            return order.report()
        return report

    def _refusal(self, o: Resting) -> str:
        reason = super()._refusal(o)
        if reason or not self.refusals[o.purpose]:
            return reason
        self.refusals[o.purpose] -= 1
        return "filter"

    def trade(self, o: Resting, part: float) -> None:
        told, self.part = self.part, None
        super().trade(o, part if told is None else told)


@dataclass(slots=True)
class Line(Wire):
    storm: list[str] = field(default_factory=list)  # what becomes of the next orders and cancels
    mute: int = 0  # so many questions get no answer
    dawdle: float = 0.0  # seconds that the answer to a question takes
    audits: float = 0.0  # the same, of an audit
    echo: bool = False
    denied: dict[str, int] = field(default_factory=dict)  # orders that the venue will deny so many times

    @property
    def denying(self) -> bool:
        """Whether it will yet deny an order that is there."""
        live = {o.cid for o in self.exchange.live()}
        return any(n for cid, n in self.denied.items() if cid in live)

    def send(self, i: int, outcome: str) -> None:
        effect = self.todo[i][1]
        if isinstance(effect, Query | Audit):
            outcome = self._question(effect)
        elif isinstance(effect, Place | Cancel) and self.storm:
            outcome = self.storm.pop()
        if outcome == "denied" and isinstance(effect, Query):
            self.todo.pop(i)
            cid, asked_at = effect.cid, effect.asked_at
            self._say(lambda at: OrderAbsent(at=at, cid=cid, asked_at=asked_at))
        else:
            Wire.send(self, i, outcome)

    def _question(self, effect: AnyEffect) -> str:
        if self.mute:
            self.mute -= 1
            return "reply_lost"
        if isinstance(effect, Query) and self.denied.get(effect.cid):
            self.denied[effect.cid] -= 1
            return "denied"
        return "delayed" if (self.audits if isinstance(effect, Audit) else self.dawdle) else "ok"

    def _delay(self, outcome: str) -> float:
        return (self.audits or self.dawdle or DAWDLE) if outcome == "delayed" else 0.0

    def _say(self, answer: Answer, delay: float | None = None) -> None:
        Wire._say(self, answer, delay)
        if self.echo:
            Wire._say(self, answer, (delay or 0.0) + 2.0)

    # -- the struck request, which stands first
    def strike(self, outcome: str) -> None:
        kind, _, how = outcome.partition("-")
        before = len(self.news)
        if kind == "late" and how:
            self._send_late(float(how))
        else:
            Wire.send(self, 0, BEFALLS.get(kind, "ok"))
        wait = GIVES_UP if how == "hangs" else DAWDLE if outcome == "late" else 0.0
        self.news[before:] = [(due + wait, answer) for due, answer in self.news[before:]]

    def _send_late(self, seconds: float) -> None:
        effect = self.todo[0][1]
        Wire.send(self, 0, "never_arrives")
        if isinstance(effect, Place):
            effect = replace(effect, expires=effect.expires - self.exchange.skew)
        self.late.append((self.now + seconds, effect))


BEFALLS = {  # in the words of the wire
    "done": "reply_lost",
    "lost": "never_arrives",
    "unreachable": "delayed",
    "unlisted": "rejected",
    "overtaken": "stale_reply",
}


def stage_of(effect: AnyEffect) -> str:
    """When this request leaves."""
    return effect.purpose.value if isinstance(effect, Place) else type(effect).__name__.lower()
