"""The disk under the journal, which a test can hold up or break: in place of `fdatasync`, nothing else."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from adapters.store import disk

SIZE = 1 << 24  # bytes: more than any log of these tests


class Platter:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: list[bytes] = []  # the whole log, as it was at each trip
        self.broken = False
        self.under_way = threading.Event()
        self._free = threading.Event()
        self._free.set()
        monkeypatch.setattr(disk, "SYNC", self._sync)

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def _sync(self, fd: int) -> None:
        log = os.pread(fd, SIZE, 0)
        self.under_way.set()
        assert self._free.wait(10), "nobody let go of the disk"
        if self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.synced.append(log)
