"""The commands that the documents give: every line of their shell blocks, and every program named in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
PROGRAM = re.compile(  # the first word by which a piece of running text is known for a command
    "auto-trader|caddy|certbot|chmod|cp|curl|docker|git|kill|kubectl|lint-imports|litestream|mypy|nginx|nice|"
    "pip|pip-audit|pytest|python3?|ruff|sqlite3|ss|ssh|sudo|systemctl|timedatectl|uv"
)
INSIDE = re.compile(r"docker compose exec bot (.+)|docker compose run --rm bot (.+)|kubectl .* -- (.+)")


def commands() -> dict[str, set[str]]:
    """Each command, and the pages that give it. What is typed inside a container is one by itself."""
    found: dict[str, set[str]] = {}
    for page in PAGES:
        for line in _typed(page.read_text()):
            command = re.sub(r"(^|&& )\.venv/bin/", r"\1", line)
            for each in (command, *_inside(command)):
                found.setdefault(each, set()).add(str(page.relative_to(ROOT)))
    return found


def _typed(text: str) -> Iterator[str]:
    fence = re.compile(r"^(?: |\d+\. )*```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
    for language, body in fence.findall(text):
        if language == "sh":
            lines = body.replace("\\\n", " ").splitlines()
            yield from (bare for line in lines if (bare := re.sub(r"(^|\s+)# .*", "", line).strip()))
    for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", fence.sub("", text)):
        words = span.split()
        program = next((word for word in words if not re.match(r"[A-Z_]+=", word)), "")
        if len(words) > 1 and PROGRAM.fullmatch(program.removeprefix(".venv/bin/")):
            yield " ".join(words)


def _inside(command: str) -> Iterator[str]:
    if match := INSIDE.fullmatch(command):
        execed, run, pod = match.groups()
        yield execed or pod or f"auto-trader {run}"
