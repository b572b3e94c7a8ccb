"""What people and strategies ask for. A command may be refused, and a refusal carries every reason."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class Choice(StrEnum):
    """What is to become of coins or orders nobody can explain."""

    KEEP = "keep"  # they are the owner's: leave them alone
    ADOPT = "adopt"  # the coins are ours: protect them
    EXIT = "exit"  # the coins are ours: sell them


class Command(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    at: float  # seconds since the epoch, UTC; the core has no other clock


class Signal(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """BUY opens, SELL closes."""

    side: Side
    signal_id: str
    stamp: float  # when the strategy says it spoke
    symbol: str = ""  # "BTC/USDT"
    price: Decimal | None = None  # what the strategy saw; for the record, never traded on
    strategy: str = ""
    repeated: bool = False  # the journal already holds this (side, signal_id, stamp)


class Stop(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    by: str = ""


class Resume(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    by: str = ""


class Rearm(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    reason: str
    by: str = ""


class Resolve(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    choice: Choice
    by: str = ""


AnyCommand = Signal | Stop | Resume | Rearm | Resolve
