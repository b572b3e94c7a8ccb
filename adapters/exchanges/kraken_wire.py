"""One request to Kraken and what came back: ccxt signs and sends, this keeps the evidence.

ccxt raises for a warning beside an order that exists, returns an order without id for an empty answer, and calls a cut
answer an error of the exchange. So its exceptions are only read for whether a connection was made; the answer itself is
kept as it came, in a `Reply`. Its throttle is off: an order would wait three seconds behind a balance.
Law: nothing signed or secret leaves this file. Law: a redirect is never followed, it would carry the order elsewhere.
One key belongs to one process: nonces only grow, and another library's may be a million times larger. They are told by
the venue's clock: by one of ours that was ahead and is set right, the key would be shut out until it is later again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from .base import LONGEST, Clock, Deadline, Refused, Unresolved
from .kraken_line import CALLS, COSTS, MELT, Allowance, Line
from .kraken_outcome import SILENCING, Reply, demand, pause, read
from .straight import Straight

log = logging.getLogger(__name__)

TIMEOUT_MS = 10_000
LEAST = 2.0  # seconds ahead that a deadline must be (https://docs.kraken.com/api/docs/rest-api/add-order)
ENOUGH = 5.0  # seconds that a question may wait for the allowance before it is given up

_MUTE = logging.getLogger(f"{__name__}.mute")  # ccxt logs headers with their signatures
_MUTE.disabled = True

_answers: ContextVar[list[Reply]] = ContextVar("answers")  # of the request that this task is making


class Wire:
    """A session with one host that speaks Kraken's spot REST protocol. `url` is its base address, without "/0".

    The key may ask `calls` questions at once, and `melt` more in a second.
    Raises ValueError for a secret that is not base64: Kraken's are, and ccxt would fail on it at the first order.
    """

    _last_nonce: ClassVar[int] = 0  # of this process: Kraken tells its time in whole seconds, so two wires may differ

    def __init__(
        self, url: str, key: str, secret: str, *, clock: Clock = time.time, calls: float = CALLS, melt: float = MELT
    ) -> None:
        try:
            base64.b64decode(secret, validate=True)
        except binascii.Error:
            raise ValueError("KRAKEN_API_SECRET: is not base64, as Kraken's private keys are") from None
        self.url = url.rstrip("/")
        self.connected = False  # the last request got a complete answer from the venue itself
        self.last_success: float | None = None  # epoch seconds
        self._key, self._secret, self._clock = key, secret, clock
        self._exchange: Any = None
        self._offset: float | None = None  # seconds: bot's clock minus venue's
        self._offset_refused = False  # the venue thinks otherwise
        self._barred = self._deaf = 0.0  # until when the venue wants no private, and no public requests
        self._line, self._allowance = Line(), Allowance(clock, calls, melt)

    @property
    def strained(self) -> bool:
        """The venue wants silence. What the key may still ask does not matter here: prices are asked without it."""
        return self._clock() < max(self._barred, self._deaf)

    def affords(self, questions: int) -> bool:
        """Whether so many can be asked at once."""
        return self._clock() >= self._barred and self._allowance.wait("", questions) == 0

    def open(self) -> None:
        """Prepare the session, inside a running loop. ccxt is imported here because that takes half a second."""
        from ccxt.async_support import kraken

        if self._exchange is not None:
            return
        exchange = kraken(
            {
                "apiKey": self._key,
                "secret": self._secret,
                "timeout": TIMEOUT_MS,
                "enableRateLimit": False,
                "options": {"maxRetriesOnFailure": 0},
            }
        )
        exchange.urls["api"] = {"public": self.url, "private": self.url}  # the only two doors
        if urlsplit(exchange.sign("Time", ["public"])["url"]).netloc != urlsplit(self.url).netloc:
            raise RuntimeError("ccxt would not talk to the configured host")
        exchange.logger = _MUTE
        exchange.nonce = self._nonce
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

    def now(self) -> float:
        """The venue's time, as far as it is known (epoch seconds)."""
        return self._clock() - (self._offset or 0.0)

    async def look(self, endpoint: str, **params: str | int) -> Reply:
        """A public question by Kraken's name of the endpoint. Never raises, except for cancellation."""
        if (wait := self._deaf - self._clock()) > 0:
            return Reply(sent=False, hold=wait)
        reply = await self._send(f"publicGet{endpoint}", params)
        if any(error.startswith(SILENCING) for error in reply.errors):
            self._deaf = self._clock() + max(pause(error) or 0.0 for error in reply.errors)
        return reply

    async def call(self, endpoint: str, **params: str | int) -> Reply:
        """A private request by Kraken's name of the endpoint. Never raises, except for cancellation."""
        if self._offset is None:
            with contextlib.suppress(Refused, Unresolved):  # then by our own clock
                await self.sync()
        order = COSTS.get(endpoint) == 0
        wait = self._barred - self._clock()
        if wait <= 0 and (wait := self._allowance.wait(endpoint)) <= ENOUGH:
            self._allowance.spend(endpoint)
            if wait > 0:
                await asyncio.sleep(wait)
            async with self._line.turn(urgent=order):
                return self._obey(await self._send(f"privatePost{endpoint}", params))
        return Reply(sent=False, hold=wait)

    async def deadline(self, until: Deadline) -> str:
        """An order's expiry, by the venue's clock. Raises `Unresolved` when it is too late to send.

        Kraken tells whole seconds, rounded down, so ours is early by up to one and never late.
        """
        if self._offset is None or self._offset_refused:
            await self.sync()
        left = min(until.left(), LONGEST)
        if left < LEAST:
            raise Unresolved("not sent: too close to its expiry")
        moment = datetime.fromtimestamp(self.now() + left, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def sync(self) -> float:
        """Learn the venue's clock, in epoch seconds."""
        venue = float(demand(await self.look("Time"), "unixtime")["unixtime"])
        self._offset, self._offset_refused = self._clock() - venue, False
        return self.now()

    def _nonce(self) -> int:
        Wire._last_nonce = max(int(self.now() * 1000), Wire._last_nonce + 1)
        return Wire._last_nonce

    async def _send(self, method: str, params: dict[str, str | int]) -> Reply:
        if self._exchange is None:
            return Reply(sent=False, why="the session is closed")
        heard: list[Reply] = []
        _answers.set(heard)
        sent, why = True, "no answer"
        try:
            await getattr(self._exchange, method)(params)
        except Exception as error:  # its class and text prove nothing; the text may carry what was signed
            why = type(error.__cause__ or error).__name__
            sent = not _never_connected(error)
        self.connected = bool(heard) and heard[-1].envelope
        if self.connected and not heard[-1].errors:
            self.last_success = self._clock()
        return heard[-1] if heard else Reply(sent=sent, why=why)

    def _hear(self, status: int, _reason: Any, _url: Any, _method: Any, _headers: Any, text: str, *_: Any) -> str:
        """ccxt's hook for a complete answer: whole head, whole body."""
        try:
            body = msgspec.json.decode(text)
        except msgspec.DecodeError:
            body = None
        _answers.get().append(read(status, body))
        return text.strip()

    def _obey(self, reply: Reply) -> Reply:
        """A refused clock is looked at again. A venue that wants silence gets it, or it shuts the key out."""
        for error in reply.errors:
            if "deadline" in error.lower():
                self._offset_refused = True
            if error.startswith("EAPI:Invalid nonce"):
                log.warning("Kraken refused a nonce: does another program use this key? One key belongs to one process")
            if error.startswith(SILENCING):
                self._allowance.exhaust()
                if not error.startswith("EAPI:Rate limit"):  # that one counts questions only, and orders may go on
                    self._barred = max(self._barred, self._clock() + (pause(error) or 0.0))
        for warning in reply.warnings:
            log.warning("Kraken warns: %s", warning[:160])
        return reply


def _never_connected(error: BaseException | None) -> bool:
    """aiohttp says so with a class of its own."""
    from aiohttp import ClientConnectorError

    while error is not None:
        if isinstance(error, ClientConnectorError):
            return True
        error = error.__cause__
    return False
