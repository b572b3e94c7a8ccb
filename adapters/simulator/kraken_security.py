"""Who may ask: API key, signature over the raw body, and a nonce that only grows.

Kraken's page "Spot REST Authentication": API-Sign is the base64 of HMAC-SHA512, under the base64-decoded secret, of the
path followed by the SHA-256 of the nonce and the body.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from adapters.simulator.binance_security import Account
from adapters.simulator.http import Request
from adapters.simulator.kraken_errors import KrakenError

_MAX_NONCE = 2**64


@dataclass(slots=True)
class Nonces:
    """What was seen under one API key. `window` tolerates a lower nonce by that much, in the nonces' own unit."""

    window: int = 0
    last: int = field(default=0, init=False)
    _seen: set[int] = field(default_factory=set, init=False)

    def use(self, text: str) -> None:
        """Accept a nonce, once. Raises `EAPI:Invalid nonce`."""
        nonce = int(text) if re.fullmatch("[0-9]{1,20}", text) else _MAX_NONCE
        floor = self.last - self.window if self.window else self.last
        if nonce >= _MAX_NONCE or nonce <= floor or nonce in self._seen:
            raise KrakenError("EAPI:Invalid nonce")
        self.last = max(self.last, nonce)
        self._seen = {seen for seen in self._seen if seen > self.last - self.window} | {nonce}


def signature(secret: str, path: str, nonce: str, body: bytes) -> str:
    """What API-Sign has to be."""
    message = path.encode() + hashlib.sha256(nonce.encode() + body).digest()
    return base64.b64encode(hmac.new(base64.b64decode(secret), message, hashlib.sha512).digest()).decode()


def authenticate(request: Request, nonce: str, account: Account, nonces: Nonces) -> None:
    """Check the key, then the signature, then the nonce: a stranger cannot use up the trader's nonces."""
    if not hmac.compare_digest(request.headers.get("api-key", "").encode(), account.api_key.encode()):
        raise KrakenError("EAPI:Invalid key")
    expected = signature(account.api_secret, request.path, nonce, request.body)
    if not hmac.compare_digest(request.headers.get("api-sign", "").encode(), expected.encode()):
        raise KrakenError("EAPI:Invalid signature")
    nonces.use(nonce)
