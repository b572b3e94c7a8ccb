"""One step's scratch paper: the model that `transitions` sees, thrown away afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from .book import Trade
from .bot import Bot, State
from .commands import AnyCommand
from .effects import AnyEffect, Place
from .events import AnyEvent
from .ledger import Order, Purpose

T = TypeVar("T")
TTL = 5.0  # seconds an order may travel; venues enforce it (Binance recvWindow, Kraken deadline)


class Verdict(Struct, frozen=True, omit_defaults=True):
    """How a signal ended. Every accepted signal gets exactly one."""

    signal_id: str
    outcome: str  # opened | refused | closed
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Step:
    bot: Bot
    input: AnyCommand | AnyEvent
    effects: list[AnyEffect] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    archive: list[Order] = field(default_factory=list)  # of the trade that ended in this step
    accepted: bool = True

    @property
    def state(self) -> State:
        return self.bot.state

    @state.setter
    def state(self, state: State) -> None:
        self.change(state=state)

    def change(self, **fields: Any) -> None:
        self.bot = replace(self.bot, **fields)

    def as_(self, kind: type[T]) -> T:
        """The input, known by its row to be of this kind."""
        if not isinstance(self.input, kind):
            raise TypeError(f"the row is for {kind.__name__}, the input is {self.input!r}")
        return self.input

    def emit(self, effect: AnyEffect) -> None:
        self.effects.append(effect)
        self.bot = self.bot.expecting(effect)

    def place(
        self, purpose: Purpose, qty: Decimal, trigger: Decimal | None = None, limit: Decimal | None = None
    ) -> None:
        """A new order under an id used once, ever: 32 hex digits, bot tag 8, epoch 6, millisecond 11, step 3, effect 4.

        The moment is a part of it, because steps are counted again where the last ones were lost: what left while the
        disk was full is in no journal, and yet the venue has seen its ids.
        """
        bot = self.bot
        cid = f"{bot.tag}{bot.epoch:06x}{int(bot.now * 1000):011x}{bot.seq % 0x1000:03x}{len(self.effects):04x}"
        self.emit(Place(cid, purpose, qty, bot.now + TTL, trigger, limit))

    def decide(self, outcome: str, *reasons: str) -> None:
        """The pending entry signal's verdict."""
        if self.bot.signal is None:
            raise ValueError("there is no signal to decide")
        self.verdicts.append(Verdict(self.bot.signal.signal_id, outcome, reasons))
        self.reasons += reasons
        self.change(signal=None)
