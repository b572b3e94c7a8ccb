"""What one combination showed, and what many did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from adapters.notifications.narrator import STOPPED, Narrator
from adapters.store.drift import drift
from adapters.store.reader import Entry
from fsm.bot import Bot
from fsm.picture import picture
from fsm.step import Decision

from .dimensions import DOWN, Token
from .faces import stands_for
from .play import Play

DIMENSIONS = ("venue", "stage", "outcome", "crash", "act", "weather")
NAKED = 0.5  # seconds; less is none


class Result(NamedTuple):
    token: Token
    violation: str = ""
    naked: float = 0.0  # seconds, the longest stretch while a process ran
    unattended: float = 0.0  # seconds naked while none did
    halted: bool = False


def result(token: Token, said: list[str] | None = None) -> Result:
    play = Play(token, said)
    try:
        play.play()
        for written, halt in play.halts:
            _alerted(written, halt, token.venue)
    except Exception as error:  # whatever it is, the product goes on, and tells
        return Result(token, f"{type(error).__name__}: {str(error)[:160]}", play.worst, play.unattended)
    return Result(token, "", play.worst, play.unattended, bool(play.halts))


def _alerted(written: Bot, d: Decision, venue: str) -> None:
    """Whoever stops, says so."""
    entry = Entry(
        d.bot.seq,
        d.bot.now,
        d.input,
        d.before.state,
        d.bot.state,
        d.accepted,
        d.reasons,
        d.effects,
        d.verdicts,
        d.trades,
        picture(d.bot),
        drift(written, d),
    )
    assert d.bot.state in STOPPED
    assert d.bot.why, "stopped without a reason"
    assert list(Narrator(d.bot.pair, "testnet", venue).tell(entry)), f"stopped without an alert: {d.bot.why}"


def summary(results: Iterable[Result]) -> list[str]:
    seen = sorted(results, key=lambda r: r.naked)
    lines = []
    for i, name in enumerate(DIMENSIONS):
        counts = Counter(r.token[i] for r in seen)
        lines.append(f"{name:8} {len(counts):3}  " + "  ".join(f"{value} {n}" for value, n in counts.items()))
    answering = [r for r in seen if r.token.answering]
    late = [r.unattended for r in seen if r.token.weather in DOWN]
    lines += [
        f"naked, while the venue answers  {_spread([r.naked for r in answering])}",
        f"naked, under any fault          {_spread([r.naked for r in seen])}",
        f"naked while no process ran      {_spread(sorted(late))}" if late else "no late restart",
        f"{sum(r.halted for r in seen)} combinations halted the bot, each with a reason and an alert",
        f"{len(seen)} combinations, standing for {sum(stands_for(r.token) for r in seen)} with every real answer; "
        f"{sum(bool(r.violation) for r in seen)} violations",
    ]
    return lines


def _spread(ordered: list[float]) -> str:
    def at(part: float) -> float:
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)]

    bare = sum(s > NAKED for s in ordered)
    return f"p50 {at(0.5):.0f} s, p99 {at(0.99):.0f} s, max {ordered[-1]:.0f} s ({bare} of {len(ordered)} at all)"
