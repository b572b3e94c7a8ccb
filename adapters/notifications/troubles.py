"""What is wrong with the outside at this moment, told once when it begins and once when it ends: no decision, so the
journal cannot tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adapters.figures import duration
from adapters.health import APART, Vitals

OUTAGE = 15.0  # seconds of silence before the exchange counts as away


class Troubles:
    """Looks at the vitals, and remembers what it saw the last time."""

    def __init__(self, vitals: Vitals, clock: Callable[[], float]) -> None:
        self._vitals, self._clock = vitals, clock
        self._silent_since: float | None = None
        self._outage_told = False
        self._unwritable = self._askew = False
        self._others: list[str] = []

    def look(self) -> Iterator[str]:
        """What began and what ended since the last look."""
        yield from self._exchange()
        yield from self._database()
        yield from self._clocks()
        yield from self._other()

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
                "exits still work. Free the disk, or see who may write to it"
            )
        if before and not self._unwritable:
            yield "✅ RECOVERED: the journal can be written again"

    def _clocks(self) -> Iterator[str]:
        drift = self._vitals.drift
        before, self._askew = self._askew, drift is not None and abs(drift) > APART
        if drift is not None and self._askew and not before:
            which = "ahead of" if drift > 0 else "behind"
            yield (
                f"❌ ERROR: clock — this machine's clock is {duration(abs(drift))} {which} the exchange's, so "
                "alerts look older or younger than they are. Set it (timedatectl set-ntp true); the bot notices"
            )
        if before and not self._askew:
            yield "✅ RECOVERED: this machine's clock agrees with the exchange's"

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
