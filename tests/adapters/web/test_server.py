"""The real server on a real socket: what an ASGI client in the same process cannot show."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from adapters.web import CannotListen, create_app, serve, webhook

from .conftest import SECRET, World

pytestmark = pytest.mark.anyio
HEAD = f"POST /webhook HTTP/1.1\r\nHost: bot\r\nX-Webhook-Secret: {SECRET}\r\n"


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    app = create_app(world.core, world.settings, world.vitals, world.clock, world.told.append)
    async with serve(app, "127.0.0.1", 0) as url:
        yield url


async def _send(url: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """Raw bytes, part by part, and whatever comes back until the other side closes or is silent for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)
    answer = b""
    try:
        async with asyncio.timeout(1):
            while chunk := await reader.read(65_536):
                answer += chunk
    except TimeoutError:
        pass
    writer.close()
    return answer


async def _refused(url: str) -> bool:
    async with httpx.AsyncClient(base_url=url) as client:
        try:
            await client.get("/health")
        except httpx.ConnectError:
            return True
    return False


async def test_an_alert_over_http(world: World, url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post(f"/webhook/{SECRET}", json=world.alert())
        assert answer.status_code == 202
        assert "server" not in answer.headers
        assert (await client.get("/health")).json()["state"] == "validating"


async def test_another_package_that_brings_httptools_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn would take it by itself. Here it is there, and cannot read anything."""
    monkeypatch.setitem(sys.modules, "httptools", ModuleType("httptools"))
    monkeypatch.delitem(sys.modules, "uvicorn.protocols.http.auto", raising=False)
    app = create_app(world.core, world.settings, world.vitals, world.clock, world.told.append)
    async with serve(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize("secret", [SECRET, "x" * 40])
async def test_a_body_of_megabytes_gets_its_answer(world: World, url: str, secret: str) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    for body in (b" " * 4_000_000, stream()):
        async with httpx.AsyncClient(base_url=url, headers={"X-Webhook-Secret": secret}) as client:
            answer = await client.post("/webhook", content=body)
            assert answer.status_code == (413 if secret == SECRET else 401)
            assert (await client.get("/health")).status_code == 200


async def test_a_slow_body_is_not_waited_for(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BODY_DEADLINE", 0.2)
    started = time.monotonic()
    answer = await _send(url, HEAD.encode() + b'Content-Length: 100\r\n\r\n{"signal"', pause=0.3)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer.lower()
    assert time.monotonic() - started < 1
    assert len(world.told) == 1


async def test_a_sender_who_hangs_up_does_no_harm(world: World, url: str) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(HEAD.encode() + b'Content-Length: 100\r\n\r\n{"signal"')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    assert world.core.signals() == []
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).status_code == 200


async def test_a_body_in_chunks_without_a_length(world: World, url: str) -> None:
    body = json.dumps(world.alert()).encode()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in (body[:10], body[10:]))
    answer = await _send(
        url, HEAD.encode() + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 202")


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /health HTTP/1.1\r\nX-A: ", b"a" * 1024),
        (b"GET /health HTTP/1.1\r\n", b"X-A: " + b"a" * 1017 + b"\r\n"),
        (b"GET /", b"a" * 1024),
        (b"POST /webhook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: " + b"a" * 1017 + b"\r\n"),
        (b"POST /webhook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a=", b"a" * 1024),
    ],
    ids=["one header", "many headers", "address", "trailers", "chunk"],
)
async def test_a_head_without_end_is_cut_off(world: World, url: str, start: bytes, more: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(start)
    sent = 0
    async with asyncio.timeout(10):
        while not reader.at_eof():
            assert sent < 8_000_000
            with contextlib.suppress(ConnectionError):
                writer.write(more)
                await writer.drain()
                sent += len(more)
            await asyncio.sleep(0)
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(0.001):
                    await reader.read(65536)
    writer.close()
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).status_code == 200


async def test_a_head_of_sixty_kilobytes_is_read(world: World, url: str) -> None:
    headers = {f"X-{n}": "a" * 1000 for n in range(60)}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        for _ in range(3):
            assert (await client.get("/health")).status_code == 200


async def test_an_alert_that_asks_for_an_upgrade_is_taken_without_one(world: World, url: str) -> None:
    """Java's HttpClient asks for HTTP/2 with each request, unless it is told not to."""
    body = json.dumps(world.alert()).encode()
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
    answer = await _send(url, f"{HEAD}{upgrade}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    assert answer.startswith(b"HTTP/1.1 202")
    assert len(world.core.signals()) == 1


async def test_a_stranger_who_sends_on_without_reading_answers_takes_neither_memory_nor_time(
    world: World, url: str
) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    before, waits = _resident(), list[float]()

    async def pour() -> None:
        while True:
            writer.write(b"GET /q HTTP/1.1\r\nHost: bot\r\n\r\n" * 5_000)
            await writer.drain()

    pouring = asyncio.ensure_future(pour())
    async with httpx.AsyncClient(base_url=url) as client:
        for _ in range(20):
            started = time.monotonic()
            assert (await client.get("/health")).status_code == 200
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0.05)
    pouring.cancel()
    writer.transport.abort()
    assert _resident() - before < 50_000_000
    assert max(waits) < 2


def _resident() -> int:
    """Bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_busy_port_is_an_error_that_names_it(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen, match=f"HOST=127.0.0.1 PORT={port}: Address already in use"):
            async with serve(None, "127.0.0.1", port):
                pytest.fail("it listens")


async def test_an_address_that_is_not_ours(world: World) -> None:
    with pytest.raises(CannotListen, match=r"HOST=192\.0\.2\.1 PORT=0"):
        async with serve(None, "192.0.2.1", 0):
            pytest.fail("it listens")


@pytest.mark.parametrize(("host", "prefix"), [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
async def test_the_url_can_be_used(world: World, host: str, prefix: str) -> None:
    app = create_app(world.core, world.settings, world.vitals, world.clock)
    async with serve(app, host, 0) as url, httpx.AsyncClient(base_url=url) as client:
        assert url.startswith(prefix)
        assert (await client.get("/health")).status_code == 200
    assert await _refused(url)


async def test_an_app_that_does_not_start_is_an_error(world: World) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="did not start"):
        async with serve(broken, "127.0.0.1", 0):
            pytest.fail("it serves")


async def test_it_stops_while_a_sender_dawdles(world: World) -> None:
    app = create_app(world.core, world.settings, world.vitals, world.clock)
    async with serve(app, "127.0.0.1", 0) as url:
        _reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(HEAD.encode() + b'Content-Length: 100\r\n\r\n{"signal"')
        await writer.drain()
        await asyncio.sleep(0.05)
        started = time.monotonic()
    assert time.monotonic() - started < 4
    writer.close()


async def test_a_block_that_fails_still_stops_the_server(world: World) -> None:
    app = create_app(world.core, world.settings, world.vitals, world.clock)
    with pytest.raises(ZeroDivisionError):
        async with serve(app, "127.0.0.1", 0) as url:
            _ = 1 / 0
    assert await _refused(url)


async def test_the_signals_stay_ours(world: World) -> None:
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    app = create_app(world.core, world.settings, world.vitals, world.clock)
    async with serve(app, "127.0.0.1", 0):
        assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == handlers


class TestForwarding:
    @pytest.fixture
    def env(self, env: dict[str, str]) -> dict[str, str]:
        return env | {"WEBHOOK_ALLOWED_IPS": "127.0.0.1"}

    async def test_the_server_itself_believes_no_proxy(self, world: World, url: str) -> None:
        async with httpx.AsyncClient(base_url=url, headers={"X-Forwarded-For": "203.0.113.9"}) as client:
            assert (await client.post(f"/webhook/{SECRET}", json=world.alert())).status_code == 202
