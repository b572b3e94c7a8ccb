"""Where live market data may come from: the venue's own public hosts, or this machine.

Binance's page "Market Data Only URLs" (faqs/market_data_only.md): a host without accounts, which serves all that is
needed here. Kraken has one host for everything.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from adapters.places import PLACES
from adapters.settings import ConfigurationError

PUBLIC = {"binance": "https://data-api.binance.vision", "kraken": "https://api.kraken.com"}


class Forbidden(ConfigurationError):
    """The address is no source of this venue's market data."""


def source_address(venue: str, url: str | None) -> str:
    """The base address of the source, without a slash at its end. Raises `Forbidden`."""
    if url is None:
        return PUBLIC[venue]
    hosts = sorted({*PLACES[venue].live_hosts, urlsplit(PUBLIC[venue]).netloc})
    parts = urlsplit(url)
    genuine = parts.scheme == "https" and parts.netloc in hosts
    if genuine or (parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")):
        return url.rstrip("/")
    raise Forbidden(
        [
            f"EXCHANGE_URL: {url!r} is no source of {venue}'s live market data; allowed in paper mode: unset, an "
            f"address of this machine, or https:// with {', '.join(hosts)}"
        ]
    )


def kind_of(source: str) -> str:
    """What its prices are: "live", or "local" ones of a simulator or a recording."""
    return "local" if _is_loopback(urlsplit(source).hostname or "") else "live"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
