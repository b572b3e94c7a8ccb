"""Text that is not JSON, made into what was meant: one repair for each mistake that people make."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .web.document import TYPOGRAPHIC

PLACEHOLDER = r"\{\{[^{}]*\}\}"
VALUE = re.compile(rf"(:\s*)((?:{PLACEHOLDER}|[\w.:/|+-])+)(?=\s*[,}}\n])")
JSON_WORD = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")
QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')


class Repair(NamedTuple):
    why: str
    apply: Callable[[str], str]  # returns the same text where there is nothing to repair


def quote_placeholders(text: str) -> str:
    """Placeholders that stand alone get quotes, which no value can break."""
    return _outside_quotes(text, lambda part: VALUE.sub(_quoted, part))


def _quoted(found: re.Match[str]) -> str:
    return found[0] if JSON_WORD.fullmatch(found[2]) else f'{found[1]}"{found[2]}"'


def _outside_quotes(text: str, change: Callable[[str], str]) -> str:
    """Changes what is not in quotes; the quoted parts are put aside as marks that no change takes for text."""
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x00"

    changed = change(QUOTED.sub(put_aside, text.replace("\x00", "")))
    return re.sub("\x00([0-9]+)\x00", lambda found: kept[int(found[1])], changed)


def _unwrapped(text: str) -> str:
    """Without a byte order mark, code fences, and whatever stands around the braces."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end and not text.startswith("{{") else text


def _wrapped(text: str) -> str:
    bare = text.strip()
    return bare if bare.startswith("{") and not bare.startswith("{{") else "{" + bare + "}"


def _named(text: str) -> str:
    return _outside_quotes(text, lambda part: re.sub(r"([{,\n]\s*|^\s*)([A-Za-z_]\w*)(?=\s*:)", r'\1"\2"', part))


def _separated(text: str) -> str:
    return _outside_quotes(text, lambda part: re.sub("(\x00|[0-9])(\\s*\n\\s*)(?=\x00)", r"\1,\2", part))


REPAIRS = (
    Repair("has something before or after the braces: the alert is the JSON object alone", _unwrapped),
    Repair('has typographic quotes: write straight ones, "', lambda text: TYPOGRAPHIC.sub('"', text)),
    Repair(
        'has single quotes: JSON takes double ones, "',
        lambda text: text.replace("'", '"') if '"' not in text else text,
    ),
    Repair("has no quotes around a name: every name stands in double quotes", _named),
    Repair('has no quotes around a text or a time: write "{{timenow}}", not {{timenow}}', quote_placeholders),
    Repair(
        "has a comma too many before the closing brace",
        lambda text: _outside_quotes(text, lambda part: re.sub(r",(\s*[}\]])", r"\1", part)),
    ),
    Repair("has no comma between two lines", _separated),
    Repair("has no braces around it: { at the beginning, } at the end", _wrapped),
)
