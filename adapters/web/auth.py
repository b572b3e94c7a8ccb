"""Who is asking: the secret they know, and the address they come from.

Law: a comparison takes the same time whatever was presented, and every active secret is always compared.
Law: a forwarded address counts only as far as proxies that we know have vouched for it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from ..secret import MASK, Secret
from ..variables import Network

Address = IPv4Address | IPv6Address
SHORTEST = 16  # characters; exchanges and Telegram give longer ones, and ours have to be


class Keyring:
    """The secrets that open the webhook: two while they are being exchanged."""

    def __init__(self, *secrets: Secret | None) -> None:
        texts = [secret.reveal() for secret in secrets if secret is not None]
        self._digests = [_digest(text) for text in texts]

    def opens(self, presented: Iterable[object]) -> bool:
        """Whether something was presented and all of it is right."""
        verdicts = [isinstance(key, str) and self._knows(key) for key in presented]
        return bool(verdicts) and all(verdicts)

    def _knows(self, key: str) -> bool:
        presented = _digest(key)
        return sum(hmac.compare_digest(presented, digest) for digest in self._digests) > 0


class Veil:
    """Takes secrets out of a body, also where JSON spells them with escapes: what is not read cannot be logged,
    journaled or repeated. Short ones stay, because taking them out could spoil an exit."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        texts = [text for secret in secrets if len(text := secret.reveal()) >= SHORTEST]
        spelled = ("".join(rf"(?:\\?{re.escape(letter)}|\\u(?i:{ord(letter):04x}))" for letter in t) for t in texts)
        self._secret = re.compile("|".join(spelled).encode() or rb"(?!)")

    def __call__(self, body: bytes) -> bytes:
        return self._secret.sub(MASK.encode(), body)


def _digest(text: str) -> bytes:
    """All of one length, so that not even the length shows."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def origin(peer: str, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> Address | None:
    """The nearest address that is not a proxy of ours; `forwarded` are the X-Forwarded-For headers. None for a peer
    without an address."""
    address = _address(peer)
    hops = [hop for header in forwarded for hop in header.split(",")]
    while address is not None and within(address, proxies) and hops:
        hop = _address(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def household(address: Address | None) -> str:
    """Whom a limit for strangers is for: one IPv4 address, or the /64 that every IPv6 customer has to himself."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
