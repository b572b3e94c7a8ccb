"""A history in words: the same for a seed's trace and for the stories."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from fsm.bot import State
from fsm.commands import AnyCommand, Rearm, Resolve, Resume, Signal, Stop
from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place, Query
from fsm.events import (
    AnyEvent,
    Assessed,
    Audited,
    Booted,
    Marked,
    OrderAbsent,
    OrderSeen,
    OrderUnresolved,
    Tick,
)
from fsm.ledger import Order, Report, Status
from fsm.step import Decision


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def plain(value: Decimal) -> str:
    """Never 1E+2, never 100.00."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(slots=True)
class Telling:
    """Turns decisions into lines; orders get names that a person can follow."""

    names: dict[str, str] = field(default_factory=dict)

    def lines(self, d: Decision) -> list[str]:
        what = self._input(d.input)
        if isinstance(d.input, Signal | Stop | Resume | Rearm | Resolve) and not d.accepted:
            what += f" -- refused: {'; '.join(d.reasons)}"
        told = [f"{clock(d.bot.now)}  {what}"]
        if d.before.state is not d.bot.state:
            told.append(f"{d.before.state.value} -> {d.bot.state.value}{self._because(d)}")
        told += [self._effect(e) for e in d.effects]
        told += [f"signal {v.signal_id}: {v.outcome}{_list(v.reasons)}" for v in d.verdicts]
        for t in d.trades:
            prices = (
                f"{plain(t.qty)} bought at {plain(round(t.entry_price, 2))}, sold at {plain(round(t.exit_price, 2))}"
            )
            told.append(f"trade closed by {t.reason}: {prices}, P&L {t.pnl:+.2f} ({t.pnl_pct:+.2f} %)")
        return [told[0], *(f"{'':10}{line}" for line in told[1:])]

    @staticmethod
    def _because(d: Decision) -> str:
        stopped = d.bot.state in (State.PAUSED, State.HALTED, State.KILLED)
        return f" ({', '.join(d.bot.why)})" if stopped and d.bot.why else ""

    def _name(self, cid: str, order: Order | None = None) -> str:
        if cid not in self.names and order is not None:
            kind = order.purpose.value
            self.names[cid] = f"{kind}-{1 + sum(n.startswith(kind) for n in self.names.values())}"
        return self.names.get(cid, cid)

    def _input(self, i: AnyCommand | AnyEvent) -> str:
        match i:
            case Signal(side=side, signal_id=name):
                return f"signal {side.value} {name}{' (again)' if i.repeated else ''}"
            case Stop() | Resume() | Rearm():
                return f"/{type(i).__name__.lower()}"
            case Resolve(choice=choice):
                return f"/orphan {choice.value}"
            case Booted(epoch=epoch):
                return f"booted, epoch {epoch}"
            case Tick():
                return "time passes"
            case Marked(price=price, trading=trading):
                return f"price {plain(price)}{'' if trading else ', the venue takes cancels only'}"
            case Assessed(signal_id=name, price=price, cash=cash, base=base):
                bad = [f"not {word}" for word in ("reachable", "listed", "trading") if not getattr(i, word)]
                return f"facts for {name}: price {plain(price)}, cash {cash:.2f}, coins {plain(base)}{_list(bad)}"
            case OrderSeen(cid=cid, report=report, children=children):
                stops = "".join(f"; its {self._child(c.cid)}: {_report(c.report)}" for c in children)
                return f"{self._name(cid)}: {_report(report)}{stops}"
            case OrderUnresolved(cid=cid):
                return f"{self._name(cid)}: no answer"
            case OrderAbsent(cid=cid, asked_at=asked):
                return f"{self._name(cid)}: unknown to the venue when asked at {clock(asked)}"
            case Audited(base=base, cash=cash, open=open_):
                orders = ", ".join(self._name(cid) for cid in open_) or "none"
                return f"audit: cash {cash:.2f}, coins {plain(base)}, open orders {orders}"
        return repr(i)

    def _child(self, cid: str) -> str:
        self.names.setdefault(cid, cid)
        return self.names[cid]

    def _effect(self, e: AnyEffect) -> str:
        match e:
            case Place(cid, purpose, qty, expires, trigger):
                name = self._name(cid, Order(cid, purpose, qty, 0.0, expires))
                at = f" at {plain(trigger)}" if trigger is not None else ""
                return f"place {name}: {plain(qty)}{at}, valid until {clock(expires)}"
            case Cancel(cid):
                return f"cancel {self._name(cid)}"
            case Query(cid, _):
                return f"ask about {self._name(cid)}"
            case Assess(name):
                return f"fetch the facts for {name}"
            case Audit(_):
                return "ask for an audit"
        return repr(e)


def _list(words: list[str] | tuple[str, ...]) -> str:
    return f" ({', '.join(words)})" if words else ""


def _report(r: Report) -> str:
    fill = f", {plain(r.filled)} for {r.cost:.2f}" if r.filled else ""
    why = f" ({r.reason})" if r.status is Status.REJECTED and r.reason else ""
    return f"{r.status.name.lower()}{fill}{why}"
