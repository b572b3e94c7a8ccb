"""Which venue the bot trades at. One active venue a deploy.

Nothing is guessed: what does not exist, or would send orders elsewhere than to the configured place, is an error that
names the setting.
"""

from __future__ import annotations

import time
from typing import Protocol
from urllib.parse import urlsplit

from .base import Clock, ExchangeClient
from .binance import BinanceClient
from .wire import Wire

LIVE = "https://api.binance.com"
LIVE_HOSTS = frozenset(
    ("api.binance.com", "api-gcp.binance.com", *(f"api{n}.binance.com" for n in range(1, 5)))
)  # rest-api.md, "General API Information"
TESTNET = "https://testnet.binance.vision"


class Secret(Protocol):
    def reveal(self) -> str: ...


class Settings(Protocol):
    """What of the configuration a client needs."""

    @property
    def active_exchange(self) -> str: ...

    @property
    def trading_mode(self) -> str: ...

    @property
    def trading_pair(self) -> str: ...

    @property
    def exchange_url(self) -> str | None: ...

    @property
    def api_key(self) -> Secret | None: ...

    @property
    def api_secret(self) -> Secret | None: ...


def create_client(settings: Settings, clock: Clock = time.time) -> ExchangeClient:
    """A client, not yet connected. Raises ValueError for a configuration that cannot be served."""
    if settings.active_exchange != "binance":
        raise ValueError(f"ACTIVE_EXCHANGE: {settings.active_exchange!r} is not available, only 'binance' is")
    url = _address(settings.trading_mode, settings.exchange_url)
    key, secret = settings.api_key, settings.api_secret
    if not (key and secret):
        raise ValueError("BINANCE_API_KEY, BINANCE_API_SECRET: both are needed")
    wire = Wire(
        url,
        key.reveal(),
        secret.reveal(),
        sandbox=settings.trading_mode != "live",
        clock=clock,
    )
    return BinanceClient(wire, settings.trading_pair, clock)


def _address(mode: str, url: str | None) -> str:
    if mode == "live":
        parts = urlsplit(url or LIVE)
        if parts.scheme != "https" or parts.netloc not in LIVE_HOSTS:
            raise ValueError("EXCHANGE_URL: in live mode orders go to Binance's own hosts only")
        return url or LIVE
    if mode == "testnet":
        if urlsplit(url or TESTNET).scheme not in ("http", "https") or not urlsplit(url or TESTNET).netloc:
            raise ValueError("EXCHANGE_URL: not a web address")
        if urlsplit(url or TESTNET).netloc in LIVE_HOSTS:
            raise ValueError("EXCHANGE_URL: this is the live exchange, but TRADING_MODE is testnet")
        return url or TESTNET
    raise ValueError(
        f"TRADING_MODE: {mode!r} is not available for ACTIVE_EXCHANGE 'binance', only testnet and live are"
    )
