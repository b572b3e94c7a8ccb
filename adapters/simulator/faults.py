"""What may go wrong between a trader and the venue, as switches.

A fault is matched by method and path, skips the first `after` matches, then strikes `times` times. It is made of
independent parts: whether and when the request is executed, what the client gets to see, and how long that takes.

    Fault("POST", "/api/v3/order", Answer.DROPPED)                         executed, the answer is lost
    Fault("POST", "/api/v3/order", Answer.HTML_504, Execution.NEVER)       lost before the engine
    Fault("POST", "/api/v3/order", Answer.DROPPED, Execution.LATE, 0.2)    executed after the client gave up
    Fault("POST", "*", ErrorAnswer(-1007, "Timeout ...", 504))             executed, and the venue does not know
    Fault("POST", "/0/private/AddOrder", ("EService:Busy",))               the same in Kraken's words
    Fault("POST", "/0/private/CancelOrder", Answer.PENDING, Execution.LATE, 0.2)   Kraken cancels a little later
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from adapters.simulator.binance_errors import BinanceError
from adapters.simulator.http import Delivery, Reply
from adapters.simulator.kraken_errors import with_messages


class Execution(StrEnum):
    """What becomes of the request itself."""

    NOW = "now"
    NEVER = "never"
    LATE = "late"  # the answer is not awaited; after `delay` the time window is checked again, then it executes


class Answer(StrEnum):
    """What the client sees instead of the honest answer."""

    HONEST = "honest"
    DROPPED = "dropped"
    CUT = "cut"
    EMPTY_200 = "empty 200"
    HTML_200 = "html 200"
    HTML_403 = "html 403"
    HTML_500 = "html 500"
    HTML_502 = "html 502"
    HTML_503 = "html 503"
    HTML_504 = "html 504"
    HTML_520 = "html 520"
    HTML_524 = "html 524"
    HOLLOW = "hollow"
    PENDING = "pending"
    UNCOUNTED = "uncounted"


_KRAKEN_ANSWERS = {
    Answer.HOLLOW: {"error": [], "result": {}},
    Answer.PENDING: {"error": [], "result": {"count": 1, "pending": True}},
    Answer.UNCOUNTED: {"error": [], "result": {"count": 0}},
}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A Binance error as the answer, whatever happened to the request."""

    code: int
    message: str
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)

    def reply(self, headers: Mapping[str, str]) -> Reply:
        """The answer, with the headers that every answer has."""
        error = BinanceError(self.code, self.message, status=self.status, headers=self.headers)
        return error.reply(headers)


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch. `path` may contain `*`; `times` None is for ever; `delay` and `lag` are seconds.

    An `answer` that is a tuple replaces the messages of Kraken's envelope: errors instead of the result, or warnings
    (beginning with W) beside it.

    `delay` passes between receipt and engine, `lag` between engine and answer.
    """

    method: str
    path: str
    answer: Answer | ErrorAnswer | tuple[str, ...] = Answer.HONEST
    execution: Execution = Execution.NOW
    delay: float = 0.0
    lag: float = 0.0
    times: int | None = 1
    after: int = 0

    def __post_init__(self) -> None:
        """Refuse a fault that could not be told from an honest venue, or would have to lie about an answer."""
        if self.execution is not Execution.NOW and self.answer is Answer.HONEST:
            raise ValueError("a request that is not executed at once has no honest answer")
        if self.execution is not Execution.NOW and self.answer is Answer.CUT:
            raise ValueError("an answer that does not exist cannot be cut")

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is meant for such a request."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)

    def disguise(self, honest: Reply) -> Reply:
        """What reaches the client in place of the honest answer."""
        if isinstance(self.answer, ErrorAnswer):
            return self.answer.reply(honest.headers)
        if isinstance(self.answer, tuple):
            return with_messages(honest, self.answer)
        if self.answer is Answer.HONEST:
            return honest
        if self.answer in _KRAKEN_ANSWERS:
            return Reply.json(_KRAKEN_ANSWERS[self.answer])
        if self.answer is Answer.DROPPED:
            return Reply(delivery=Delivery.DROPPED)
        if self.answer is Answer.CUT:
            return Reply(status=honest.status, body=honest.body, delivery=Delivery.CUT)
        if self.answer is Answer.EMPTY_200:
            return Reply()
        status = int(self.answer.removeprefix("html "))
        return Reply(status=status, body=b"<html><body>an edge server</body></html>", content_type="text/html")


_NO_FAULT = Fault("*", "*", times=None)


class Faults:
    """The switches that are on, and which of the orders are still invisible.

    The first `blind` queries of every order find nothing, as real queries do shortly after placing, nor do those in
    the first `unseen` seconds of its life.
    """

    def __init__(self) -> None:
        """No faults."""
        self.blind = 0
        self.unseen = 0.0
        self._seen: Counter[int] = Counter()
        self._active: list[tuple[Fault, Counter[str]]] = []

    def add(self, *faults: Fault) -> None:
        """Switch faults on; of several that match the first added strikes."""
        self._active.extend((fault, Counter()) for fault in faults)

    def clear(self) -> None:
        """Heal the venue."""
        self.blind, self.unseen = 0, 0.0
        self._active.clear()

    def active(self) -> Iterable[Fault]:
        """Faults that may still strike."""
        return [fault for fault, _ in self._active]

    def take(self, method: str, path: str) -> Fault:
        """The fault that strikes this request, or one that does nothing; used-up faults disappear."""
        for entry in self._active:
            fault, count = entry
            if not fault.matches(method, path):
                continue
            count["matched"] += 1
            if count["matched"] <= fault.after:
                continue
            if fault.times is not None and count["matched"] >= fault.after + fault.times:
                self._active.remove(entry)
            return fault
        return _NO_FAULT

    def hides(self, order_id: int, age: float = math.inf) -> bool:
        """Count a query of an order that is `age` seconds old, and tell whether the venue is still blind to it."""
        self._seen[order_id] += 1
        return self._seen[order_id] <= self.blind or age < self.unseen
