"""What people are told. A tail of the journal with a durable cursor: at least once, in order, and never in the way."""

from .narrator import Narrator
from .tail import Send, Tail
from .troubles import Troubles

__all__ = ["Narrator", "Send", "Tail", "Troubles"]
