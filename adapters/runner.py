"""The one place where inputs meet the core: decide, write it down, then let the effects leave.

`fire` is synchronous: nothing can come between a decision and its journal row, so there is no lock, and /stop never
queues. Law: what changes the world leaves when its row is on the disk, and not before; a question may leave earlier.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec.structs import replace

from adapters.background import end
from adapters.errors import NotPersisted
from fsm.bot import Bot
from fsm.commands import AnyCommand, Side, Signal
from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place
from fsm.events import AnyEvent, OrderSeen, OrderUnresolved
from fsm.guards import engaged, unguarded
from fsm.ledger import Purpose, Report, Status
from fsm.step import Decision, step

HANGING = 2.0  # seconds that nothing and nobody waits longer for the disk; TradingView gives up after 3
AFTER = 0.01  # seconds in which what was decided leaves, before those who watch get to know
Perform = Callable[[AnyEffect], Awaitable[AnyEvent | None]]
log = structlog.get_logger()


class Journal(Protocol):
    def load(self) -> Bot: ...
    def knows(self, signal: Signal) -> bool: ...
    def append(self, *decisions: Decision) -> None: ...
    async def durable(self) -> None: ...


class Runner:
    """Holds the bot. `perform` does one effect and returns the event that answers it; None leaves the effects in the
    ledger, from where the next boot takes them up."""

    def __init__(self, journal: Journal, clock: Callable[[], float], perform: Perform | None = None) -> None:
        self.bot = journal.load()
        self.trouble: str | None = None  # why the last decision could not be written
        self._journal, self._clock, self._perform = journal, clock, perform
        self._tasks: set[asyncio.Task[None]] = set()
        self._bells: list[asyncio.Event] = []
        self._unwritten: list[Decision] = []

    def fire(self, input: AnyCommand | AnyEvent) -> Decision:
        """Decide, commit, send. Raises NotPersisted when a signal could not be written."""
        if isinstance(input, Signal):
            input = replace(input, repeated=self._heard_before(input))
        decision = step(self.bot, input)
        failure = self._append(decision)
        if failure and _adds_risk(decision):
            raise failure
        if failure and decision.newsworthy:
            self._unwritten.append(decision)
        self.bot = decision.bot
        if decision.newsworthy:
            _tell(decision)
        for effect in decision.effects:
            self._spawn(effect)
        if self._tasks:
            asyncio.get_running_loop().call_later(AFTER, self._ring)
        else:
            self._ring()
        if failure and isinstance(input, Signal):
            raise failure  # the exit is under way, but the sender must know that it was not written down
        return decision

    async def durable(self) -> bool:
        """Whether all that was decided so far is on the disk, as soon as that is known; if not, `trouble` says why. One
        that hangs is not waited for: TradingView sends an alert again after a 503, and not after silence."""
        try:
            async with asyncio.timeout(HANGING):
                await self._journal.durable()
        except (NotPersisted, TimeoutError) as error:
            why = str(error) or f"the disk has not answered for {HANGING:g} s"
            if self.trouble is None:
                log.critical("journal_not_durable", error=why)
            self.trouble = why
        return self.trouble is None

    def bell(self) -> asyncio.Event:
        """An event that is set whenever something was decided; its owner clears it."""
        bell = asyncio.Event()
        self._bells.append(bell)
        return bell

    async def close(self, patience: float = 3.5) -> None:
        """Wait a little until what is held is watched by a stop, or sold. Then give up: what is unanswered is in the
        ledger, and the next boot asks about it."""
        bell = self.bell()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while engaged(self.bot) and unguarded(self.bot):
                    bell.clear()
                    await bell.wait()
        await end(self._tasks)
        if asked := [o.cid for o in self.bot.ledger.live() if o.status is Status.PLANNED]:
            log.warning("ended_without_an_answer", orders=asked, now="the next start asks the exchange about them")
        if self._unwritten:  # a last try
            with contextlib.suppress(NotPersisted):
                self._journal.append(*self._unwritten)

    def _heard_before(self, signal: Signal) -> bool:
        """An exit does not wait for a journal that cannot be read; to sell once more does no harm."""
        try:
            return self._journal.knows(signal)
        except NotPersisted:
            if signal.side is Side.BUY:
                raise
            return False

    def _append(self, decision: Decision) -> NotPersisted | None:
        """Law 5: when the journal cannot be written, only work that reduces risk may go on, from memory. What could not
        be written is written, in its order, as soon as there is room: its trades and alerts are late, not lost. Until
        then everything is tried, the ticks as well: the first row that is written says that the trouble is over."""
        if not decision.newsworthy and self.trouble is None:
            return None
        try:
            self._journal.append(*self._unwritten, decision)
        except NotPersisted as error:
            if decision.newsworthy or self.trouble is None:
                log.critical("journal_unwritable", error=str(error), input=type(decision.input).__name__)
            self.trouble = str(error)
            return error
        self._unwritten.clear()
        self.trouble = None
        return None

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    def _spawn(self, effect: AnyEffect) -> None:
        if self._perform is not None:
            task = asyncio.get_running_loop().create_task(self._answer(effect, self._perform))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, effect: AnyEffect, perform: Perform) -> None:
        if isinstance(effect, Cancel | Place) and not await self.durable() and _enters(effect):
            log.critical("entry_withheld", order=effect.cid)
            report = Report(Status.REJECTED, reason=f"not sent: {self.trouble}")
            self.fire(OrderSeen(at=self._clock(), cid=effect.cid, report=report))
            return
        try:
            event = await perform(effect)
        except Exception:  # a bug in an adapter is one more way of getting no answer
            log.exception("effect_failed", effect=type(effect).__name__)
            event = None
            if not isinstance(effect, Assess | Audit):
                event = OrderUnresolved(at=self._clock(), cid=effect.cid, why="internal error")
        if event is None:
            return
        try:
            self.fire(event)
        except NotPersisted:
            log.critical("entry_withheld", effect=type(effect).__name__)


def _adds_risk(decision: Decision) -> bool:
    return any(isinstance(e, Assess) or _enters(e) for e in decision.effects)


def _enters(effect: AnyEffect) -> bool:
    return isinstance(effect, Place) and effect.purpose is Purpose.ENTRY


def _tell(d: Decision) -> None:
    """One line a decision."""
    log.info(
        "decision",
        input=type(d.input).__name__,
        before=d.before.state.value,
        state=d.bot.state.value,
        **({"signal_id": d.input.signal_id} if isinstance(d.input, Signal) else {}),
        **({} if d.accepted else {"refused": list(d.reasons)}),
        **({"effects": [type(e).__name__ for e in d.effects]} if d.effects else {}),
        **({"verdicts": [f"{v.signal_id}: {v.outcome}" for v in d.verdicts]} if d.verdicts else {}),
    )
