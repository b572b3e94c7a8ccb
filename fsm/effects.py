"""What we ask of the world: plain data. Emitting one leaves its footprint in the ledger: the ledger is the outbox."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from .ledger import Purpose


class Effect(Struct, frozen=True, tag=True, omit_defaults=True): ...


class Assess(Effect, frozen=True, tag=True, omit_defaults=True):
    signal_id: str  # carried back: yesterday's answer must not judge today's signal


class Place(Effect, frozen=True, tag=True, omit_defaults=True):
    cid: str
    purpose: Purpose
    qty: Decimal  # base
    expires: float  # never sent later, and the venue is told so: absence must be provable
    trigger: Decimal | None = None  # of a stop, or of the stops the venue is to attach to an entry
    limit: Decimal | None = None  # what a unit of such an entry may cost, at a venue that can be told so


class Cancel(Effect, frozen=True, tag=True, omit_defaults=True):
    cid: str


class Query(Effect, frozen=True, tag=True, omit_defaults=True):
    cid: str
    asked_at: float  # evidence is as old as its question


class Audit(Effect, frozen=True, tag=True, omit_defaults=True):
    asked: int  # the step that asked: two steps may share one reading of the clock


AnyEffect = Assess | Place | Cancel | Query | Audit
