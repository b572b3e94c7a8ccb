"""SQLite remembers everything: the journal (why), the snapshot (where we are), and what people query."""

from .hops import STAMPS, Hops
from .reader import Entry, Reader
from .store import Identity, Mismatch, Store

__all__ = ["STAMPS", "Entry", "Hops", "Identity", "Mismatch", "Reader", "Store"]
