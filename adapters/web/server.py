"""The web server as a guest on the bot's loop: the bot owns the loop, the signals and the socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from typing import Any

import uvicorn

GRACE = 3  # seconds for requests that are under way when we stop
KEEP_ALIVE = 130  # seconds; longer than proxies keep an idle connection (Caddy: 120), so that we never close it first
GLANCE = 0.005  # seconds between two looks at whether it is up


class CannotListen(OSError):
    """HOST and PORT name nothing that we may listen on."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def serve(app: Any, host: str, port: int) -> AsyncIterator[str]:
    """Serve an ASGI app while the block lasts; yields its base URL. Port 0 takes a free one.

    Raises CannotListen when the address is taken or not ours, RuntimeError when the app does not start.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom to believe is TRUSTED_PROXIES' business
        http="h11",  # in C it would be no faster here, keeps what strangers pipeline, and loses bodies (decision 12)
        ws="none",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config)
    with _listen(host, port) as listener:
        serving = asyncio.create_task(_run(server, listener))
        try:
            while not server.started and not serving.done():
                await asyncio.sleep(GLANCE)
            if not server.started:
                raise RuntimeError("the web application did not start") from serving.exception()
            yield _url(listener)
        finally:
            server.should_exit = True
            await asyncio.wait([serving])


async def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        await server.serve(sockets=[listener])
    except SystemExit as error:  # uvicorn's answer to an app that fails at start; in a task it would end the process
        raise RuntimeError(f"uvicorn gave up with exit code {error.code}") from error


def _listen(host: str, port: int) -> socket.socket:
    """Ours, because uvicorn answers a busy port with sys.exit, which would take the whole bot down."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise CannotListen(error.errno, f"cannot listen on HOST={host} PORT={port}: {error.strerror}") from error
    # asyncio does so only for sockets that name their protocol, and ours does not: 40 ms on every kept connection
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
