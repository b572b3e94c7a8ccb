"""What became of a request: the one place that decides, by what the venue proved and never by an exception's class.

Law: a refusal is a complete HTTP 4xx answer whose JSON carries a code on the list below. Everything else about a
request that may have left is unresolved: no answer, a cut one, 5xx, a page of HTML, an empty 200, an answer without
an order id ("5XX: do NOT treat as failure", Binance rest-api.md "HTTP Return Codes"; errors.md -1006, -1007).
Codes: https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from msgspec import Struct

from fsm.ledger import WOULD_TRIGGER

from .base import Refused, Unresolved

SKEW, TOO_MANY_REQUESTS, TOO_MANY_ORDERS = -1021, -1003, -1015
BAD_SYMBOL, REJECTED, CANCEL_REJECTED, NO_SUCH_ORDER = -1121, -2010, -2011, -2013

DEFINITE = frozenset(
    {
        -1002,  # unauthorized
        -1010,  # refused by the engine (as -2010)
        -1013,  # a filter
        -1014,  # unsupported order combination
        -1020,  # unsupported operation
        -1022,  # signature
        *range(-1199, -1099),  # parameters, and the shape of order lists
        REJECTED,
        CANCEL_REJECTED,
        NO_SUCH_ORDER,
        -2014,  # key format
        -2015,  # key, address or permission
        -2039,  # order id and client order id do not match
    }
)
NO_LIST = "Order list does not exist"  # its code is not documented
NOT_CONNECTED = "not connected"
BACK_OFF = {429: 1.0, 418: 120.0}  # seconds, when a rate limit does not say how long


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"  # nothing happened, and the same request may be sent once more
    UNRESOLVED = "unresolved"


class Reply(Struct, frozen=True):
    """What the wire brought back from one request."""

    status: int | None = None  # HTTP status of a complete answer
    body: Any = None  # its JSON; None: there was none
    retry_after: float | None = None  # seconds
    sent: bool = True  # False: no connection was ever made, so nothing can have arrived
    why: str = ""  # what went wrong below HTTP, in a word

    @property
    def code(self) -> int | None:
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return code if isinstance(code, int) else None

    @property
    def message(self) -> str:
        message = self.body.get("msg", "") if isinstance(self.body, dict) else ""
        return message if isinstance(message, str) else ""


class Verdict(Struct, frozen=True):
    outcome: Outcome
    reason: str = ""
    wait: float = 0.0  # seconds before it may be sent again


def redact(text: str) -> str:
    """Short, and without addresses, signatures or keys: nothing that is long enough to be one survives."""
    text = re.sub(r"\w+://\S+", "<url>", text)
    text = re.sub(r"(?i)(signature|api-?key|secret)\W{0,3}[=:]\W{0,3}\S+", r"\1 <hidden>", text)
    return re.sub(r"[A-Za-z0-9+/=%_-]{40,}", "<hidden>", text)[:160]


def classify(reply: Reply, *proof: str) -> Verdict:
    """`proof`: keys of which an accepted answer has at least one; without any, all JSON is proof (of a read)."""
    status, code, said = reply.status, reply.code, redact(f"{reply.code} {reply.message}")
    if not reply.sent:
        return Verdict(Outcome.AGAIN, f"{NOT_CONNECTED}: {redact(reply.why)}", 0.25)
    if status is None:
        return Verdict(Outcome.UNRESOLVED, f"no answer: {redact(reply.why)}")
    if status == 200:
        return _accepted(reply, proof)
    if not 400 <= status < 500:
        return Verdict(Outcome.UNRESOLVED, f"HTTP {status}" if code is None else f"HTTP {status} {said}")
    if status in BACK_OFF or code in (TOO_MANY_REQUESTS, TOO_MANY_ORDERS):
        wait = BACK_OFF.get(status, 1.0) if reply.retry_after is None else reply.retry_after
        return Verdict(Outcome.AGAIN, f"rate limit: HTTP {status} {said}", wait)
    if code == SKEW:
        return Verdict(Outcome.AGAIN, f"clock: {said}")
    if "duplicate" in reply.message.lower():
        return Verdict(Outcome.UNRESOLVED, f"an order with this id is there: {said}")
    if code in DEFINITE or (code is not None and NO_LIST in reply.message):
        return Verdict(Outcome.REFUSED, WOULD_TRIGGER if "would trigger immediately" in reply.message else said)
    return Verdict(Outcome.UNRESOLVED, f"HTTP {status} {said}")


def _accepted(reply: Reply, proof: tuple[str, ...]) -> Verdict:
    body = reply.body
    if body is None:
        return Verdict(Outcome.UNRESOLVED, "HTTP 200 without JSON")
    if proof and not (isinstance(body, dict) and any(body.get(key) is not None for key in proof)):
        return Verdict(Outcome.UNRESOLVED, f"HTTP 200 without {' or '.join(proof)}")
    return Verdict(Outcome.ACCEPTED)


def demand(reply: Reply, *proof: str) -> Any:
    """The JSON of an accepted request. Raises `Refused` (with `again` where it may be resent) or `Unresolved`."""
    verdict = classify(reply, *proof)
    match verdict.outcome:
        case Outcome.ACCEPTED:
            return reply.body
        case Outcome.REFUSED:
            raise Refused(verdict.reason, reply.code)
        case Outcome.AGAIN:
            raise Refused(verdict.reason, reply.code, verdict.wait)
        case Outcome.UNRESOLVED:
            raise Unresolved(verdict.reason)


@contextmanager
def readable() -> Iterator[None]:
    """Around the reading of an accepted answer: one that does not look as documented proves nothing."""
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unresolved(f"an answer that cannot be read: {type(error).__name__}") from None
