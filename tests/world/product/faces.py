"""The venues' real answers, and what the adapters' classifiers take them for. Where they see no difference the product
plays one combination for all of them; that they see none is asked of the classifiers themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.exchanges import kraken_outcome as kraken
from adapters.exchanges import outcome as binance
from adapters.exchanges.outcome import Outcome

from .dimensions import Token

Reply = binance.Reply | kraken.Reply
Faces = dict[str, tuple[Reply, ...]]  # by venue


def _no(code: int, words: str = "words", status: int = 400) -> binance.Reply:
    return binance.Reply(status, {"code": code, "msg": words})


def _said(*errors: str, status: int = 200, result: Any = None) -> kraken.Reply:
    return kraken.read(status, {"error": list(errors), "result": result})


SILENCE: Faces = {  # executed or not: nobody can tell
    "binance": (
        binance.Reply(why="ServerDisconnectedError"),
        binance.Reply(why="ClientPayloadError"),  # the body was cut
        binance.Reply(why="TimeoutError"),
        binance.Reply(200),  # empty, or a page of HTML, or half of the JSON
        binance.Reply(200, {}),
        *(binance.Reply(status) for status in (403, 500, 502, 503, 504, 524)),
        _no(-1006),
        _no(-1007, status=504),
        _no(-2010, "Duplicate order sent."),
    ),
    "kraken": (
        kraken.Reply(why="ServerDisconnectedError"),
        kraken.Reply(why="ClientPayloadError"),
        kraken.Reply(why="TimeoutError"),
        kraken.read(200, None),
        _said(result={}),
        *(kraken.read(status, None) for status in (403, 500, 502, 503, 504, 520, 524)),
        _said("EService:Busy"),
        _said("EService:Unavailable"),
        _said("EService:Deadline elapsed"),
        _said("EGeneral:Internal error"),
    ),
}
REFUSED: Faces = {  # proven: nothing has happened
    "binance": (
        _no(-2010, "Account has insufficient balance for requested action."),
        _no(-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        _no(-1013, "Filter failure: NOTIONAL"),
        _no(-1013, "Filter failure: MAX_NUM_ALGO_ORDERS"),
        _no(-2015, "Invalid API-key, IP, or permissions for action."),
    ),
    "kraken": (
        _said("EOrder:Insufficient funds"),
        _said("EOrder:Order minimum not met"),
        _said("EOrder:Orders limit exceeded"),
        _said("EGeneral:Permission denied"),
    ),
}
AGAIN: Faces = {  # proven as well: sent again while there is time, then refused (a stop: silence)
    "binance": (
        _no(-1021),
        _no(-1003, status=429),
        _no(-1003, status=418),
        _no(-1015, status=429),
        binance.Reply(sent=False),
    ),
    "kraken": (
        _said("EAPI:Invalid nonce"),
        _said("EAPI:Rate limit exceeded"),
        _said("EOrder:Rate limit exceeded"),
        _said("EService:Market in cancel_only mode"),
        kraken.Reply(sent=False),
    ),
}
TRIGGERED: Faces = {
    "binance": (
        _no(-2010, "Stop price would trigger immediately."),
        _no(-2010, "Order would trigger immediately."),
    )
}


def taken_for(reply: Reply) -> Outcome:
    """Of a request that was to make an order."""
    if isinstance(reply, binance.Reply):
        return binance.classify(reply, "orderId").outcome
    return kraken.classify(reply, "txid").outcome


def every() -> Iterator[tuple[Reply, Outcome]]:
    """Each answer, with what the product takes it for."""
    for faces, outcome in (
        (SILENCE, Outcome.UNRESOLVED),
        (REFUSED, Outcome.REFUSED),
        (AGAIN, Outcome.AGAIN),
        (TRIGGERED, Outcome.REFUSED),
    ):
        for replies in faces.values():
            for reply in replies:
                yield reply, outcome


def stands_for(token: Token) -> int:
    """How many combinations of real answers this one is."""
    venue, stop = token.venue, token.stage == "stop"
    if token.stage in ("audit", "assess", "holding"):
        return 1
    match token.outcome.partition("-")[0]:
        case "done" | "late":
            return len(SILENCE[venue])
        case "lost":
            return len(SILENCE[venue]) + (len(AGAIN[venue]) if stop else 0)
        case "refused":
            return len(REFUSED[venue]) + (0 if stop else len(AGAIN[venue]))
        case "would":
            return len(TRIGGERED[venue])
    return 1
