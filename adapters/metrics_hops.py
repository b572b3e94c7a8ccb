"""How long an alert takes from hop to hop, read off the journal: fired, received, journaled, sent, acknowledged,
protected. What the journal cannot know, the webhook measures itself: the time of the durable write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fsm.bot import State
from fsm.commands import Side, Signal
from fsm.effects import Place
from fsm.events import OrderSeen
from fsm.ledger import Purpose

from .store import Entry

HOPS = (
    "fired_to_received",
    "received_to_journaled",
    "journaled_to_sent",
    "sent_to_acknowledged",
    "acknowledged_to_protected",
)
PURPOSES = {Side.BUY: Purpose.ENTRY, Side.SELL: Purpose.EXIT}
SIDES = {purpose: side for side, purpose in PURPOSES.items()}


class Hop(NamedTuple):
    name: str
    side: Side
    seconds: float


class Hops:
    """Reads the journal in order, and remembers only the signal and the orders that are under way."""

    def __init__(self) -> None:
        self._heard: dict[Purpose, float] = {}  # signals whose order was not yet sent
        self._sent: dict[str, tuple[Purpose, float]] = {}  # orders that were not yet acknowledged
        self._bought: float | None = None  # when the entry was acknowledged that has no stop yet

    def read(self, entry: Entry) -> Iterator[Hop]:
        yield from self._signal(entry)
        yield from self._placed(entry)
        yield from self._seen(entry)
        yield from self._protected(entry)

    def _signal(self, entry: Entry) -> Iterator[Hop]:
        signal = entry.input
        if isinstance(signal, Signal) and entry.accepted:
            self._heard[PURPOSES[signal.side]] = entry.at
            yield Hop("fired_to_received", signal.side, max(0.0, signal.at - signal.stamp))

    def _placed(self, entry: Entry) -> Iterator[Hop]:
        for effect in entry.effects:
            if isinstance(effect, Place) and (heard := self._heard.pop(effect.purpose, None)) is not None:
                self._sent[effect.cid] = (effect.purpose, entry.at)
                yield Hop("journaled_to_sent", SIDES[effect.purpose], entry.at - heard)

    def _seen(self, entry: Entry) -> Iterator[Hop]:
        seen = entry.input
        if not isinstance(seen, OrderSeen) or seen.cid not in self._sent:
            return
        purpose, sent = self._sent.pop(seen.cid)
        if purpose is Purpose.ENTRY:
            self._bought = entry.at
        yield Hop("sent_to_acknowledged", SIDES[purpose], entry.at - sent)

    def _protected(self, entry: Entry) -> Iterator[Hop]:
        if self._bought is not None and entry.after == State.IN_POSITION:
            yield Hop("acknowledged_to_protected", Side.BUY, entry.at - self._bought)
        if entry.after in (State.IN_POSITION, State.IDLE, State.PAUSED):
            self._bought = None
        if entry.after in (State.IDLE, State.PAUSED):
            self._sent.clear()
