"""What is combined, and which combinations there are. A token names one, and is all that is needed to play it again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

VENUES = ("binance", "kraken")

# What becomes of the struck request. The first is always the ordinary one.
REQUEST = (
    "ok",
    "done-dropped",  # executed, and the connection drops
    "done-hangs",  # executed, and nothing is heard until the client gives up
    "lost-dropped",  # not executed
    "lost-hangs",
    "late-1",  # executed so many seconds after the client gave up
    "late-4",
    "late-9",  # after the order's expiry, so the venue throws it away
)
MARKET = ("refused-1", "half-rests", "half-expires", "none-rests", "none-expires")
OUTCOMES = {  # by the moment at which the fault strikes
    "audit": ("ok", "lost", "late"),
    "assess": ("ok", "lost", "late", "unreachable", "unlisted"),
    "entry": (*REQUEST, *MARKET),
    "stop": (*REQUEST, "refused-1", "refused-2", "refused-4", "would-trigger"),
    "holding": (
        "ok",
        "vanishes-told",  # the venue cancels the stop unasked
        "vanishes",
        "vanishes-forgotten",  # and can no longer find it under our id
        "fires-told",
        "fires",
        "half-fires",
        "gap",  # through the stop
        "denied-1",  # the venue says so many times that it does not know a stop that rests there
        "denied-2",
        "denied-4",
    ),
    "cancel": (*REQUEST, "overtaken"),  # by a fill
    "exit": (*REQUEST, *MARKET, "refused-3", "refused-5"),
}
CHILDREN = ("child-never", "child-refused", "child-late")  # of the stop that the venue makes itself

CRASHES = (
    "alive",
    "unsent",  # decided and journaled, and the process dies before the request leaves
    "unread",  # the request has left, and the process dies before anything is heard
    "told",  # the answer is journaled, and what follows from it never leaves
    "twice",  # unread, and once more when the first questions are out
)
MOMENTS = ("before", "after", "later")  # as the request leaves; when it has left; some seconds on
ACTS = (
    "nobody",
    *(f"{act}-{moment}" for act in ("stop", "sell", "buy") for moment in MOMENTS),
    "resume-after",  # /stop, and /resume when the dust has settled
    "repeat-after",  # TradingView sends its last signal again
)
WEATHER = (
    "fair",
    "storm-done",  # the next two orders or cancels are executed, and get no answer
    "storm-lost",  # they are not executed, and get no answer
    "mute",  # the next three questions get no answer
    "lag-3",  # so many seconds questions do not know what was placed from now on
    "lag-12",
    "slow",  # questions are answered six seconds late
    "echo",  # everything is told twice, and the newest first
    "audits-late",  # by twelve seconds: the picture is old when it comes
    "cancel-only",  # for twenty seconds
    "gap",  # the price falls through where the stop is, or would be
    "purge",  # three seconds on, the venue cancels whatever rests, unasked and unsaid
    "clock-back",  # 20 s
    "clock-on",  # an hour
    "midnight",
    "restart-20",  # the process is down for so many seconds
    "restart-90",
)
DOWN = ("restart-20", "restart-90")
UNHEARD = ("done", "lost", "late", "denied")  # how outcomes begin after which no true answer came
ANSWERED = ("fair", "echo", "gap", "purge", "midnight")  # weather in which the venue answers in time


class Token(NamedTuple):
    venue: str
    stage: str
    outcome: str = "ok"
    crash: str = "alive"
    act: str = "nobody"
    weather: str = "fair"

    def __str__(self) -> str:
        return ".".join(self)

    @property
    def answering(self) -> bool:
        """The process lives, and the venue answers everything in time, whatever it answers."""
        return not self.outcome.startswith(UNHEARD) and self.crash == "alive" and self.weather in ANSWERED

    @property
    def refusing(self) -> bool:
        """The venue says no more than once, so an alarm is no false one."""
        return (self.outcome.startswith("refused") and self.outcome != "refused-1") or self.weather == "cancel-only"

    @property
    def faults(self) -> int:
        """How many things go another way than the ordinary one."""
        return sum(given != usual for given, usual in zip(self[2:], ("ok", "alive", "nobody", "fair"), strict=True))

    @property
    def possible(self) -> bool:
        """Down needs a death; a request that was never sent has no outcome; the first signal repeats none."""
        late = self.weather in DOWN and self.crash == "alive"
        spared = self.crash == "unsent" and self.stage != "holding" and self.outcome != "ok"
        unsaid = self.act.startswith("repeat") and self.stage == "audit"
        return not (late or spared or unsaid)


def outcomes(venue: str, stage: str) -> tuple[str, ...]:
    """Kraken makes the stop itself, and keeps an order's id."""
    if venue == "binance":
        return OUTCOMES[stage]
    extra = CHILDREN if stage == "entry" else ()
    own = () if stage == "stop" else OUTCOMES[stage]
    return (*(o for o in own if o != "vanishes-forgotten"), *extra)


def every() -> Iterator[Token]:
    for venue in VENUES:
        for stage in OUTCOMES:
            for rest in product(outcomes(venue, stage), CRASHES, ACTS, WEATHER):
                token = Token(venue, stage, *rest)
                if token.possible:
                    yield token


def short() -> Iterator[Token]:
    """Any one fault by itself, and a crash beside any outcome and in any weather."""
    return (t for t in every() if t.faults <= 1 or (t.faults == 2 and t.crash != "alive" and t.act == "nobody"))


def parse(text: str) -> Token:
    """Raises ValueError where there is no such combination."""
    token = Token(*text.split("."))
    known = token.venue in VENUES and token.stage in OUTCOMES
    valid = known and token.outcome in outcomes(token.venue, token.stage) and token.possible
    if not valid or token.crash not in CRASHES or token.act not in ACTS or token.weather not in WEATHER:
        raise ValueError(f"no such combination: {text}")
    return token
