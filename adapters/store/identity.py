"""The stamp of a database."""

from __future__ import annotations

from msgspec import Struct


class Identity(Struct, frozen=True):
    """Whose account this database keeps. Two of them must never be mixed."""

    venue: str
    mode: str
    pair: str
    key_fingerprint: str  # never the key
    tag: str = ""  # 8 hex digits, drawn once: the first part of every client order id
    epoch: int = 0

    def against(self, wanted: Identity) -> str:
        """In words, what keeps a bot that is `wanted` from using a database of this one; empty: nothing."""
        return "; ".join(
            f"{name}: the database says {mine!r}, the configuration {theirs!r}"
            for name in ("venue", "mode", "pair", "key_fingerprint")
            if (mine := getattr(self, name)) != (theirs := getattr(wanted, name))
        )
