"""SQLite remembers everything: the journal (why), the snapshot (where we are), and what people query."""

from .hops import STAMPS, Hops
from .identity import Identity
from .reader import Entry, Reader
from .store import Mismatch, Store
from .usable import DAMAGED, Unusable, look, recognise, told

__all__ = [
    "DAMAGED",
    "STAMPS",
    "Entry",
    "Hops",
    "Identity",
    "Mismatch",
    "Reader",
    "Store",
    "Unusable",
    "look",
    "recognise",
    "told",
]
