"""Who may look at the dashboard and the metrics: whoever has DASHBOARD_TOKEN, or, where there is none, only whoever
sits at this machine.

Law: without a token the pages do not exist for anybody else, and a proxy is somebody else: what it forwards may come
from anywhere.
Law: wrong and missing tokens get the same answer.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException, NotFoundException, TooManyRequestsException
from litestar.handlers import BaseRouteHandler

from ..settings import Settings
from .auth import Keyring, household, origin, within
from .limits import Window, Windows

COOKIE = "auto_trader_dashboard"
VALID = 30 * 86_400  # seconds a browser is remembered
TRIES_PER_MINUTE, TRIERS = 30, 1024  # wrong tokens of one address, and how many addresses are remembered
NOISE_PER_MINUTE = 30  # log lines about wrong tokens
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(:[0-9]+)?")

log = structlog.get_logger()
AnyConnection = ASGIConnection[Any, Any, Any, Any]


class Visitors:
    """`clock` gives seconds since the epoch."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings, self._clock, self._token = settings, clock, settings.dashboard_token
        self._keyring = Keyring(self._token)
        self._strangers, self._noise = Windows(TRIES_PER_MINUTE, TRIERS), Window(NOISE_PER_MINUTE)

    def admit(self, connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        """A Litestar guard. Raises 404 where there is nothing to see, 401 and 429 for strangers."""
        if self._token is None:
            if not self._at_this_machine(connection):
                raise NotFoundException
            return
        shown = [*_bearer(connection), *connection.query_params.getall("token", [])]
        if self._keyring.opens(shown) if shown else self._remembers(connection):
            return
        self._turn_away(connection)

    def cookie(self, connection: AnyConnection) -> Cookie | None:
        """For whoever came with the token in the address, so that he needs it only once."""
        if self._token is None or "token" not in connection.query_params:
            return None
        expires = int(self._clock()) + VALID
        return Cookie(
            key=COOKIE,
            value=f"{expires:x}.{self._stamp(expires)}",
            max_age=VALID,
            httponly=True,
            samesite="strict",
            secure=self._encrypted(connection),
        )

    def _at_this_machine(self, connection: AnyConnection) -> bool:
        """The name in `Host` is looked at because a page from elsewhere can have its own name point here."""
        host = HOST.match(connection.headers.get("host", ""))
        return (
            _is_loopback(self._settings.host)
            and not self._settings.trusted_proxies
            and not any(name in connection.headers for name in FORWARDED)
            and host is not None
            and _is_loopback(host["name"].strip("[]"))
        )

    def _turn_away(self, connection: AnyConnection) -> None:
        now, peer = self._clock(), connection.client.host if connection.client else ""
        sender = origin(peer, connection.headers.getall("x-forwarded-for", []), self._settings.trusted_proxies)
        if not self._noise.wait(now):
            log.warning("dashboard_unauthorized", sender=str(sender))
        if wait := self._strangers.wait(household(sender), now):
            raise TooManyRequestsException(headers={"Retry-After": str(math.ceil(wait))})
        raise NotAuthorizedException("a token is needed: ?token=... once, or Authorization: Bearer ...", headers=BEARER)

    def _remembers(self, connection: AnyConnection) -> bool:
        """The cookie is ours and has not run out. It is no copy of the token: whoever steals it cannot keep it."""
        expires, _, stamp = connection.cookies.get(COOKIE, "").partition(".")
        if not re.fullmatch("[0-9a-f]{1,12}", expires) or int(expires, 16) < self._clock():
            return False
        return hmac.compare_digest(stamp.encode("utf-8", "surrogatepass"), self._stamp(int(expires, 16)).encode())

    def _stamp(self, expires: int) -> str:
        key = self._token.reveal() if self._token else ""
        return hmac.new(key.encode(), f"dashboard until {expires}".encode(), hashlib.sha256).hexdigest()

    def _encrypted(self, connection: AnyConnection) -> bool:
        """Whether the browser came by https; a proxy of ours is believed."""
        if connection.url.scheme == "https":
            return True
        peer = origin(connection.client.host if connection.client else "", [], ())
        vouched = peer is not None and within(peer, self._settings.trusted_proxies)
        return vouched and connection.headers.get("x-forwarded-proto", "") == "https"


BEARER = {"WWW-Authenticate": 'Bearer realm="auto-trader"'}


def _bearer(connection: AnyConnection) -> list[str]:
    return [
        header[7:].strip()
        for header in connection.headers.getall("authorization", [])
        if header[:7].lower() == "bearer "
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
