"""The journal as a person reads it: one line a decision, what came, where it led, and why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import msgspec

from fsm.commands import Command, Rearm, Resolve, Signal
from fsm.effects import AnyEffect, Cancel, Place, Query
from fsm.events import Assessed, Audited, Booted, Marked, OrderAbsent, OrderSeen, OrderUnresolved

from .store import STAMPS, Entry, Hops, Reader

POLL = 0.5  # seconds between two looks when following


def lines(path: Path, follow: bool, as_json: bool, last: int) -> Iterator[str]:
    """Raises FileNotFoundError when there is no database."""
    reader = Reader.open(path)
    try:
        at = reader.nth_last_seq(last) if last else 0
        while True:
            batch = reader.entries(after=at)
            for entry in batch:
                at = entry.seq
                yield msgspec.json.encode(entry).decode() if as_json else line(entry)
                if not as_json:
                    yield from _arrived(reader, entry)
            if not batch and not follow:
                return
            if not batch:
                time.sleep(POLL)
    finally:
        reader.close()


def _arrived(reader: Reader, e: Entry) -> Iterator[str]:
    """A signal whose way ended with this row."""
    for hops in reader.hops(after=e.seq - 1, limit=1):
        if hops.touched == e.seq and hops.complete:
            yield f"{'':23}  {hops.signal_id}: {way(hops)}"


def way(hops: Hops) -> str:
    """'received +410 ms, journaled +2 ms, ... filled +48 ms; slippage +0.020 %'."""
    known = [(name, at) for name in STAMPS if (at := getattr(hops, name)) is not None]
    told = [f"{name} {_span(at - before)}" for (_, before), (name, at) in pairwise(known)]
    slipped = hops.slippage_pct
    return ", ".join(told) + (f"; slippage {slipped:+.3f} %" if slipped is not None else "")


def _span(seconds: float) -> str:
    return f"{seconds * 1000:+.0f} ms" if abs(seconds) < 1 else f"{seconds:+.1f} s"


def line(e: Entry) -> str:
    when = datetime.fromtimestamp(e.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    state = e.after if e.before == e.after else f"{e.before} -> {e.after}"
    parts = [f"{when}  {state:<26} {_said(e)}"]
    if not e.accepted:
        parts.append(f"refused: {'; '.join(e.reasons)}")
    elif e.reasons:
        parts.append("; ".join(e.reasons))
    parts += [f"{v.signal_id}: {v.outcome}" for v in e.verdicts if e.accepted]
    parts += [f"trade closed by {t.reason}, P&L {t.pnl:+.2f} after {t.fees:.2f} fees" for t in e.trades]
    parts += [f"-> {_asked(effect)}" for effect in e.effects]
    return "  ".join(parts)


def _plain(value: Decimal) -> str:
    """Without an exponent and without zeros that say nothing."""
    return f"{value.normalize():f}"


def _said(e: Entry) -> str:
    match e.input:
        case Signal(side=side, signal_id=signal_id, price=price):
            return f"signal {side.value} {signal_id}" + (f" at {_plain(price)}" if price else "")
        case Rearm(reason=reason):
            return f"rearm: {reason}"
        case Resolve(choice=choice):
            return f"orphan {choice.value}"
        case Booted(version=version, despite=despite):
            return f"booted {version}".rstrip() + (f" despite {', '.join(despite)}" if despite else "")
        case Command() as command:
            return type(command).__name__.lower()
        case Assessed(price=price, reachable=reachable):
            return f"facts: ask {_plain(price)}" if reachable else "facts: exchange unreachable"
        case OrderSeen(cid=cid, report=r):
            filled = f" {_plain(r.filled)} for {_plain(r.cost)}" if r.filled else ""
            return f"order {cid[-10:]} {r.status.name.lower()}{filled}" + (f" ({r.reason})" if r.reason else "")
        case OrderUnresolved(cid=cid, why=why):
            return f"order {cid[-10:]} unresolved: {why}"
        case OrderAbsent(cid=cid):
            return f"order {cid[-10:]} not found"
        case Audited(base=base, cash=cash):
            return f"account: {_plain(base)} base, {_plain(cash)} quote"
        case Marked(price=price):
            return f"price {_plain(price)}"
        case other:
            return type(other).__name__.lower()


def _asked(effect: AnyEffect) -> str:
    match effect:
        case Place(cid=cid, purpose=purpose, qty=qty, trigger=trigger):
            return (
                f"place {purpose.value} {_plain(qty)}"
                + (f" at {_plain(trigger)}" if trigger else "")
                + f" [{cid[-10:]}]"
            )
        case Cancel(cid=cid) | Query(cid=cid):
            return f"{type(effect).__name__.lower()} [{cid[-10:]}]"
        case _:
            return type(effect).__name__.lower()
