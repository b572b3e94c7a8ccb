"""The operator's socket: `auto-trader stop|resume|rearm|orphan` speak to a running bot over a 0600 unix socket.

One JSON command a connection, one JSON answer. Without a running bot the same command goes straight into the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from fsm.commands import Rearm, Resolve, Resume, Stop
from fsm.step import Decision

OperatorCommand = Stop | Resume | Rearm | Resolve
DECODE = msgspec.json.Decoder(OperatorCommand).decode
ENCODE = msgspec.json.Encoder().encode


class Answer(Struct, frozen=True):
    accepted: bool
    state: str
    reasons: tuple[str, ...]


class Core(Protocol):
    @property
    def trouble(self) -> str | None: ...

    def fire(self, input: OperatorCommand) -> Decision: ...

    async def durable(self) -> bool: ...


def socket_path(database: Path) -> Path:
    return database.with_name(database.name + ".sock")


async def command(core: Core, command: OperatorCommand) -> Answer:
    """A command that could not be written down is not accepted: it may hold in memory, but not over a restart."""
    d = core.fire(command)
    if not await core.durable():
        lost = f"it holds, but in memory only, not over a restart: the journal cannot be written: {core.trouble}"
        return Answer(False, d.bot.state.value, (*d.reasons, lost))
    return Answer(d.accepted, d.bot.state.value, d.reasons if not d.accepted else d.bot.why)


@contextlib.asynccontextmanager
async def listen(core: Core, database: Path, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Serve the socket beside the database. The caller holds the database's lock, so an old socket is a dead one."""
    path = socket_path(database)
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            try:
                asked = DECODE(await asyncio.wait_for(reader.readline(), 5))
                answer = await command(core, msgspec.structs.replace(asked, at=clock()))
            except (msgspec.DecodeError, TimeoutError, ConnectionError) as error:
                answer = Answer(False, "", (str(error),))
            with contextlib.suppress(ConnectionError):  # who asked is gone; the command stands
                writer.write(ENCODE(answer) + b"\n")
                await writer.drain()

    mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(serve, path)
    finally:
        os.umask(mask)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def ask(database: Path, command: OperatorCommand) -> Answer:
    """Send one command to a running bot. Raises ConnectionError or FileNotFoundError when none is running."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(socket_path(database)))
        sock.sendall(ENCODE(command) + b"\n")
        return msgspec.json.decode(sock.makefile("rb").readline(), type=Answer)
