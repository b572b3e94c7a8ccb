"""Which venue the bot trades at. One active venue a deploy.

Nothing is guessed: what does not exist, or would send orders elsewhere than to the configured place, is an error that
names the setting.
"""

from __future__ import annotations

import time
from typing import Protocol
from urllib.parse import urlsplit

from adapters.places import PLACES, misplaced

from .base import Clock, ExchangeClient
from .binance import BinanceClient
from .kraken import KrakenClient
from .kraken_wire import Wire as KrakenWire
from .wire import Wire


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
    def entry_mode(self) -> str: ...

    @property
    def exchange_url(self) -> str | None: ...

    @property
    def api_key(self) -> Secret | None: ...

    @property
    def api_secret(self) -> Secret | None: ...


def create_client(settings: Settings, clock: Clock = time.time) -> ExchangeClient:
    """A client, not yet connected. Raises ValueError for a configuration that cannot be served."""
    venue, mode = settings.active_exchange, settings.trading_mode
    if venue not in PLACES:
        raise ValueError(f"ACTIVE_EXCHANGE: {venue!r} is not available, only {', '.join(PLACES)} are")
    url = _address(venue, mode, settings.exchange_url)
    key, secret = settings.api_key, settings.api_secret
    if not (key and secret):
        raise ValueError(f"{venue.upper()}_API_KEY, {venue.upper()}_API_SECRET: both are needed")
    if venue == "kraken":
        return KrakenClient(KrakenWire(url, key.reveal(), secret.reveal(), clock=clock), settings.trading_pair, clock)
    wire = Wire(url, key.reveal(), secret.reveal(), sandbox=mode != "live", clock=clock)
    return BinanceClient(wire, settings.trading_pair, clock, atomic=settings.entry_mode == "atomic")


def _address(venue: str, mode: str, url: str | None) -> str:
    place = PLACES[venue]
    if mode == "paper" and url and urlsplit(url).hostname == "127.0.0.1":
        return url  # the exchange inside this process; orders never leave the machine
    if mode not in ("testnet", "live"):
        raise ValueError(
            f"TRADING_MODE: {mode!r} is not available for ACTIVE_EXCHANGE {venue!r}, only testnet and live are"
        )
    found = url or (place.live if mode == "live" else place.testnet)
    if found is None:
        raise ValueError(
            f"EXCHANGE_URL: needed for ACTIVE_EXCHANGE {venue!r} with TRADING_MODE testnet, the address of a UAT host "
            f"or of a simulator: {place.name} has no public test network"
        )
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("EXCHANGE_URL: not a web address")
    if why := misplaced(venue, mode, found):
        raise ValueError(f"EXCHANGE_URL: {why}")
    return found
