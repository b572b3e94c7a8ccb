"""What became of a request to Kraken: decided by the strings in its answer, never by an exception's class.

Kraken answers application errors with HTTP 200 and `{"error": ["E..."]}`; a "W..." beside a result is a warning.
Law: a refusal is an answer all of whose errors are on the lists below. Accepted is what shows its proof (a new order:
its `txid`). Everything else about a request that may have left is unresolved: no answer, a cut one, a page of HTML, an
empty 200, `{"error":[],"result":{}}`, "EService:Busy" (orders were seen to execute in spite of it), and
"EService:Deadline elapsed" (which may come after a part was matched).
Strings: https://docs.kraken.com/api/docs/guides/spot-errors
"""

from __future__ import annotations

import time
from typing import Any

from msgspec import Struct

from .base import Refused, Unresolved
from .outcome import NOT_CONNECTED, Outcome, Verdict, redact

UNKNOWN_ORDER, UNKNOWN_PAIR = "EOrder:Unknown order", "EQuery:Unknown asset pair"
BAD_PRICE, BAD_ID = "EOrder:Invalid price", "EGeneral:Invalid arguments:cl_ord_id"
LOCKOUT, THROTTLED = "EGeneral:Temporary lockout", "EService:Throttled"

NO = (  # nothing happened, and the same request would be refused again
    "EAPI:Invalid key",
    "EAPI:Invalid signature",
    "EGeneral:Invalid arguments",
    "EGeneral:Permission denied",
    "EGeneral:Unknown method",
    "EOrder:Cost minimum not met",
    "EOrder:Insufficient funds",
    BAD_PRICE,
    "EOrder:Order minimum not met",
    "EOrder:Orders limit exceeded",
    "EOrder:Post only order",
    "EOrder:Tick size check failed",
    "EOrder:Trading agreement required",
    UNKNOWN_PAIR,
)
LATER = {  # nothing happened, and the same request may be sent again after so many seconds
    "EAPI:Invalid nonce": 0.05,
    "EAPI:Rate limit exceeded": 5.0,
    "EOrder:Rate limit exceeded": 5.0,
    "EGeneral:Too many requests": 5.0,
    LOCKOUT: 900.0,
    THROTTLED: 5.0,
    "EService:Market in cancel_only mode": 5.0,
    "EService:Market in limit_only mode": 5.0,
    "EService:Market in post_only mode": 5.0,
    "EGeneral:Invalid arguments:deadline": 0.1,  # after another look at the clock
}
SILENCING = ("EAPI:Rate limit exceeded", "EGeneral:Too many requests", LOCKOUT, THROTTLED)  # they mean the key


class Reply(Struct, frozen=True):
    """What the wire brought back from one request."""

    status: int | None = None  # HTTP status of a complete answer
    result: Any = None
    errors: tuple[str, ...] = ()  # "E..." of Kraken's envelope
    warnings: tuple[str, ...] = ()  # "W..."
    envelope: bool = False  # the answer was JSON as Kraken writes it
    sent: bool = True  # False: no connection was ever made, so nothing can have arrived
    why: str = ""  # what went wrong below HTTP, in a word
    hold: float = 0.0  # seconds that we keep quiet for the sake of the venue's limits; it was not sent

    def says(self, error: str) -> bool:
        """Whether this is its one error."""
        return len(self.errors) == 1 and _is(self.errors[0], error)


def read(status: int, body: Any) -> Reply:
    """A complete answer. `body` is its JSON, None if it has none."""
    said = body.get("error") if isinstance(body, dict) else None
    if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
        return Reply(status)
    return Reply(
        status,
        result=body.get("result"),
        errors=tuple(text for text in said if not text.startswith("W")),
        warnings=tuple(text for text in said if text.startswith("W")),
        envelope=True,
    )


def classify(reply: Reply, proof: str = "") -> Verdict:
    """`proof`: the key that an accepted answer has; without one any result is proof (of a read)."""
    if reply.hold:
        return Verdict(Outcome.AGAIN, "rate limit: waiting", reply.hold)
    if not reply.sent:
        return Verdict(Outcome.AGAIN, f"{NOT_CONNECTED}: {redact(reply.why)}", 0.25)
    if reply.status is None:
        return Verdict(Outcome.UNRESOLVED, f"no answer: {redact(reply.why)}")
    if not reply.envelope or not (reply.status == 200 or 400 <= reply.status < 500):
        return Verdict(Outcome.UNRESOLVED, f"HTTP {reply.status} without an answer of Kraken's")
    if reply.errors:
        return _refused(reply)
    if reply.status != 200 or reply.result is None:
        return Verdict(Outcome.UNRESOLVED, f"HTTP {reply.status} without a result")
    if proof and not (isinstance(reply.result, dict) and reply.result.get(proof)):
        return Verdict(Outcome.UNRESOLVED, f"HTTP 200 without {proof}")
    return Verdict(Outcome.ACCEPTED)


def _refused(reply: Reply) -> Verdict:
    """All errors must be a "no": one among them that is not leaves the whole in doubt, and so does a result. So does a
    complaint about our id: ids are used once, so an order under it would be ours, sent before."""
    said = redact("; ".join(reply.errors))
    if reply.result or any(error.startswith(BAD_ID) for error in reply.errors):
        return Verdict(Outcome.UNRESOLVED, said)
    waits = [wait for error in reply.errors if (wait := pause(error)) is not None]
    if len(waits) == len(reply.errors):
        return Verdict(Outcome.AGAIN, said, max(waits))
    if all(any(_is(error, no) for no in NO) for error in reply.errors):
        return Verdict(Outcome.REFUSED, said)
    return Verdict(Outcome.UNRESOLVED, said)


def pause(error: str) -> float | None:
    """Seconds until the same request may be sent again; None if this error does not invite to it."""
    found = next((wait for name, wait in LATER.items() if _is(error, name)), None)
    until = error.removeprefix(THROTTLED).strip(": ")
    if found is not None and error.startswith(THROTTLED) and until.isdecimal():
        return max(float(until) - time.time(), 1.0)  # Kraken names the moment (spot-errors)
    return found


def demand(reply: Reply, proof: str = "") -> Any:
    """The result of an accepted request. Raises `Refused` (with `again` where it may be resent) or `Unresolved`."""
    verdict = classify(reply, proof)
    match verdict.outcome:
        case Outcome.ACCEPTED:
            return reply.result
        case Outcome.REFUSED:
            raise Refused(verdict.reason)
        case Outcome.AGAIN:
            raise Refused(verdict.reason, again=verdict.wait)
        case Outcome.UNRESOLVED:
            raise Unresolved(verdict.reason)


def _is(error: str, name: str) -> bool:
    """The string itself, or with particulars after a colon."""
    return error == name or error.startswith(f"{name}:")
