"""A simulated exchange that, like the live one, tells a key's rights; a Bot API double that knows `sendChatAction`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.doctor import Finding, examine, refusals
from adapters.doctor.venues import Binance, Venue
from adapters.settings import Settings, load
from adapters.simulator import Depth, SimulatedExchange, serve, server
from adapters.simulator.binance import BinanceProtocol
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_security import authenticate
from adapters.simulator.http import Reply, Request
from tests.adapters.telegram.botapi import OWNER, TOKEN, BotApi
from tests.adapters.telegram.botapi import Refused as BotRefused

SECRET = "q7Xr2-Vb9_KfTz04LmNpWs81YcHdJe6u"
SAFE = {
    "ipRestrict": True,
    "createTime": 1_698_645_219_000,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "enableSpotAndMarginTrading": True,
}


class Chatty(BotApi):
    """`exiled`: the bot is not in the chat (or never was)."""

    exiled = False

    async def _sendChatAction(self, params: dict[str, str]) -> bool:
        if self.blocked:
            raise PermissionError("Forbidden: bot was blocked by the user")
        if self.exiled:
            raise BotRefused("Bad Request: chat not found")
        return True


@dataclass
class Clinic:
    """Everything a check looks at, healthy until a test breaks it."""

    exchange: SimulatedExchange
    chat: BotApi
    folder: Path
    env: dict[str, str]
    url: str = ""
    rights: dict[str, Any] = field(default_factory=lambda: dict(SAFE))
    rights_status: int = 200
    key: str = ""

    @property
    def settings(self) -> Settings:
        return load(self.env)

    @property
    def database(self) -> Path:
        return Path(self.env["DATABASE_PATH"])

    def live(self, settings: Settings, clock: Any) -> Venue:
        """The live exchange, moved to this machine."""
        account = self.exchange.account
        return Binance(
            self.url, self.key or account.api_key, account.api_secret, settings.trading_pair, clock, live=True
        )

    async def examine(self, *, live: bool = False) -> dict[str, Finding]:
        """By name."""
        more = {"find": self.live} if live else {}
        found = await examine(self.settings, time.time, self.folder / ".env", **more)
        assert len({f.name for f in found}) == len(found)
        return {f.name: f for f in found}

    async def refusals(self, *despite: str) -> list[str]:
        self.env.update(TRADING_MODE="live")
        self.env.pop("EXCHANGE_URL", None)
        return await refusals(self.settings, time.time, despite, find=self.live)


@pytest.fixture
async def clinic(anyio_backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    exchange = SimulatedExchange.create(price=Decimal(64000), depth=Depth(spread=Decimal(0)))
    chat = Chatty()
    await chat.up()
    clinic = Clinic(
        exchange,
        chat,
        tmp_path,
        {
            "BINANCE_API_KEY": exchange.account.api_key,
            "BINANCE_API_SECRET": exchange.account.api_secret,
            "WEBHOOK_SECRET": SECRET,
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_CHAT_ID": str(OWNER),
            "TELEGRAM_API_URL": chat.url,
            "DATABASE_PATH": str(tmp_path / "bot.db"),
            "HOST": "127.0.0.1",
            "PORT": "0",
        },
    )

    class Talkative(BinanceProtocol):
        prefix = "/"

        async def handle(self, request: Request) -> Reply:
            if request.path != "/sapi/v1/account/apiRestrictions":
                return await super().handle(request)
            authenticate(request, Params.of(request), exchange.account)
            return Reply.json(clinic.rights, status=clinic.rights_status)

    monkeypatch.setattr(server, "BinanceProtocol", Talkative)
    async with serve(exchange) as url:
        clinic.url = clinic.env["EXCHANGE_URL"] = url
        yield clinic
    await chat.down()
    exchange.close()


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own SQLite and disk are not what the tests are about."""
    from adapters.doctor import machine

    monkeypatch.setattr(machine, "LITTLE", 0)
    monkeypatch.setattr(machine, "TOO_LITTLE", 0)
