"""Where the venues live, and which of their addresses an order of which mode may go to.

Law: real money is traded at the venue's own live hosts, and play money never there. A host under a venue's own domain
that is not known to be a test network may be another door to the live exchange, so it is refused in both modes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from msgspec import Struct


class Place(Struct, frozen=True):
    """Where one venue lives."""

    name: str  # for people
    live: str
    live_hosts: frozenset[str]
    testnet: str | None  # None: there is no public one
    test_hosts: tuple[str, ...]  # with play money; may contain `*`
    domains: tuple[str, ...]  # whatever else is under them, is the venue's


PLACES = {
    "binance": Place(
        "Binance",
        "https://api.binance.com",
        frozenset(
            ("api.binance.com", "api-gcp.binance.com", *(f"api{n}.binance.com" for n in range(1, 5)))
        ),  # rest-api.md, "General API Information"
        "https://testnet.binance.vision",
        ("testnet.binance.vision", "demo-api.binance.com"),  # testnet/ and demo-mode/general-info.md
        ("binance.com", "binance.vision", "binance.us"),
    ),
    "kraken": Place(
        "Kraken",
        "https://api.kraken.com",
        frozenset(("api.kraken.com",)),
        None,
        ("*.uat.kraken.com", "*.uat.*.kraken.com"),  # for clients that Kraken has let in
        ("kraken.com",),
    ),
}


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def misplaced(venue: str, mode: str, url: str) -> str | None:
    """Why orders may not go to that address, or nothing. `mode` is live or testnet."""
    place, host = PLACES[venue], host_of(url)
    if mode == "live":
        if host in place.live_hosts and urlsplit(url).scheme == "https" and not urlsplit(url).port:
            return None
        hosts = ", ".join(sorted(place.live_hosts))
        return f"{url!r} is not {venue}'s own; allowed in live mode: unset, or https:// with {hosts}"
    if host in place.live_hosts:
        return f"{url!r} trades real money; allowed in testnet mode: any host but {venue}'s live ones"
    theirs = any(host == domain or host.endswith(f".{domain}") for domain in place.domains)
    if theirs and not any(fnmatchcase(host, pattern) for pattern in place.test_hosts):
        known = ", ".join(place.test_hosts)
        return f"{url!r} may trade real money; allowed in testnet mode: of {venue}'s own hosts {known} only"
    return None
