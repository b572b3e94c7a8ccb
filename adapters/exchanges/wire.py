"""One request to Binance and what came back: ccxt signs and sends, this keeps the evidence.

ccxt decides by its own exceptions, which say "rejected" for a cut answer and nothing at all for an empty one. So its
exceptions are only read for whether a connection was made; the answer itself is kept as it came, in a `Reply`.
Law: nothing signed or secret leaves this file, neither in a text nor as the cause of an exception.
Law: a redirect is never followed, it would carry the order, the key and the signature elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .base import Clock
from .outcome import BACK_OFF, SKEW, TOO_MANY_ORDERS, Reply
from .straight import Straight

TIMEOUT_MS = 15_000  # longer than Binance's own 10 s, so that its "timed out inside" (-1007) arrives as an answer
WINDOW_MS = 5_000  # recvWindow of what is not an order
STRAINED = 0.8  # part of the request weight a minute

_MUTE = logging.getLogger(f"{__name__}.mute")  # ccxt logs addresses with their signatures
_MUTE.disabled = True

_answers: ContextVar[list[Reply]] = ContextVar("answers")  # of the request that this task is making


class Wire:
    """A session with one Binance spot host.

    `url` is its base address; with `sandbox` ccxt's own guards against calls that a test network lacks are up.
    Requests are timed by `clock`, corrected by what is known of the venue's.
    """

    def __init__(self, url: str, key: str, secret: str, *, sandbox: bool, clock: Clock = time.time) -> None:
        self.url = url.rstrip("/")
        self.weight, self.allowance = 0, 6000  # used, and allowed a minute
        self.connected = False  # the last request got a complete answer from the venue itself
        self.last_success: float | None = None  # epoch seconds
        self._key, self._secret, self._sandbox, self._clock = key, secret, sandbox, clock
        self._exchange: Any = None
        self._offset_ms: int | None = None  # bot's clock minus venue's
        self._synced = 0.0
        self._barred = 0.0  # until when the venue wants silence
        self._syncing = asyncio.Lock()

    @property
    def strained(self) -> bool:
        """Most of this minute's request weight is used."""
        return self.weight > STRAINED * self.allowance

    def open(self) -> None:
        """Prepare the session, inside a running loop; connects lazily. ccxt is imported here because that takes half a
        second and 100 MB."""
        from ccxt.async_support import binance

        if self._exchange is not None:
            return
        exchange = binance(
            {
                "apiKey": self._key,
                "secret": self._secret,
                "timeout": TIMEOUT_MS,
                "enableRateLimit": False,  # an order would wait for a balance; the venue's own headers are obeyed
                "options": {"defaultType": "spot", "recvWindow": WINDOW_MS, "maxRetriesOnFailure": 0},
            }
        )
        if self._sandbox:
            exchange.set_sandbox_mode(True)
        # the only two doors, set after set_sandbox_mode: whatever else ccxt might try has no address to go to
        exchange.urls["api"] = {"public": f"{self.url}/api/v3", "private": f"{self.url}/api/v3"}
        if urlsplit(exchange.sign("time", ["public"])["url"]).netloc != urlsplit(self.url).netloc:
            raise RuntimeError("ccxt would not talk to the configured host")
        exchange.logger = _MUTE
        exchange.nonce = self._venue_ms
        exchange.on_rest_response = self._hear
        exchange.open()
        exchange.session = Straight(exchange.session)
        if self.url.startswith("http:"):
            exchange.timeout_on_exit = 0  # it waits for TLS to say goodbye
        self._exchange = exchange

    async def close(self) -> None:
        """End the session."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.close()

    async def call(self, method: str, **params: str | int) -> Reply:
        """One request by ccxt's name of the endpoint. Never raises, except for cancellation."""
        if self._exchange is None:
            return Reply(sent=False, why="the session is closed")
        if self._clock() < self._barred:
            left = self._barred - self._clock()
            return Reply(status=429, retry_after=left, why="the venue asked for silence")
        if method.startswith("private"):
            await self.ready()
        heard: list[Reply] = []
        _answers.set(heard)
        sent, why = True, "no answer"
        try:
            await getattr(self._exchange, method)(params)
        except Exception as error:  # its class and text prove nothing; the text carries the signed address
            why = type(error.__cause__ or error).__name__
            sent = not (_never_connected(error) and "Delete" not in method)
        self.connected = bool(heard) and heard[-1].body is not None
        if not heard:
            return Reply(sent=sent, why=why)
        self._obey(heard[-1])
        return heard[-1]

    async def ready(self) -> None:
        """Have a clock to sign by. Before an order's window is computed, because it may take a round trip."""
        if self._offset_ms is None:
            await self.sync(older_than=1.0)

    async def sync(self, older_than: float = 0.0) -> Reply | None:
        """Learn the venue's clock, unless it was learned in the last `older_than` seconds. Never ahead of it."""
        async with self._syncing:
            if self._offset_ms is not None and self._clock() - self._synced < older_than:
                return None
            reply = await self.call("publicGetTime")
            venue = reply.body.get("serverTime") if isinstance(reply.body, dict) else None
            if reply.status == 200 and isinstance(venue, int):
                self._offset_ms, self._synced = int(self._clock() * 1000) - venue, self._clock()
            return reply

    def now(self) -> float:
        """The venue's time, as far as it is known (epoch seconds)."""
        return self._venue_ms() / 1000

    def _venue_ms(self) -> int:
        return int(self._clock() * 1000) - (self._offset_ms or 0)

    def _hear(self, status: int, _reason: Any, _url: Any, _method: Any, headers: Any, text: str, *_: Any) -> str:
        """ccxt's hook for a complete answer: whole head, whole body."""
        lower = {str(name).lower(): str(value) for name, value in headers.items()}
        self.weight = int(_number(lower.get("x-mbx-used-weight-1m")) or 0)
        try:
            body = msgspec.json.decode(text)
        except msgspec.DecodeError:
            body = None
        _answers.get().append(Reply(status=status, body=body, retry_after=_number(lower.get("retry-after"))))
        return text.strip()

    def _obey(self, reply: Reply) -> None:
        """A refused clock is looked at again; a venue that wants silence gets it, or it bans the address."""
        if reply.status == 200:
            self.last_success = self._clock()
        if reply.code == SKEW:
            self._offset_ms = None
        if reply.status in BACK_OFF and reply.code != TOO_MANY_ORDERS:
            silence = BACK_OFF[reply.status] if reply.retry_after is None else reply.retry_after
            self._barred = self._clock() + silence


def _never_connected(error: BaseException | None) -> bool:
    """aiohttp says so with a class of its own; GET and DELETE it may have sent before, on a connection that died."""
    from aiohttp import ClientConnectorError

    while error is not None:
        if isinstance(error, ClientConnectorError):
            return True
        error = error.__cause__
    return False


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None
