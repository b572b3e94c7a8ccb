"""An order that shows whether the venue still remembers us: the first entry that we saw filled.

A test network begins anew about once a month, unannounced: every balance reset, every order forgotten, the keys kept.
Compared with the books that looks like coins and cash that came or went. But after a trade by hand, a deposit or an
answer that got lost, an order that filled is still known; after a wipe it is not. So where the books and the account
disagree, the witness is asked before anything is believed. It is the first, not the latest: one that filled on
the new account would vouch for the wrong one.
Law: only two "not found" and another balance together are a wipe; only the witness, found again, ends it.
Source: binance-spot-api-docs, testnet/general-info.md, "How frequently does the Spot Test Network get reset?"
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from .ledger import NEVER, moved

AGREE = 2  # answers "not found" to as many questions
APART = 2.0  # seconds between those questions


class Witness(Struct, frozen=True, omit_defaults=True):
    cid: str
    asked_at: float = NEVER
    silences: int = 0  # questions since the last answer
    misses: int = 0
    missed_at: float = NEVER  # when the question was asked that was the latest to find nothing
    vouched: bool = False  # found since the present doubt began
    strange: bool = False  # the latest audit showed other balances than the books

    @property
    def forgotten(self) -> bool:
        return self.strange and self.misses >= AGREE

    @property
    def unasked(self) -> Witness:
        """Without what asking alone changes."""
        return replace(self, asked_at=NEVER, silences=0)

    def doubted(self) -> Witness:
        return replace(self, vouched=False)

    def asked(self, at: float) -> Witness:
        return replace(self, asked_at=at, silences=self.silences + 1)

    def compared(self, *, strange: bool) -> Witness:
        """An audit that was asked before the wipe, and told after it, does not undo it."""
        return self if self.forgotten else replace(self, strange=strange)

    def found(self, asked_at: float) -> Witness:
        heard = replace(self, silences=0)
        return heard if asked_at < self.missed_at else replace(heard, misses=0, missed_at=NEVER, vouched=True)

    def missing(self, asked_at: float) -> Witness:
        heard = replace(self, silences=0)
        if self.misses >= AGREE or asked_at < self.missed_at + APART:
            return heard
        return replace(heard, misses=self.misses + 1, missed_at=asked_at, vouched=False)

    def set_clock(self, by: float) -> Witness:
        return replace(self, asked_at=moved(self.asked_at, by), missed_at=moved(self.missed_at, by))
