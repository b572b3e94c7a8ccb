"""The log's way out: nobody who trades waits for whoever reads the log.

A pipe that nobody empties (a log collector that hangs, a terminal on hold) takes 64 KiB, and then stops whoever writes
to it. So a thread writes; it puts the lines together as well, a moment later, for an order may be waiting for this
processor. What finds no room meanwhile is lost, and counted: the journal, not the log, is the memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time

ROOM = 10_000  # lines
LATER = 0.02  # seconds
PATIENCE = 1.0  # seconds that the end of the program waits for what is not written yet

_log = logging.getLogger("auto-trader")


class Outlet(logging.Handler):
    """Writes records to a file descriptor, each on a line of its own, as what they hold looks when it is written."""

    def __init__(self, fd: int, room: int = ROOM) -> None:
        super().__init__()
        self._fd, self._lost = fd, 0
        self._lines: queue.Queue[logging.LogRecord] = queue.Queue(room)
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self._lost += 1

    def flush(self) -> None:
        """At the end of the program. Gives up on a reader that does not read."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, PATIENCE)

    def _write_all(self) -> None:
        while True:
            record: logging.LogRecord | None = self._lines.get()
            time.sleep(LATER)
            while record is not None:
                with contextlib.suppress(OSError):  # the reader is gone, and there is nobody else to tell
                    self._write(f"{self._line(record)}\n".encode())
                self._lines.task_done()
                record = None if self._lines.empty() else self._lines.get()
            if self._lost:
                lost, self._lost = self._lost, 0
                _log.warning("%d log lines were lost, because nobody read them", lost)

    def _line(self, record: logging.LogRecord) -> str:
        """Never raises: a line that cannot be put together must not end the log."""
        try:
            return self.format(record)
        except Exception as error:  # its text may quote what was not redacted
            return f"a log line of {record.name} cannot be shown: {type(error).__name__}"

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]
