"""Kraken's refusals: HTTP 200 and a list of strings, as in its page "Error messages" (guides/general/errors).

Strings which that page does not have were seen in the wild: `EOrder:Invalid price:PAIR price can only be specified up
to N decimals.` and `EGeneral:Invalid arguments:cl_ord_id not unique` by several public bots.
"""

from collections.abc import Sequence

import msgspec

from adapters.simulator.http import Reply
from adapters.simulator.state import Phase, Refusal


class KrakenError(Exception):
    """An answer `{"error": ["E..."]}` without a result."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def reply(self) -> Reply:
        """The error on the wire."""
        return Reply.json({"error": [self.message]})


_REFUSALS = {
    Refusal.DUPLICATE: "EGeneral:Invalid arguments:cl_ord_id not unique",
    Refusal.FUNDS: "EOrder:Insufficient funds",
    Refusal.MATCHES_NOW: "EOrder:Post only order",
    Refusal.UNKNOWN: "EOrder:Unknown order",
    Refusal.UNSUPPORTED: "EGeneral:Invalid arguments:ordertype",
    Refusal.TRIGGERS_NOW: "EOrder:Invalid price",
}


def refused(refusal: Refusal, phase: Phase) -> KrakenError:
    """What Kraken says when its matching engine refuses, in that phase of the market."""
    if refusal is Refusal.CLOSED:
        return closed(phase)
    return KrakenError(_REFUSALS[refusal])


def closed(phase: Phase) -> KrakenError:
    """What Kraken says while it does not trade."""
    if phase is Phase.CANCEL_ONLY:
        return KrakenError("EService:Market in cancel_only mode")
    return KrakenError("EService:Unavailable")


def invalid(name: str = "") -> KrakenError:
    """A parameter is missing, malformed or not allowed here."""
    return KrakenError(f"EGeneral:Invalid arguments:{name}" if name else "EGeneral:Invalid arguments")


def with_messages(honest: Reply, messages: Sequence[str]) -> Reply:
    """An answer with these messages in its envelope; the result stays only beside mere warnings (W...)."""
    if not honest.body or any(message.startswith("E") for message in messages):
        return Reply.json({"error": messages})
    body = msgspec.json.decode(honest.body)
    return Reply.json(body | {"error": [*messages, *body["error"]]})
