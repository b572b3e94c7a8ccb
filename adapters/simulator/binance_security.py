"""Who may ask, and how late: API key, signature over the raw bytes, and the time window of a signed request.

Binance's pages "Request Security" and "Timing security" (rest-api.md).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from adapters.simulator.binance_errors import BinanceError, missing
from adapters.simulator.binance_params import Params
from adapters.simulator.http import Request

_KEY = "[A-Za-z0-9_-]{1,128}"
_AHEAD_MS = 1000
_DEFAULT_WINDOW_MS = 5000
_MAX_WINDOW_MS = 60000


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials of the one trader."""

    api_key: str
    api_secret: str = field(repr=False)


def authenticate(request: Request, params: Params, account: Account) -> None:
    """Check the key, then the HMAC-SHA256 of the query string followed by the body, both exactly as received."""
    key = request.headers.get("x-mbx-apikey", "")
    if not re.fullmatch(_KEY, key):
        raise BinanceError(-2014, "API-key format invalid.", status=401)
    if not hmac.compare_digest(key, account.api_key):
        raise BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    given = params.optional("signature")
    if not given:
        raise missing("signature")
    payload = _unsigned(request.query) + _unsigned(request.body)
    expected = hmac.new(account.api_secret.encode(), payload, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, given.lower()):
        raise BinanceError(-1022, "Signature for this request is not valid.")


def check_window(params: Params, now: int) -> None:
    """Refuse a request that is too old or from the future; asked on receipt and again before the engine."""
    timestamp = params.integer("timestamp")
    window = params.number("recvWindow") if params.has("recvWindow") else _DEFAULT_WINDOW_MS
    if window > _MAX_WINDOW_MS:
        raise BinanceError(-1131, "'recvWindow' must be less than 60000.")
    if timestamp >= now + _AHEAD_MS:
        raise BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now - timestamp > window:
        raise BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _unsigned(raw: bytes) -> bytes:
    return b"&".join(pair for pair in raw.split(b"&") if not pair.startswith(b"signature="))
