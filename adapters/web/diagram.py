"""The lifecycle as a picture. Drawn once: the table cannot change while the process lives."""

from __future__ import annotations

from functools import cache


@cache
def render(mermaid: str) -> str:
    """SVG. Takes some 30 ms the first time."""
    import mmdr  # here, because it is 27 MB that only a picture needs

    return str(mmdr.render(mermaid).svg())
