"""A bot driven by hand, and what its journal is told as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal as D

from adapters.notifications import Narrator
from adapters.runner import Runner
from adapters.store import Store
from fsm.bot import State
from fsm.commands import AnyCommand, Side
from fsm.effects import Audit, Place
from fsm.events import AnyEvent, OrderSeen, OrderUnresolved, Tick
from fsm.ledger import Report, Status

from ..driving import BOOT, NOW, assessed, filled, resting, signal


@dataclass
class Hand:
    """A bot driven by hand, and what its journal is told as."""

    runner: Runner
    store: Store
    narrator: Narrator = field(default_factory=lambda: Narrator("BTC/USDT", "testnet", "binance"))
    at: int = 0

    def fire(self, *inputs: AnyCommand | AnyEvent) -> list[str]:
        """What is told of these inputs."""
        for input in inputs:
            self.decision = self.runner.fire(input)
        entries = self.store.reader.entries(after=self.at)
        self.at = entries[-1].seq if entries else self.at
        return [text for entry in entries for text in self.narrator.tell(entry)]

    @property
    def placed(self) -> Place:
        return next(e for e in self.decision.effects if isinstance(e, Place))

    @property
    def audit(self) -> int:
        return next(e.asked for e in self.decision.effects if isinstance(e, Audit))

    def in_position(self) -> list[str]:
        texts = self.fire(*BOOT, signal(Side.BUY, "a"), assessed("a"))
        texts += self.fire(filled(self.placed, D("64210.33")))
        self.stop = self.placed
        return texts + self.fire(resting(self.stop))

    def trouble(self, alarm: str) -> Iterator[str]:
        """Bring the bot, which is in a position, into this alarm; what is told on the way."""

        def refused(place: Place, at: float) -> OrderSeen:
            return OrderSeen(at=at, cid=place.cid, report=Report(Status.REJECTED, reason="no"))

        gone = Report(Status.CANCELED, asked_at=NOW + 1)
        at = NOW + 1
        if alarm == "unprotectable":
            yield from self.fire(OrderSeen(at=at, cid=self.stop.cid, report=gone))
            for _ in range(2):
                yield from self.fire(refused(self.placed, at))
            return
        self.fire(signal(Side.SELL, "b", at=at))
        yield from self.fire(OrderSeen(at=at, cid=self.stop.cid, report=gone))
        exit_ = self.placed
        for _ in range(6):
            if alarm == "lost":
                yield from self.fire(OrderUnresolved(at=at, cid=exit_.cid))
                continue
            if self.runner.bot.state is State.HALTED:
                return
            yield from self.fire(refused(exit_, at))
            for _ in range(20):  # it waits, looks at the account, and tries again
                at += 1
                yield from self.fire(Tick(at=at))
                if placed := [e for e in self.decision.effects if isinstance(e, Place)]:
                    exit_ = placed[0]
                    break
