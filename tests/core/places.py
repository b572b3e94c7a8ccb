"""How to get into each state, honestly: by what happened, never by setting a field."""

from __future__ import annotations

from decimal import Decimal as D

from fsm.limits import Limits
from tests.world.desk import Desk

CALM = Limits(streak=2, drawdown_pct=D(3), daily_loss_pct=D(3), risk_pct=D(2))


def idle() -> Desk:
    return Desk(limits=CALM).open()


def validating() -> Desk:
    desk = idle()
    desk.buy("tv-1")
    return desk


def ordering() -> Desk:
    desk = validating()
    desk.send()
    return desk


def leaving() -> Desk:
    desk = in_position()
    desk.sell("tv-2")
    return desk


def in_position() -> Desk:
    return idle().hold("tv-1")


def paused() -> Desk:
    return Desk(limits=Limits(streak=2)).open().lose("tv-1").lose("tv-2")


def halted() -> Desk:
    desk = idle()
    desk.stop()
    return desk


def halted_holding() -> Desk:
    """With a guarded position: the owner's coins were found beside it, and kept."""
    desk = in_position()
    desk.meddle(D("0.01"))
    desk.wait(65)
    return desk


def killed_leaving() -> Desk:
    desk = in_position()
    desk.exchange.no_stops = desk.exchange.cancel_only = True
    desk.price(62_000)
    desk.wait(6)
    desk.price(62_000)
    return desk


def killed() -> Desk:
    desk = killed_leaving()
    desk.exchange.no_stops = desk.exchange.cancel_only = False
    desk.price(62_900)
    desk.wait(30)
    return desk
