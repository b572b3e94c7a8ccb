"""The real core behind the real application; only the database and the exchange are left out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapters.errors import NotPersisted
from adapters.health import Vitals
from adapters.settings import Settings, load
from adapters.web import create_app
from fsm.bot import Bot
from fsm.commands import AnyCommand, Signal
from fsm.effects import Place
from fsm.events import AnyEvent, Assessed, Audited, Booted, OrderSeen
from fsm.ledger import Purpose, Report, Status
from fsm.step import Decision, step

SECRET = "current-secret_0123456789.abcdefghijklmnopqrstuvwxyz~"  # longer than any excerpt
OLD_SECRET = "previous-secret_0123456789.abcdefghij"
NOON = 1_736_942_400.0  # 2025-01-15 12:00 UTC
ENV = {"TRADING_MODE": "paper", "WEBHOOK_SECRET": SECRET, "WEBHOOK_SECRET_PREVIOUS": OLD_SECRET}


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Core:
    """fsm.step with a list for a journal."""

    clock: Clock
    bot: Bot = field(default_factory=Bot)
    decisions: list[Decision] = field(default_factory=list)
    broken: bool = False  # the disk is full
    lost: bool = False  # the disk takes what is written, and does not keep it

    def fire(self, input: AnyCommand | AnyEvent) -> Decision:
        if isinstance(input, Signal):
            heard = {(i.side, i.signal_id, i.stamp) for i in self.signals()}
            input = replace(input, repeated=(input.side, input.signal_id, input.stamp) in heard)
        decision = step(self.bot, input)
        if self.broken:
            raise NotPersisted("no space left on device")
        self.bot = decision.bot
        self.decisions.append(decision)
        return decision

    async def durable(self) -> bool:
        return not self.lost

    def signals(self) -> list[Signal]:
        return [d.input for d in self.decisions if isinstance(d.input, Signal) and d.accepted]

    def placed(self, purpose: Purpose) -> list[Place]:
        return [e for d in self.decisions for e in d.effects if isinstance(e, Place) and e.purpose is purpose]

    def boot(self, settings: Settings) -> None:
        self.fire(Booted(at=self.clock(), pair=settings.trading_pair, limits=settings.limits))

    def audit(self) -> None:
        self.fire(Audited(at=self.clock(), asked=self.bot.seq, base=Decimal(0), cash=Decimal(10_000)))

    def assess(self) -> None:
        """The facts for the pending entry: everything is fine."""
        assert self.bot.signal
        facts = Assessed(at=self.clock(), signal_id=self.bot.signal.signal_id, price=Decimal(100), cash=Decimal(10_000))
        self.fire(facts)

    def fill(self) -> None:
        """The entry is filled and its stop rests at the exchange."""
        (entry,) = self.placed(Purpose.ENTRY)
        cost = entry.qty * 100
        self.fire(OrderSeen(at=self.clock(), cid=entry.cid, report=Report(Status.FILLED, entry.qty, cost)))
        (stop,) = self.placed(Purpose.STOP)
        self.fire(OrderSeen(at=self.clock(), cid=stop.cid, report=Report(Status.OPEN, asked_at=self.clock())))


@dataclass
class World:
    """One bot with its front door, and somebody who knocks."""

    settings: Settings
    core: Core
    clock: Clock
    vitals: Vitals
    told: list[str]  # what a person was told about bad alerts
    client: httpx.AsyncClient
    address: Callable[[str], None]  # where the next request comes from

    async def post(self, body: Any, *, path: str = "/webhook", secret: str | None = SECRET, **more: Any) -> Any:
        headers = {"X-Webhook-Secret": secret, **more.pop("headers", {})} if secret else more.pop("headers", {})
        content = body if not isinstance(body, dict) else json.dumps(body)
        return await self.client.post(path, content=content, headers=headers, **more)

    def alert(self, side: str = "BUY", **fields: Any) -> dict[str, Any]:
        alert = {
            "signal": side,
            "symbol": "BINANCE:BTCUSDT",
            "price": "64210.5",
            "timestamp": "2025-01-15T12:00:00Z",
            "strategy": "ema-btc-1",
            "signal_id": f"ema-btc-1|{side}|1",
        }
        return {name: value for name, value in {**alert, **fields}.items() if value is not ...}


class Peer:
    """ASGI middleware that says where a request comes from."""

    def __init__(self, app: Any) -> None:
        self.app, self.address = app, "203.0.113.7"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = (self.address, 40_000)
        await self.app(scope, receive, send)

    def speak_from(self, address: str) -> None:
        self.address = address


@pytest.fixture
def env() -> dict[str, str]:
    return dict(ENV)


@pytest.fixture
async def world(anyio_backend: str, env: dict[str, str]) -> AsyncIterator[World]:
    clock, told = Clock(), list[str]()
    settings, core = load(env), Core(clock)
    core.boot(settings)
    core.audit()
    vitals = Vitals(started_at=clock(), exchange_connected=True)
    app = create_app(core, settings, vitals, clock, told.append)
    peer = Peer(app)
    transport = httpx.ASGITransport(app=peer)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        yield World(settings, core, clock, vitals, told, client, peer.speak_from)
