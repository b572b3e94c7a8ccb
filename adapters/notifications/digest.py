"""Many texts as few messages, each within what a messenger takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

LIMIT = 4000  # UTF-16 units of a message; Telegram takes 4096 and counts an emoji as two
TITLE = "📬 What happened meanwhile (UTC):"
CLOCK = "%m-%d %H:%M:%S  "


def length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def pieces(text: str, limit: int = LIMIT - 200) -> Iterator[str]:
    """The text itself, or in parts when it is longer than a message may be."""
    size = limit // 2  # every character may count as two
    if length(text) <= limit:
        yield text
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]


def digest(texts: Sequence[tuple[float, str]]) -> tuple[str, int]:
    """One message of as many of the oldest texts as fit, at least one; and how many those are."""
    lines = [TITLE]
    left = LIMIT - length(TITLE)
    for at, text in texts:
        line = datetime.fromtimestamp(at, UTC).strftime(CLOCK) + text
        left -= length(line) + 1
        if left < 0 and len(lines) > 1:
            break
        lines.append(line)
    return "\n".join(lines), len(lines) - 1
