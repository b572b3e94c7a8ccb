"""The write-ahead log's way to the disk, in a thread: only those wait for it who must.

It is the `fdatasync` that SQLite itself does in a commit with `synchronous=FULL`, of the same bytes (wal.c,
`sqlite3WalFrames`); there, everything would stand still meanwhile. Decision 0009.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from adapters.errors import NotPersisted

SYNC = getattr(os, "fdatasync", os.fsync)  # macOS has no other


class Disk:
    """Law: after one failure nothing counts as durable any more, until a restart. Linux forgets which pages it could
    not write, so the next `fdatasync` may report success over a hole (fsync(2); lwn.net/Articles/752063)."""

    def __init__(self, wal: Path) -> None:
        """The log is opened, never written, and SQLite holds no lock of that file that closing it could drop."""
        self._fd = os.open(wal, os.O_RDONLY | os.O_CLOEXEC)
        self._thread = ThreadPoolExecutor(1, "disk")
        self._trip: Future[None] | None = None  # the last that was ordered
        self._failed: OSError | None = None

    def close(self) -> None:
        self._thread.shutdown()
        os.close(self._fd)

    def check(self) -> None:
        """Raises NotPersisted, if a trip has failed."""
        if self._failed is not None:
            raise NotPersisted(f"the disk failed ({self._failed}): restart, once it is well again")

    def order(self) -> None:
        """Bring along what was written so far. One trip serves all who ordered before it set out."""
        if self._trip is None or self._trip.running() or self._trip.done():
            self._trip = self._thread.submit(self._go)

    async def arrived(self) -> None:
        """All that was ordered is on the disk. Raises NotPersisted."""
        if self._trip is not None:
            await asyncio.shield(asyncio.wrap_future(self._trip))
        self.check()

    def _go(self) -> None:
        try:
            SYNC(self._fd)
        except OSError as error:
            self._failed = error
