"""What changed by itself between two rows of the journal: the time, the price, when which question was asked.

A row keeps it beside its input, so that the rows alone lead from one bot to the next (`adapters/verify.py`). A boot
keeps the whole bot that it found, so that what follows it stands by itself.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from fsm.bot import Bot
from fsm.events import Booted
from fsm.step import Decision

from .derived import ENCODE
from .reader import Entry

BLANK = Bot()


def drift(last: Bot, d: Decision) -> dict[str, Any]:
    """The fields in which the bot that decided differs from the `last` that was written down."""
    start = BLANK if isinstance(d.input, Booted) else last
    pairs = ((name, getattr(start, name), getattr(d.before, name)) for name in Bot.__struct_fields__)
    return {name: found for name, old, found in pairs if found is not old and not _same(found, old)}


def _same(one: object, other: object) -> bool:
    """As text: 100 and 100.00 are equal, but a row shows them differently."""
    return ENCODE(one) == ENCODE(other)


def drifted(last: Bot, entry: Entry) -> Bot:
    """The bot that decided this row. Raises msgspec.ValidationError."""
    changed = msgspec.convert(entry.drift, Bot)
    if isinstance(entry.input, Booted):
        return changed
    return replace(last, **{name: getattr(changed, name) for name in entry.drift})
