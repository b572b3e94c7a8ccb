"""No secret gets out: a canary in every slot, a bad day, and then a look at everything that was shown."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from decimal import Decimal as D
from pathlib import Path

import httpx
import pytest

from adapters.simulator import Fault, SimulatedExchange, serve
from adapters.simulator.binance_security import Account
from adapters.simulator.faults import ErrorAnswer as Says
from adapters.simulator.faults import Execution
from tests.adapters.telegram.botapi import OWNER, TOKEN, BotApi

from .canaries import ALL, DASHBOARD, KEY, PREVIOUS, SECRET, WEBHOOK, Shown
from .process import Program, call, environment, spoken

pytestmark = pytest.mark.anyio
TALKATIVE = f"Invalid API-key {KEY}, IP; signature={SECRET}; request to https://host/api?key={KEY}"


def alert(side: str, signal_id: str, **changes: object) -> dict[str, object]:
    """Without a secret."""
    said = spoken(side, signal_id)
    del said["secret"]
    return said | changes


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[BotApi]:
    api = BotApi()
    await api.up()
    yield api
    await api.down()


class Day:
    """A bot with a canary in every slot, and everything that is shown meanwhile."""

    def __init__(self, exchange: SimulatedExchange, venue: str, folder: Path, api: BotApi) -> None:
        chat = {"TELEGRAM_CHAT_ID": str(OWNER), "TELEGRAM_API_URL": api.url, "LOG_LEVEL": "DEBUG"}
        self.env = environment(exchange, venue, folder) | chat | ALL
        self.exchange, self.api, self.folder, self.shown = exchange, api, folder, Shown()
        self.bot = Program(self.env, folder)
        hooks = {"response": [self.shown.answer]}
        self.http = httpx.AsyncClient(base_url=self.bot.url, timeout=10, event_hooks=hooks)  # type: ignore[arg-type]

    async def post(self, path: str, body: dict[str, object] | bytes, **headers: str) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (await self.http.post(path, content=content, headers=headers)).status_code

    async def said(self, *words: str, **env: str) -> int:
        code, output = await call(self.env | env, self.folder, *words)
        self.shown.add(f"auto-trader {words[0]}", output)
        return code

    async def told(self, word: str) -> None:
        async with asyncio.timeout(20):
            while not any(word in text for text in self.api.texts):
                await asyncio.sleep(0.02)

    async def end(self, signum: signal.Signals) -> None:
        await self.bot.end(signum)
        self.shown.add("output", self.bot.output)
        self.shown.folder(self.folder)

    async def close(self) -> None:
        await self.bot.close()
        await self.http.aclose()


async def unreadable(day: Day) -> None:
    """Alerts that are broken where the secret is. Ten a minute are told to a person, and thirty reach the log."""
    for secret in (WEBHOOK, PREVIOUS):
        cut = json.dumps(alert("SELL", "cut", secret=secret)).encode().partition(secret.encode())
        bodies = [
            cut[0] + cut[1][:20],
            cut[0] + cut[1],
            cut[0] + cut[1][:20] + b"\n" + cut[1][20:] + cut[2],
            json.dumps(alert("SELL", "x", secret=secret)).replace('"', "“").encode(),
            f'{{"signal": "SELL", "secret": {secret}}}'.encode(),
            json.dumps(alert("SELL", "x", secret=secret)).encode() + b"\xff",
            secret.encode(),
            f"{secret}, x".encode(),
        ]
        for body in bodies:
            whole = f'"secret": "{secret}"'.encode() in body  # who knows it is told what is wrong with the rest
            assert await day.post("/webhook", body) == (422 if whole else 401)
            if secret is WEBHOOK:
                assert await day.post(f"/webhook/{secret}", body) == 422


async def at_the_door(day: Day) -> None:
    """Every other way to bring a secret to the webhook, in the right place and in wrong ones."""
    for secret in (WEBHOOK, PREVIOUS):
        for path in (f"/webhook/{secret[:-1]}", f"/webhook/{secret}/more", f"/{secret}"):
            assert await day.post(path, alert("SELL", "x")) in (401, 404)
        await day.post(f"/webhook%2f{secret}?secret={secret}", alert("SELL", "x"))
        await day.http.get(f"/webhook/{secret}")
        headers = {"X-Webhook-Secret": secret + "x", "X-Forwarded-For": secret, "User-Agent": secret}
        assert await day.post("/webhook", alert("SELL", "x"), **headers) == 401
        assert await day.post(f"/webhook/{secret}", b"x" * 20_000) == 413
    for name in ("signal", "symbol", "price", "timestamp", "strategy", "signal_id"):
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in WEBHOOK)
        for n, spelled in enumerate((WEBHOOK, escaped)):
            body = json.dumps(alert("SELL", f"{n}-{name}") | {name: "SPELLED", "secret": "SPELLED"})
            assert await day.post("/webhook", body.replace("SPELLED", spelled).encode()) in (200, 202, 422)
    for name, secret in ALL.items():  # pasted into the wrong field of the right alert
        for field in ("strategy", "signal_id", "symbol", "signal"):
            answer = await day.post(f"/webhook/{WEBHOOK}", alert("SELL", f"pasted-{name}") | {field: secret})
            assert answer in (200, 202, 422)


async def at_the_exchange(day: Day) -> None:
    """An entry that is refused, and one whose outcome is unknown for a while, in words that repeat the keys."""
    faults = day.exchange.faults
    faults.add(Fault("POST", "/api/v3/order", Says(-2015, TALKATIVE, 401), Execution.NEVER))
    assert await day.post(f"/webhook/{WEBHOOK}", alert("BUY", "refused")) == 202
    await day.told("SIGNAL REJECTED")
    await day.bot.state("idle")
    faults.add(Fault("POST", "/api/v3/order", Says(-1007, TALKATIVE, 504)))
    assert await day.post("/webhook", alert("BUY", "unknown", secret=PREVIOUS)) == 202
    faults.add(Fault("POST", "/api/v3/orderList/oco", Says(-2010, TALKATIVE), Execution.NEVER))
    await day.bot.state("in_position")
    await day.told("OPENED")


async def at_the_window(day: Day) -> None:
    """Whoever may look, whoever may not."""
    for headers in ({}, {"Authorization": f"Bearer {DASHBOARD}"}, {"Authorization": f"Bearer {DASHBOARD}x"}):
        for path in ("/", "/metrics", "/dashboard.js", "/health", "/schema", f"/?token={DASHBOARD[:-1]}"):
            await day.http.get(path, headers=headers)
    answer = await day.http.get("/", params={"token": DASHBOARD})
    assert answer.status_code == 200
    assert (await day.http.get("/metrics")).status_code == 200  # by the cookie
    async with day.http.stream("GET", "/events") as events, asyncio.timeout(10):
        lines = events.aiter_lines()
        seen = [await anext(lines) for _ in range(20)]
    assert any("refused" in line for line in seen)
    day.shown.add("events", "\n".join(seen))


async def in_the_chat(day: Day) -> None:
    for word in ("/status", "/balance", "/today", "/trades", "/why", f"/{TOKEN}", TOKEN):
        await day.api.say(word, at=time.time())
    await day.told("equity")
    for status in (502, 400):  # a proxy that repeats the address, and with it the token
        day.api.parrot = status
        assert await day.said("doctor") == 1
        await day.bot.until(lambda health: any("telegram" in reason for reason in health["reasons"]))
        day.shown.add("health", json.dumps(await day.bot.health()))
        day.api.parrot = 0
        await day.bot.until(lambda health: not any("telegram" in reason for reason in health["reasons"]))


async def on_the_machine(day: Day) -> None:
    """Every command that speaks, with the right configuration and with wrong ones."""
    for words in (["journal"], ["journal", "--json"], ["stop"], ["resume"], ["orphan", "keep"], ["template"]):
        await day.said(*words)
    await day.said("signal", "BUY")
    await day.said("signal", "BUY", "--url", f"http://127.0.0.1:1/webhook/{WEBHOOK}")
    day.exchange.faults.add(Fault("GET", "/api/v3/account", Says(-2015, TALKATIVE, 401), times=None))
    await day.said("doctor")
    await day.said("doctor", "--json")
    day.exchange.faults.clear()
    elsewhere = {"PORT": WEBHOOK, "TRADING_PAIR": KEY, "LOG_LEVEL": DASHBOARD, "TELEGRAM_CHAT_ID": TOKEN}
    for wrong in (ALL, {name: f"{secret} {secret}" for name, secret in ALL.items()}):
        assert await day.said("run", EXCHANGE_URL=f"https://{SECRET}@host/", **elsewhere, **wrong) == 2


async def test_no_secret_is_seen_anywhere(tmp_path: Path, api: BotApi) -> None:
    exchange = SimulatedExchange.create(price=D(64210), account=Account(KEY, SECRET))
    async with serve(exchange) as venue:
        day = Day(exchange, venue, tmp_path, api)
        try:
            await day.bot.start()
            await at_the_exchange(day)
            await unreadable(day)
            await day.end(signal.SIGKILL)
            await day.bot.start()
            await in_the_chat(day)
            await at_the_door(day)
            await at_the_window(day)
            await on_the_machine(day)
            await day.end(signal.SIGTERM)
        finally:
            await day.close()
    day.shown.add("messages", "\n".join(message.text for message in (*api.sent, *api.edits)))
    assert not (leaks := day.shown.leaks()), "\n".join(leaks)
    exchange.close()
