"""What is wrong at this moment, told once when it begins and once when it ends.

The journal tells what stopped the bot. Two things it cannot tell: an alarm that rises when the bot is stopped already,
and an outside that is silent, which is no decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from adapters.figures import duration
from adapters.health import Vitals
from fsm.bot import Bot
from fsm.breakers import ALARMS

from . import words

OUTAGE = 15.0  # seconds of silence before the exchange counts as away


class Core(Protocol):
    @property
    def bot(self) -> Bot: ...


class Troubles:
    """Looks at the bot and at the vitals, and remembers what it saw the last time."""

    def __init__(self, core: Core, vitals: Vitals, clock: Callable[[], float]) -> None:
        self._core, self._vitals, self._clock = core, vitals, clock
        self._alarms = _holding(core.bot) & set(core.bot.why)  # these stopped the bot before we came
        self._silent_since: float | None = None
        self._outage_told = False
        self._unwritable = False
        self._others: list[str] = []

    def look(self, told: Collection[str] = ()) -> Iterator[str]:
        """What began and what ended since the last look, apart from the alarms that the journal has told."""
        yield from self._alarmed(told)
        yield from self._exchange()
        yield from self._database()
        yield from self._other()

    def _alarmed(self, told: Collection[str]) -> Iterator[str]:
        before, self._alarms = self._alarms, _holding(self._core.bot)
        for name in sorted(self._alarms - before - set(told)):
            yield f"❌ ERROR: {name} — {words.ALARMS[name]}"
        for name in sorted(before - self._alarms):
            if name in words.SOLVED:
                yield f"✅ RECOVERED: {words.SOLVED[name]}"

    def _exchange(self) -> Iterator[str]:
        now = self._clock()
        if self._vitals.exchange_connected:
            if self._outage_told and self._silent_since is not None:
                yield f"✅ RECOVERED: the exchange answers again after {duration(now - self._silent_since)}"
            self._silent_since, self._outage_told = None, False
            return
        if self._silent_since is None:
            self._silent_since = now
        if not self._outage_told and now - self._silent_since >= OUTAGE:
            self._outage_told = True
            yield (
                "❌ ERROR: exchange_unreachable — the exchange does not answer. A stop that rests there still watches; "
                "no entries until it is back, and the bot keeps trying. Look at the exchange's status page"
            )

    def _database(self) -> Iterator[str]:
        before, self._unwritable = self._unwritable, self._vitals.database is not None
        if self._unwritable and not before:
            yield (
                f"❌ ERROR: database — the journal cannot be written ({self._vitals.database}). No entries; stops and "
                "exits still work. Free the disk"
            )
        if before and not self._unwritable:
            yield "✅ RECOVERED: the journal can be written again"

    def _other(self) -> Iterator[str]:
        """Whatever any part wrote into the vitals: 'who: what'."""
        before, self._others = self._others, list(self._vitals.troubles)
        for trouble in self._others:
            if trouble not in before:
                who, _, what = trouble.partition(": ")
                yield f"❌ ERROR: {who} — {what}"
        for trouble in before:
            if trouble not in self._others:
                yield f"✅ RECOVERED: no more of this: {trouble}"


def _holding(bot: Bot) -> set[str]:
    return {alarm.__name__ for alarm in ALARMS if alarm(bot)}
