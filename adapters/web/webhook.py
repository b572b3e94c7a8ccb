"""From a request to an answer: who asks, what they say, what the core makes of it.

Law: a secret in the header or the path is judged before one byte of the body is read.
Law: strangers all get the same answer, whatever they tried.
Law: success is answered after the decision is durable. TradingView repeats an alert only after a 5xx, so what deserves
another try is answered 503, and every other alert that is lost is told to a person.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from msgspec import Struct

from fsm.actions import NOT_READY
from fsm.bot import Bot
from fsm.commands import Side, Signal
from fsm.step import Decision

from ..errors import NotPersisted
from ..health import Vitals
from ..metrics import Metrics
from ..settings import Settings
from .auth import Address, Keyring, Veil, household, origin, within
from .document import BadPayload, Problem, decode
from .limits import Window, Windows
from .payload import Alert, read

MAX_BODY = 16 * 1024  # bytes
BODY_DEADLINE = 2.5  # seconds; TradingView itself gives up after 3
RETRY_AFTER = 5.0  # seconds; what TradingView waits anyway
PER_MINUTE = {Side.BUY: 10, Side.SELL: 60}  # an exit that is turned away is lost
STRANGERS_PER_MINUTE, STRANGERS = 30, 1024  # of one address, and how many addresses are remembered
REPORTS_PER_MINUTE = 10  # bad alerts told to a person; all are answered in full
NOISE_PER_MINUTE = 30  # log lines about strangers, all of them together
CALLED_SECRET = re.compile(rb'"secret"\s*:\s*"([^"\\]+)"')  # in a body that is not JSON

log = structlog.get_logger()
AnyRequest = Request[Any, Any, Any]


class Core(Protocol):
    """The bot, and the one way to tell it something."""

    @property
    def bot(self) -> Bot: ...

    def fire(self, input: Signal, /) -> Decision:
        """Raises NotPersisted when the decision could not be written."""
        ...

    async def durable(self) -> bool:
        """Whether all that was decided so far is on the disk, as soon as that is known."""
        ...


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    status: str  # accepted | duplicate | rejected | invalid | unauthorized | limited | unavailable
    signal_id: str = ""
    state: str = ""
    reasons: tuple[str, ...] = ()
    errors: tuple[Problem, ...] = ()


class Webhook:
    """`clock` gives seconds since the epoch. `on_bad_alert` is told what a sender who knows the secret got wrong; it
    must return at once and not raise."""

    def __init__(
        self,
        core: Core,
        settings: Settings,
        vitals: Vitals,
        clock: Callable[[], float],
        on_bad_alert: Callable[[str], None],
        metrics: Metrics | None = None,
    ) -> None:
        self._core, self._settings, self._vitals, self._clock = core, settings, vitals, clock
        self._on_bad_alert, self._metrics = on_bad_alert, metrics
        self._keyring = Keyring(settings.webhook_secret, settings.webhook_secret_previous)
        self._veil = Veil(settings.secrets)
        self._signals = {side: Window(limit) for side, limit in PER_MINUTE.items()}
        self._strangers = Windows(STRANGERS_PER_MINUTE, STRANGERS)
        self._reports, self._noise = Window(REPORTS_PER_MINUTE), Window(NOISE_PER_MINUTE)

    async def receive(self, request: AnyRequest) -> Response[Answer]:
        response = await self._answer(request)
        if self._metrics:
            self._metrics.answered(response.content.status)
        return response

    async def _answer(self, request: AnyRequest) -> Response[Answer]:
        sender = self._sender(request)
        presented = [*request.headers.getall("x-webhook-secret", []), *request.path_params.values()]
        allowed = self._settings.webhook_allowed_ips
        if allowed and (sender is None or not within(sender, allowed)):
            return self._stranger(sender, "the address is not in WEBHOOK_ALLOWED_IPS")
        if presented and not self._keyring.opens(presented):
            return self._stranger(sender, "wrong secret")
        try:
            async with asyncio.timeout(BODY_DEADLINE):
                body = await request.body()
        except (HTTPException, TimeoutError) as error:
            return self._unread(error, known=bool(presented))
        if not presented and not self._keyring.opens(_secrets(body)):
            return self._stranger(sender, self._complaint(body))
        try:
            alert = read(decode(self._veil(body)), self._settings.trading_pair)
        except BadPayload as bad:
            return self._mistake(422, *bad.problems)
        if wait := self._signals[alert.side].wait(self._clock()):
            limit = f"more than {PER_MINUTE[alert.side]} {alert.side.value} signals in a minute"
            return self._mistake(429, Problem("signal", limit), wait=wait)
        return await self._fire(alert)

    def _sender(self, request: AnyRequest) -> Address | None:
        peer = request.client.host if request.client else ""
        return origin(peer, request.headers.getall("x-forwarded-for", []), self._settings.trusted_proxies)

    async def _fire(self, alert: Alert) -> Response[Answer]:
        signal = Signal(
            at=self._clock(),
            side=alert.side,
            signal_id=alert.signal_id,
            stamp=alert.stamp,
            symbol=alert.symbol,
            price=alert.price,
            strategy=alert.strategy,
        )
        self._vitals.last_signal_time = signal.at
        about = log.bind(signal_id=alert.signal_id, side=alert.side.value)
        try:
            decision = self._core.fire(signal)
        except NotPersisted as error:
            about.error("signal_not_persisted", error=str(error))
            return self._later(alert, "not_persisted")
        if not await self._core.durable():
            about.error("signal_not_durable")
            return self._later(alert, "not_persisted")
        state, reasons = decision.bot.state.value, decision.reasons
        if decision.accepted:
            about.info("signal_accepted", state=state)
            return _reply(202, Answer(status="accepted", signal_id=alert.signal_id, state=state))
        if NOT_READY in reasons:
            about.warning("signal_not_ready", state=state)
            return self._later(alert, *reasons)
        if "duplicate_signal" in reasons:
            about.info("signal_deduplicated", state=state)
            return _reply(200, Answer(status="duplicate", signal_id=alert.signal_id, state=state))
        about.warning("signal_rejected", state=state, reasons=list(reasons))
        return _reply(200, Answer(status="rejected", signal_id=alert.signal_id, state=state, reasons=reasons))

    def _later(self, alert: Alert, *reasons: str) -> Response[Answer]:
        """Nothing of it was kept: the sender is to try again."""
        return _reply(
            503, Answer(status="unavailable", signal_id=alert.signal_id, reasons=reasons), retry_after=RETRY_AFTER
        )

    def _unread(self, error: Exception, *, known: bool) -> Response[Answer]:
        """The body is too long, too slow, or ended early."""
        if isinstance(error, TimeoutError):
            status, problem = 408, Problem("body", f"did not arrive within {BODY_DEADLINE} s")
        elif getattr(error, "status_code", 0) == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            status, problem = 413, Problem("body", f"is longer than {MAX_BODY} bytes")
        else:
            status, problem = 400, Problem("body", "ended before it was complete")
        return self._mistake(status, problem) if known else _reply(status, Answer(status="invalid", errors=(problem,)))

    def _mistake(self, status: int, *problems: Problem, wait: float | None = None) -> Response[Answer]:
        """By someone who knows the secret, so it is explained, and a person gets to know."""
        if not self._reports.wait(self._clock()):
            text = f"webhook answered {status}: {BadPayload(*problems)}"
            log.warning("bad_alert", status=status, why=text)
            self._on_bad_alert(text)
        return _reply(status, Answer(status="limited" if wait else "invalid", errors=problems), retry_after=wait)

    def _stranger(self, sender: Address | None, why: str) -> Response[Answer]:
        now = self._clock()
        if not self._noise.wait(now):
            log.warning("webhook_unauthorized", sender=str(sender), why=why)
        if wait := self._strangers.wait(household(sender), now):
            return _reply(429, Answer(status="limited"), retry_after=wait)
        return _reply(401, Answer(status="unauthorized"))

    def _complaint(self, body: bytes) -> str:
        """For our log: the owner's own alert may be the one that cannot be read."""
        try:
            decode(self._veil(body))
        except BadPayload as bad:
            return f"no secret could be read: {bad}"
        return "wrong or missing secret"


def _secrets(body: bytes) -> list[Any]:
    """All that the body calls a secret, also where the rest of it cannot be read: who knows the secret and forgot a
    quote is to be told so."""
    try:
        return decode(body).all("secret")
    except BadPayload:
        return [found.decode("utf-8", "replace") for found in CALLED_SECRET.findall(body)]


def _reply(status: int, answer: Answer, *, retry_after: float | None = None) -> Response[Answer]:
    headers = {"Retry-After": str(max(1, math.ceil(retry_after)))} if retry_after is not None else {}
    if status == 408:
        headers["Connection"] = "close"
    return Response(answer, status_code=status, headers=headers)
