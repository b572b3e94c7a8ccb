"""The little HTTP a fake exchange needs: raw requests in, and answers that may be cut short or never come.

Bare ASGI, because a signature covers the bytes exactly as they were sent and because a fault must be able to reach
the connection itself.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Protocol

import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol


class Delivery(Enum):
    """How much of an answer reaches the client."""

    WHOLE = auto()
    CUT = auto()  # the announced length is longer than what is sent
    DROPPED = auto()  # the connection dies without a byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `query` and `body` are the bytes as received."""

    method: str
    path: str
    query: bytes
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"
    delivery: Delivery = Delivery.WHOLE

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> "Reply":
        """An answer in JSON; Decimals become strings."""
        return cls(status=status, body=msgspec.json.encode(value), headers=headers or {})


class Application(Protocol):
    """Answers requests."""

    async def handle(self, request: Request) -> Reply:
        """Answer one request; exceptions become a 500."""


class ReachableConnection(H11Protocol):
    """Uvicorn's connection, with its transport within reach of the application, so that a fault can kill it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the transport to every request of this connection."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Site:
    """An ASGI application which sends each request to the first prefix that matches its path."""

    def __init__(self, applications: Mapping[str, Application]) -> None:
        self._applications = applications

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        request = await _read(scope, receive)
        for prefix, application in self._applications.items():
            if request.path.startswith(prefix):
                await _deliver(await application.handle(request), scope, receive, send)
                return
        await _deliver(Reply(status=404, content_type="text/html"), scope, receive, send)


async def _read(scope: Any, receive: Any) -> Request:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        body=body,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


async def _deliver(reply: Reply, scope: Any, receive: Any, send: Any) -> None:
    transport: asyncio.Transport = scope["state"]["transport"]
    if reply.delivery is Delivery.WHOLE:
        headers = {"content-type": reply.content_type, "content-length": str(len(reply.body)), **reply.headers}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": reply.body})
        return
    if reply.delivery is Delivery.CUT:
        half = reply.body[: len(reply.body) // 2]
        head = f"HTTP/1.1 {reply.status} OK\r\ncontent-type: {reply.content_type}\r\n"
        transport.write(head.encode() + f"content-length: {len(reply.body)}\r\n\r\n".encode() + half)
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # uvicorn answers 500 for an application that returns while it believes the client is still there
