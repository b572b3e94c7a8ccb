"""What happens at the moment of the fault, and because of it later: to the order, to the weather, and by people."""

from __future__ import annotations

from decimal import Decimal as D
from functools import partial
from typing import TYPE_CHECKING

from fsm.ledger import Purpose, Status

from ..exchange import Resting
from .venue import BEFALLS

if TYPE_CHECKING:
    from .play import Play

ENTRY, STOP, EXIT = Purpose
CLOCKS = {"clock-back": -20.0, "clock-on": 3600.0}
CLOSED = 20.0  # seconds of cancel-only
LASTS = 20.0  # seconds of any other weather that ends
REST = 4.0  # seconds until what was left open is filled
SHOWN = 3.0  # seconds until the venue shows a stop that it made late
PURGE = 3.0  # seconds until the venue cancels whatever rests
LATER = 8.0  # seconds until a person acts who acts later
RESUMES = 20.0  # seconds until the person who pressed /stop tries /resume


def prepare(play: Play) -> None:
    """What the outcome needs before the request leaves, or, with a position that rests, the whole of it."""
    venue, (kind, _, how) = play.venue, play.token.outcome.partition("-")
    match kind:
        case "refused":
            venue.refusals[Purpose(play.token.stage)] = int(how)
        case "half" | "none":
            venue.part = 0.5 if kind == "half" else 0.0
            venue.expires = how == "expires"
        case "would":
            venue.move(venue.price * D("0.97"))
    if play.token.stage == "holding":
        for stop in venue.live(STOP):
            _befall(play, stop, kind, how)


def _befall(play: Play, stop: Resting, kind: str, how: str) -> None:
    """The stop that rests."""
    trigger = stop.trigger or play.venue.price
    match kind:
        case "vanishes":
            stop.status, stop.forgotten = Status.CANCELED, how == "forgotten"
        case "fires" | "half":
            play.venue.move(trigger)
        case "gap":
            play.venue.move(trigger * D("0.95"))
        case "denied":
            play.line.denied[stop.cid] = int(how)
    if how == "told":
        play.wire.show(stop)


def follow(play: Play) -> None:
    """What the outcome leads to once the request has left."""
    match play.token.outcome:
        case "half-rests" | "half-fires":
            play.plan(REST, partial(_fill, play))
        case "child-never":
            play.venue.orders = {o.cid: o for o in play.venue.orders.values() if not _young(o)}
        case "child-refused":
            for child in filter(_young, play.venue.orders.values()):
                child.status = Status.REJECTED
        case "child-late":
            for child in filter(_young, play.venue.orders.values()):
                child.shown_at = play.venue.now + SHOWN


def _young(order: Resting) -> bool:
    return bool(order.parent) and not order.filled


def _fill(play: Play) -> None:
    for order in play.venue.working():
        play.venue.trade(order, 1)
        play.wire.show(order)


def weather(play: Play) -> None:
    venue, line = play.venue, play.line
    match play.token.weather:
        case "storm-done" | "storm-lost" as storm:
            line.storm = [BEFALLS[storm[6:]]] * 2
        case "mute":
            line.mute = 3
            play.plan(LASTS, partial(_clear, play))
        case "lag-3" | "lag-12" as lag:
            venue.lags = (float(lag[4:]),)
            play.plan(LASTS, partial(_clear, play))
        case "slow":
            line.dawdle = 6.0
            play.plan(LASTS, partial(_clear, play))
        case "audits-late":
            line.audits = 12.0
            play.plan(LASTS, partial(_clear, play))
        case "echo":
            line.echo = True
            play.plan(LASTS, partial(_clear, play))
        case "cancel-only":
            venue.cancel_only = True
            play.plan(CLOSED, partial(_reopen, play))
        case "gap":
            venue.move(venue.price * D("0.95"))
        case "purge":
            play.plan(PURGE, partial(_purge, play))


def _clear(play: Play) -> None:
    play.venue.lags = (0.0,)
    play.line.mute, play.line.dawdle, play.line.audits, play.line.echo = 0, 0.0, 0.0, False


def _reopen(play: Play) -> None:
    play.venue.cancel_only = False
    play.venue.look()


def _purge(play: Play) -> None:
    for order in play.venue.live():
        order.status = Status.CANCELED


def act(play: Play, moment: str) -> None:
    """What a person or the strategy does at this moment, if it is the moment."""
    who, _, when = play.token.act.partition("-")
    if when != moment:
        return
    if when == "later":
        play.plan(LATER, partial(_act, play, who))
    else:
        _act(play, who)


def _act(play: Play, who: str) -> None:
    match who:
        case "sell":
            play.sell("tv-9")
        case "buy":
            play.buy("tv-9")
        case "repeat":
            play.resend(play.sent[-1])
        case "stop" | "resume":
            play.stop()
    if who == "resume":
        play.plan(RESUMES, play.resume)
