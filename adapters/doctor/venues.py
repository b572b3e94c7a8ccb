"""What only one venue's own words can tell: the rights of the key, the order types, where fees are taken from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from adapters.exchanges import BinanceClient, ExchangeClient, KrakenClient, create_client
from adapters.exchanges import Wire as BinanceWire
from adapters.exchanges.kraken_outcome import demand as kraken_demand
from adapters.exchanges.kraken_wire import Wire as KrakenWire
from adapters.exchanges.outcome import demand, readable
from adapters.places import PLACES
from adapters.settings import Settings


class Rights(Struct, frozen=True):
    """What the key may do. `more`: rights that a spot bot has no use for."""

    withdraw: bool
    trade: bool
    bound: bool  # usable from listed addresses only
    more: tuple[str, ...] = ()
    expires: float | None = None  # epoch seconds


class Venue(ABC):
    """A client, and the questions that the exchange port has no use for. They raise `Refused` and `Unresolved` too."""

    def __init__(self, client: ExchangeClient) -> None:
        self.client = client

    @abstractmethod
    async def rights(self) -> Rights | None:
        """`None`: this place does not tell."""

    @abstractmethod
    async def order_types(self) -> frozenset[str] | None:
        """Types the pair takes; `None`: all that the bot needs, always."""

    @abstractmethod
    async def fees_elsewhere(self) -> str | None:
        """The asset that fees are paid in, where it may be none of the pair's."""


class _TwoDoors(BinanceWire):
    """The bot's own wire has no address for `/sapi`, on purpose; the doctor asks one question there."""

    def open(self) -> None:
        super().open()
        self._exchange.urls["api"]["sapi"] = f"{self.url}/sapi/v1"


class Binance(Venue):
    def __init__(self, url: str, key: str, secret: str, pair: str, clock: Callable[[], float], *, live: bool) -> None:
        self._wire = _TwoDoors(url, key, secret, sandbox=not live, clock=clock)
        super().__init__(BinanceClient(self._wire, pair, clock, atomic=True))  # whatever was chosen: what could be had
        self._symbol, self._pair, self._live = pair.replace("/", ""), pair.split("/"), live

    async def rights(self) -> Rights | None:
        if not self._live:
            return None
        await self._wire.ready()
        body = demand(await self._wire.call("sapiGetAccountApiRestrictions"), "enableWithdrawals")
        more = ("enableInternalTransfer", "permitsUniversalTransfer", "enableMargin", "enableFutures")
        with readable():
            expires = body.get("tradingAuthorityExpirationTime")
            return Rights(
                withdraw=_yes(body["enableWithdrawals"]),
                trade=_yes(body["enableSpotAndMarginTrading"]),
                bound=_yes(body["ipRestrict"]),
                more=tuple(name for name in more if _yes(body.get(name, False))),
                expires=int(expires) / 1000 if expires else None,
            )

    async def order_types(self) -> frozenset[str] | None:
        body = demand(await self._wire.call("publicGetExchangeInfo", symbol=self._symbol), "symbols")
        with readable():
            (row,) = body["symbols"]
            return frozenset(row["orderTypes"])

    async def fees_elsewhere(self) -> str | None:
        reply = await self._wire.call("privateGetAccountCommission", symbol=self._symbol)
        with readable():
            discount = demand(reply, "standardCommission").get("discount") or {}
            on = _yes(discount.get("enabledForAccount", False)) and _yes(discount.get("enabledForSymbol", False))
            asset = str(discount.get("discountAsset", "BNB"))
        return asset if on and asset not in self._pair else None


class Kraken(Venue):
    def __init__(self, url: str, key: str, secret: str, pair: str, clock: Callable[[], float]) -> None:
        self._wire = KrakenWire(url, key, secret, clock=clock)
        super().__init__(KrakenClient(self._wire, pair, clock))

    async def rights(self) -> Rights | None:
        """Beside a running bot this may cost it one repetition of a request: both count their nonces by the clock."""
        body = kraken_demand(await self._wire.call("GetApiKeyInfo"), "permissions")
        with readable():
            may = [str(word).lower() for word in body["permissions"]]
            until = int(body.get("validUntil") or 0)
            return Rights(
                withdraw=any("withdraw" in word for word in may),
                trade=any(word.startswith(("modify", "create")) for word in may),
                bound=bool(body.get("ipAllowlist")),
                expires=float(until) if until else None,
            )

    async def order_types(self) -> frozenset[str] | None:
        return None

    async def fees_elsewhere(self) -> str | None:
        return None


def venue_of(settings: Settings, clock: Callable[[], float]) -> Venue:
    """Raises ValueError for a configuration that cannot be served, as the bot's own factory would."""
    create_client(settings, clock)
    if settings.api_key is None or settings.api_secret is None:
        raise ValueError("there is no key")
    live = settings.trading_mode == "live"
    place = PLACES[settings.active_exchange]
    url = settings.exchange_url or (place.live if live else place.testnet or "")
    key, secret = settings.api_key.reveal(), settings.api_secret.reveal()
    if settings.active_exchange == "kraken":
        return Kraken(url, key, secret, settings.trading_pair, clock)
    return Binance(url, key, secret, settings.trading_pair, clock, live=live)


def _yes(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
