"""The exchange port. `create_client` reads the configuration, `Desk` performs the core's effects with the client."""

from .base import Balance, Deadline, ExchangeClient, Fill, Listing, Position, Refused, Seen, Side, Ticker, Unresolved
from .binance import BinanceClient
from .desk import Desk
from .factory import create_client
from .kraken import KrakenClient
from .wire import Wire

__all__ = [
    "Balance",
    "BinanceClient",
    "Deadline",
    "Desk",
    "ExchangeClient",
    "Fill",
    "KrakenClient",
    "Listing",
    "Position",
    "Refused",
    "Seen",
    "Side",
    "Ticker",
    "Unresolved",
    "Wire",
    "create_client",
]
