"""A venue that is far away: a proxy on loopback that delays every byte, and writes down who asked what and when.

A new connection costs what it costs in reality, `HANDSHAKES` round trips before its first byte, so a bot that lets its
connections go cold pays for it here as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HANDSHAKES = 2  # TCP's and TLS 1.3's


@dataclass(slots=True)
class Question:
    """One request, by the proxy's clock (the event loop's, in seconds), as the bot at its end sees it."""

    line: str  # method and path
    left: float
    answered: float | None = None  # when the bot got the first byte


@dataclass(slots=True)
class Distance:
    """`rtt` is seconds, and may be changed while it runs."""

    rtt: float = 0.0
    questions: list[Question] = field(default_factory=list)
    connections: int = 0  # that were opened

    def forget(self) -> None:
        """Begin a new page."""
        self.questions, self.connections = [], 0

    def asked(self, *lines: str) -> list[Question]:
        """The questions that begin with one of these words."""
        return [question for question in self.questions if question.line.startswith(lines)]

    @contextlib.asynccontextmanager
    async def to(self, url: str) -> AsyncIterator[str]:
        """The address to use instead of `url` while the block lasts."""
        host, port = urlsplit(url).hostname, urlsplit(url).port
        tasks: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            far_reader, far_writer = await asyncio.open_connection(host, port)
            ready = asyncio.get_running_loop().time() + HANDSHAKES * self.rtt
            line: list[Question] = []  # that is not answered yet; HTTP/1.1 has one at a time
            for work in (self._out(reader, far_writer, line, ready), self._back(far_reader, writer, line)):
                task = asyncio.create_task(work)
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _out(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: list[Question], ready: float
    ) -> None:
        """From the bot to the venue."""
        loop = asyncio.get_running_loop()
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):  # one of the two is gone
            while chunk := await reader.read(65536):
                now = loop.time()
                if not line:
                    line.append(Question(" ".join(chunk.split(b"?")[0].split(b" HTTP")[0].decode().split()[:2]), now))
                    self.questions.append(line[0])
                loop.call_at(max(now, ready) + self.rtt / 2, _write, writer, chunk)
            await asyncio.sleep(self.rtt)

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: list[Question]) -> None:
        """From the venue to the bot."""
        loop = asyncio.get_running_loop()

        def deliver(chunk: bytes) -> None:
            if line:
                line.pop().answered = loop.time()
            _write(writer, chunk)

        with contextlib.closing(writer), contextlib.suppress(ConnectionError):  # one of the two is gone
            while chunk := await reader.read(65536):
                loop.call_at(loop.time() + self.rtt / 2, deliver, chunk)
            await asyncio.sleep(self.rtt)


def _write(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    if not writer.is_closing():
        writer.write(chunk)


def numbered(questions: list[Question]) -> list[tuple[Question, int]]:
    """Each with its round trip: one more than the last of those that were answered before it left."""
    found: list[tuple[Question, int]] = []
    for question in sorted(questions, key=lambda q: q.left):
        before = (n for other, n in found if other.answered is not None and other.answered <= question.left)
        found.append((question, 1 + max(before, default=0)))
    return found


def trips(questions: list[Question]) -> dict[str, int]:
    """The first round trip in which each line was asked."""
    return {question.line: n for question, n in reversed(numbered(questions))}
