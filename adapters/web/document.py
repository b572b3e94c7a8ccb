"""The bytes of an alert as a JSON object, read strictly: what cannot be read exactly is explained, never guessed.

Numbers become Decimal, so that a price is what the sender wrote. Keys may repeat here; whether they may is the
payload's business.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]{0,60})")
EXCERPT = 16  # characters shown around a mistake
PLACEHOLDERS = (  # what TradingView fills in, beside plot_0 to plot_19
    *("ticker", "exchange", "interval", "open", "high", "low", "close", "volume", "time", "timenow"),
    *("syminfo.currency", "syminfo.basecurrency"),
    *("strategy.position_size", "strategy.market_position", "strategy.market_position_size"),
    *("strategy.prev_market_position", "strategy.prev_market_position_size"),
    *("strategy.order.action", "strategy.order.contracts", "strategy.order.price", "strategy.order.id"),
    *("strategy.order.comment", "strategy.order.alert_message"),
)
LONG = re.compile(r"[\w~.+/=-]{12,}")  # no word of an alert, but perhaps a piece of a torn secret
TYPOGRAPHIC = re.compile("[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]")  # double quotes of every kind but JSON's


class Problem(Struct, frozen=True):
    field: str  # of the payload; "body" for the whole
    problem: str  # what is wrong, and how to put it right


class BadPayload(Exception):
    """The sender got the alert wrong. Carries every problem that could be found, in text that can be sent back."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = tuple(Problem(_encodable(p.field), _encodable(p.problem)) for p in problems)
        super().__init__("; ".join(f"{p.field}: {p.problem}" for p in self.problems))


def _encodable(text: str) -> str:
    """JSON can hold half a character (a lone surrogate), which no answer can."""
    return text.encode("utf-8", "backslashreplace").decode()


class NotFinite(str):
    """NaN, Infinity or -Infinity: many writers of JSON make them, and none of them is a number."""

    __slots__ = ()


class Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written, repeated keys included."""

    __slots__ = ()


class Document(Struct, frozen=True):
    text: str
    pairs: Pairs

    def all(self, name: str) -> list[Any]:
        return [value for key, value in self.pairs if key == name]

    def names(self) -> list[str]:
        return [key for key, _ in self.pairs]


def decode(body: bytes) -> Document:
    """Raises BadPayload when the body is not one JSON object in UTF-8."""
    if not body.strip():
        raise BadPayload(Problem("body", "is empty: paste the alert text into TradingView's message box"))
    try:
        text = body.decode()
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=NotFinite,
            object_pairs_hook=lambda pairs: Pairs(pairs),
        )
    except UnicodeDecodeError as error:
        raise BadPayload(Problem("body", f"is not UTF-8 text: byte {error.start} is wrong")) from None
    except json.JSONDecodeError as error:
        raise BadPayload(_not_json(text, error)) from None
    except RecursionError:
        raise BadPayload(Problem("body", "is nested too deeply: the alert is one flat object")) from None
    except ArithmeticError:
        raise BadPayload(Problem("body", "has a number too large to be read")) from None
    if not isinstance(value, Pairs):
        raise BadPayload(Problem("body", 'is not a JSON object: it has to look like {"signal": "BUY", ...}'))
    return Document(text, value)


def unfilled(text: str) -> str | None:
    """What to say about a placeholder that TradingView left in the text, if there is one."""
    found = PLACEHOLDER.search(text)
    if found is None:
        return None
    name = "{{" + found[1] + "}}"
    if found[1] not in PLACEHOLDERS and (close := get_close_matches(found[1].lower(), PLACEHOLDERS, 1)):
        return f"{name} was not filled in: did you mean {{{{{close[0]}}}}}?"
    if found[1].startswith("strategy."):
        return f"{name} was not filled in: it works only in the alert of a strategy, not of an indicator"
    return f"{name} was not filled in: check its spelling; scripts before Pine v4 and alert() calls do not fill it"


def _not_json(text: str, error: json.JSONDecodeError) -> Problem:
    if left := unfilled(text):
        return Problem("body", left)
    shown = LONG.sub(lambda run: "*" * len(run[0]), text)
    near = shown[max(0, error.pos - EXCERPT) : error.pos + EXCERPT]
    where = f"line {error.lineno} column {error.colno}, near {near!r}"
    return Problem("body", f"is not JSON ({error.msg}: {where}): {_remedy(text, error)}")


def _remedy(text: str, error: json.JSONDecodeError) -> str:
    if TYPOGRAPHIC.search(text):
        return 'typographic quotes were pasted: write straight ones, "'
    if "'" in text and '"' not in text:
        return 'JSON takes double quotes, ", not single ones'
    if text[: error.pos].rstrip().endswith(",") and text[error.pos :].lstrip().startswith(("}", "]")):
        return "there is a comma too many before the closing brace"
    return 'put every text and time in double quotes, as in "{{timenow}}"'
