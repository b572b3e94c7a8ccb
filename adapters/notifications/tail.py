"""The tail of the journal: reads it, has it told, and remembers durably how far everything was told.

Law: at least once and in order. A text leaves only when the one before it has arrived; until then the journal keeps it.
Law: nothing waits for the telling. An outage of hours costs a place in the journal, and a few digests when it ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import structlog

from adapters.store import Entry

from .digest import digest, pieces
from .narrator import Narrator
from .troubles import Troubles

CURSOR = "alerts"
BURST = 4  # more texts than this at a time become a digest
BATCH = 100  # journal rows read at a time
MANY = 500  # texts in memory; the rest waits in the journal
FIRST, SLOWEST = 0.5, 15.0  # seconds until a failed sending is tried again

Send = Callable[[str], Awaitable[None]]
log = structlog.get_logger()


class Cursor(Protocol):
    def move_cursor(self, name: str, seq: int) -> None: ...


class Entries(Protocol):
    def entries(self, after: int = 0, limit: int = 1_000) -> list[Entry]: ...
    def cursor(self, name: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Note:
    """A text that is to be told."""

    at: float
    text: str
    seq: int | None = None  # the journal's row, if it is from there
    told: Callable[[], None] | None = None


class Tail:
    """Tells everything the journal holds and will hold, and what it is asked to `say` besides. The cursor moves after
    the telling: what was told just before a crash is told again."""

    def __init__(
        self,
        entries: Entries,
        cursor: Cursor,
        bell: asyncio.Event,
        narrator: Narrator,
        send: Send,
        troubles: Troubles | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`send` takes plain text and raises when it was not delivered. `bell` rings when something was decided."""
        self._entries, self._cursor, self._bell, self._narrator, self._send = entries, cursor, bell, narrator, send
        self._troubles, self._clock = troubles, clock
        self._read = entries.cursor(CURSOR)
        for entry in entries.entries(after=self._read - 1, limit=1):
            narrator.remember(entry)
        self._pending: deque[Note] = deque()  # in the order in which it happened
        self._said: list[Note] = []  # not yet put in order

    @property
    def at(self) -> int:
        """The last seq of which everything was told."""
        return next((note.seq - 1 for note in self._pending if note.seq is not None), self._read)

    @property
    def idle(self) -> bool:
        """Nothing that is known of waits to be told."""
        return not self._pending and not self._said

    def say(self, text: str, told: Callable[[], None] | None = None) -> None:
        """Tell this as well, after everything that waits; it does not survive a restart. `told` is called when it was
        delivered. Returns at once."""
        *parts, last = pieces(text)
        self._said += [*(Note(self._clock(), part) for part in parts), Note(self._clock(), last, told=told)]
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled. What cannot be sent is tried again, ever more slowly."""
        pause = FIRST
        while True:
            self._bell.clear()
            self._gather()
            if not self._pending:
                await self._bell.wait()
                continue
            message, count = self._message()
            try:
                await self._send(message)
            except Exception as error:
                log.warning("not_told", error=str(error), waiting=len(self._pending), again_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, SLOWEST)
            else:
                pause = FIRST
                self._done(count)

    def _gather(self) -> None:
        """Everything that is new, in the order in which it happened."""
        new = list[Note]()
        while len(self._pending) + len(new) < MANY:
            batch = self._entries.entries(after=self._read, limit=BATCH)
            for entry in batch:
                new += [Note(entry.at, part, entry.seq) for text in self._tell(entry) for part in pieces(text)]
                self._read = entry.seq
            if not batch:
                new += [Note(self._clock(), text) for text in (self._troubles.look() if self._troubles else ())]
                break
        new, self._said = new + self._said, []
        self._pending.extend(sorted(new, key=lambda note: note.at))

    def _tell(self, entry: Entry) -> list[str]:
        try:
            return list(self._narrator.tell(entry))
        except Exception:  # one entry that cannot be told must not silence all that follow
            log.exception("untold", seq=entry.seq)
            return [f"❌ ERROR: alert — journal entry {entry.seq} could not be put into words; see auto-trader journal"]

    def _message(self) -> tuple[str, int]:
        if len(self._pending) <= BURST:
            return self._pending[0].text, 1
        return digest([(note.at, note.text) for note in islice(self._pending, MANY)])

    def _done(self, count: int) -> None:
        notes = [self._pending.popleft() for _ in range(count)]
        try:
            if any(note.seq is not None for note in notes):
                self._cursor.move_cursor(CURSOR, self.at)
            for note in notes:
                if note.told:
                    note.told()
        except Exception:  # a full disk: told again after a restart
            log.exception("cursor_not_moved", at=self.at)
