"""The lifecycle drawn from TABLE: nothing here knows a state by name.

An edge of a command carries the command's name; an edge made by `settle` carries its guards, because the word says
nothing.
Rows that stay where they are become a list under the picture: they are what the machine does, not where it goes.
"""

from __future__ import annotations

from collections import defaultdict

from .bot import State
from .lifecycle import TABLE, Row, sources

Edges = dict[tuple[State, State], list[str]]


def _label(row: Row) -> str:
    guards = ", ".join(g.__name__ for g in row.when)
    if row.trigger == "settle":
        return f"[{guards}]"
    return f"{row.trigger} [{guards}]" if guards else row.trigger


def _edges() -> Edges:
    edges: Edges = defaultdict(list)
    for row in TABLE:
        for source in sources(row):
            if row.dest is not None and source is not row.dest:
                edges[source, row.dest].append(_label(row))
    return edges


def mermaid() -> str:
    first = next(iter(State))
    lines = ["stateDiagram-v2", f"    [*] --> {first.value}"]
    lines += [f"    {a.value} --> {b.value}: {'<br/>'.join(labels)}" for (a, b), labels in _edges().items()]
    return "\n".join(lines)


def dot() -> str:
    lines = ["digraph lifecycle {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
    lines += [f"    {s.value};" for s in State]
    lines += [
        f'    {a.value} -> {b.value} [label="{chr(92) + "n"}"];'.replace("\\n", "\\n".join(labels))
        for (a, b), labels in _edges().items()
    ]
    return "\n".join([*lines, "}"])


def _where(row: Row) -> str:
    names = [s.value for s in sources(row)]
    missing = [s.value for s in State if s not in sources(row)]
    if not missing:
        return "any"
    return f"any but {', '.join(missing)}" if len(missing) < 3 else ", ".join(names)


def grid() -> str:
    head = "| trigger | source | dest | guards | action |\n|---|---|---|---|---|"
    cells = (
        (
            r.trigger,
            _where(r),
            r.dest.value if r.dest else "=",
            ", ".join(g.__name__ for g in r.when) or "-",
            r.do.__name__ if r.do else "-",
        )
        for r in TABLE
    )
    return "\n".join([head, *("| " + " | ".join(c) + " |" for c in cells)])


def page() -> str:
    """`docs/lifecycle.md`, whole."""
    head = "# The lifecycle\n\nGenerated from `fsm/lifecycle.py` by `python -m fsm.diagram`; do not edit."
    return f"{head}\n\n```mermaid\n{mermaid()}\n```\n\n{grid()}\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
