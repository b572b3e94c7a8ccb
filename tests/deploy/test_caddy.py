"""The real Caddy, with our file, in front of a stand-in for the bot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.end_to_end.process import free_port

from .tools import ROOT, tool

pytestmark = pytest.mark.anyio


@dataclass
class StandIn:
    """Answers 202 and remembers the first lines and headers of what it was asked."""

    heard: list[str] = field(default_factory=list)
    answer_with: bytes = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
                await reader.readexactly(int(re.search(r"Content-Length: (\d+)", self.heard[-1])[1]))  # type: ignore[index]
                writer.write(self.answer_with)
                await writer.drain()
                if b"999" in self.answer_with:
                    break
        writer.close()


@dataclass
class Front:
    http: httpx.AsyncClient
    bot: StandIn
    server: asyncio.Server
    caddy: asyncio.subprocess.Process

    async def log(self) -> str:
        """Everything that Caddy printed. Ends it."""
        self.caddy.terminate()
        _, err = await self.caddy.communicate()
        return err.decode()


@pytest.fixture
async def front(anyio_backend: str, tmp_path: object) -> AsyncIterator[Front]:
    program = tool("caddy")
    bot, port = StandIn(), free_port()
    server = await asyncio.start_server(bot.answer, "127.0.0.1", 0)
    bot_port = server.sockets[0].getsockname()[1]
    env = os.environ | {
        "SITE_ADDRESS": f"http://127.0.0.1:{port}",
        "BOT_ADDRESS": f"127.0.0.1:{bot_port}",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    words = ("run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile"))
    caddy = await asyncio.create_subprocess_exec(program, *words, env=env, stderr=-1, stdout=-1)
    async with httpx.AsyncClient(base_url=env["SITE_ADDRESS"], timeout=5) as http:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await http.get("/")
                    break
                await asyncio.sleep(0.05)
        yield Front(http, bot, server, caddy)
    if caddy.returncode is None:
        caddy.kill()
        await caddy.communicate()
    server.close()


async def test_an_alert_passes_in_both_forms(front: Front) -> None:
    for path in ("/webhook", "/webhook/a-secret"):
        assert (await front.http.post(path, json={})).status_code == 202
    assert [heard.splitlines()[0] for heard in front.bot.heard] == [
        "POST /webhook HTTP/1.1",
        "POST /webhook/a-secret HTTP/1.1",
    ]


@pytest.mark.parametrize(
    "path", ["/", "/health", "/metrics", "/events", "/schema", "/diagram", "/webhooks", "/webhook"]
)
async def test_nothing_else_passes(front: Front, path: str) -> None:
    assert (await front.http.get(path)).status_code == 404
    assert front.bot.heard == []


async def test_nobody_can_pretend_an_address(front: Front) -> None:
    await front.http.post("/webhook", json={}, headers={"X-Forwarded-For": "52.89.214.238"})
    (heard,) = front.bot.heard
    assert "X-Forwarded-For: 127.0.0.1\r\n" in heard
    assert "52.89.214.238" not in heard


async def test_a_large_body_is_cut_off(front: Front) -> None:
    assert (await front.http.post("/webhook", content=b"x" * 70_000)).status_code == 413


async def test_a_bot_that_is_away_is_answered_503_so_that_the_alert_comes_again(front: Front) -> None:
    front.server.close()
    answer = await front.http.post("/webhook/my-very-secret-path", json={})
    assert answer.status_code == 503
    assert "my-very-secret-path" not in await front.log()


async def test_what_caddy_says_of_a_request_hides_its_secret(front: Front) -> None:
    """A bot that dies in the middle of an answer is worth a line in the log."""
    front.bot.answer_with = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"
    with contextlib.suppress(httpx.HTTPError):
        await front.http.post("/webhook/my-very-secret-path", json={}, headers={"X-Webhook-Secret": "another"})
    log = await front.log()
    assert "/webhook/***" in log
    assert "my-very-secret-path" not in log
    assert "another" not in log
