"""SQLite remembers everything: the journal (why), the snapshot (where we are), and what people query."""

from .reader import Entry, Reader
from .store import Identity, Mismatch, Store

__all__ = ["Entry", "Identity", "Mismatch", "Reader", "Store"]
