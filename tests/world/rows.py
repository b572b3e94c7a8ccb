"""Which rows of the table fire: a proof about a machine says nothing of a row that was never taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fsm.bot import State
from fsm.lifecycle import MACHINE, TABLE, Row, rows, sources


@contextmanager
def watch_rows() -> Iterator[Counter[int]]:
    """Count every row that fires meanwhile, by its place in the table."""
    fired: Counter[int] = Counter()
    watched: dict[int, list[Any]] = {}  # the library shares one list of callbacks among the sources of a row
    for trigger, event in MACHINE.events.items():
        for source, transitions in event.transitions.items():
            mine = [TABLE.index(r) for r in rows(trigger, State[source])]
            for i, transition in zip(mine, transitions, strict=True):
                if id(transition.after) not in watched:
                    watched[id(transition.after)] = transition.after
                    transition.after.append(lambda _, i=i: fired.update([i]))
    try:
        yield fired
    finally:
        for callbacks in watched.values():
            callbacks.pop()


def told(row: Row) -> str:
    where = ",".join(sources(row))
    return f"{row.trigger:8}{where[:40]:42}{row.dest or '=':12}{', '.join(g.__name__ for g in row.when)}"
