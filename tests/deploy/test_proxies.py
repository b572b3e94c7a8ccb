"""The real Caddy, and nginx where it is installed, with our files, in front of a stand-in for the bot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

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
    proxy: asyncio.subprocess.Process
    says: str  # of an alert that went wrong, in its log

    async def log(self) -> str:
        """Everything that the proxy printed. Ends it."""
        self.proxy.terminate()
        _, err = await self.proxy.communicate()
        return err.decode()


def caddy(folder: Path, port: int, bot: int) -> tuple[str, ...]:
    return tool("caddy"), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")


def nginx(folder: Path, port: int, bot: int) -> tuple[str, ...]:
    """Our file, with other addresses and without TLS. What it would log at its usual level is printed."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        pytest.skip("no nginx on this machine, and no package of Python's brings one")
    ours = (ROOT / "deploy" / "nginx.conf").read_text()
    ours = re.sub(r"\n\s*ssl_certificate.*", "", ours).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    ours = ours.replace("127.0.0.1:8000", f"127.0.0.1:{bot}")
    places = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log /dev/stderr; {places}\n{ours}\n}}\n"
    )
    return program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")


@pytest.fixture(params=[caddy, nginx], ids=lambda words: words.__name__)
async def front(anyio_backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Front]:
    bot, port = StandIn(), free_port()
    async with await asyncio.start_server(bot.answer, "127.0.0.1", 0) as server:
        bot_port = server.sockets[0].getsockname()[1]
        words = request.param(tmp_path, port, bot_port)
        env = os.environ | {
            "SITE_ADDRESS": f"http://127.0.0.1:{port}",
            "BOT_ADDRESS": f"127.0.0.1:{bot_port}",
            "XDG_CONFIG_HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
        }
        proxy = await asyncio.create_subprocess_exec(*words, env=env, stderr=-1, stdout=-1)
        async with httpx.AsyncClient(base_url=env["SITE_ADDRESS"], timeout=5) as http:
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        await http.get("/")
                        break
                    await asyncio.sleep(0.05)
            yield Front(http, bot, server, proxy, says="/webhook/***" if request.param is caddy else "")
        if proxy.returncode is None:
            proxy.kill()
            await proxy.communicate()


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
    if path != "/webhook":
        assert (await front.http.post(path, json={})).status_code == 404
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


async def test_what_the_proxy_says_of_a_request_hides_its_secret(front: Front) -> None:
    """A bot that dies in the middle of an answer is worth a line in the log."""
    front.bot.answer_with = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"
    with contextlib.suppress(httpx.HTTPError):
        await front.http.post("/webhook/my-very-secret-path", json={}, headers={"X-Webhook-Secret": "another"})
    log = await front.log()
    assert front.says in log
    assert "my-very-secret-path" not in log
    assert "another" not in log
