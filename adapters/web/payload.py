"""What an alert says: six fields, each read strictly, all mistakes told at once with the way to put them right.

Law: only a field that decides something can refuse an alert, because a refused SELL is an exit that never happens.
Hence `price` and `strategy`, which are for the record, may be missing; unknown fields are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from fsm.commands import Side

from .document import BadPayload, Document, NotFinite, Pairs, Problem, unfilled

ID_LENGTH = 200  # characters
STRATEGY_LENGTH = 200  # characters; the rest is cut off
DIGITS = 30  # significant ones of a price
CHEAPEST, DEAREST = Decimal("1e-15"), Decimal("1e15")  # quote
MS = 1000
EARLIEST, LATEST = 946_684_800 * MS, 4_102_444_800 * MS  # 2000 and 2100, epoch milliseconds
NUMERAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
USUAL_NAMES = {  # what other bots call our fields, and TradingView its placeholders
    "signal": {"action", "side", "order", "direction", "type"},
    "symbol": {"ticker", "pair", "market"},
    "timestamp": {"time", "timenow", "ts"},
    "signal_id": {"id", "signalid", "order_id", "uuid"},
}


class Alert(Struct, frozen=True, kw_only=True):
    side: Side
    symbol: str  # BASE/QUOTE where it is our pair, else as it came
    stamp: float  # seconds since the epoch, UTC
    signal_id: str
    price: Decimal | None = None  # quote
    strategy: str = ""


def read(document: Document, pair: str) -> Alert:
    """Raises BadPayload naming every field that is wrong. `pair` is ours, as BASE/QUOTE."""
    readers: dict[str, Callable[[Any], Any]] = {
        "signal": _side,
        "symbol": lambda value: _symbol(value, pair),
        "timestamp": _stamp,
        "signal_id": _signal_id,
        "price": _price,
        "strategy": _strategy,
    }
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, reader in readers.items():
        try:
            if (value := _only(document, name)) is not None:
                values[name] = reader(value)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    if not problems and (left := unfilled(document.text)):
        problems.append(Problem(_holding_placeholder(document), left))
    if problems:
        raise BadPayload(*problems)
    return Alert(side=values.pop("signal"), stamp=values.pop("timestamp"), **values)


def _only(document: Document, name: str) -> Any:
    """The field's one value; None for an optional field that is missing."""
    values = document.all(name)
    if len(values) > 1:
        raise ValueError("appears more than once: which one is meant?")
    value = values[0] if values else None
    if value is None and name in USUAL_NAMES:
        raise ValueError(f"is required but missing{_hint(document, name)}")
    if isinstance(value, str) and (left := unfilled(value)):
        raise ValueError(left)
    return value


def _hint(document: Document, name: str) -> str:
    for found in document.names():
        plain = found.lower().strip()
        if plain == name or plain in USUAL_NAMES[name]:
            return f': rename "{found[:20]}" to "{name}"'
    return ""


def _holding_placeholder(document: Document) -> str:
    return next((key for key, value in document.pairs if isinstance(value, str) and unfilled(value)), "body")[:40]


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Decimal() | NotFinite():
            return str(value)[:40]
        case str():
            return f'"{value[:40]}"'
        case Pairs():
            return "an object"
        case _:
            return "a list"


def _text(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, NotFinite):
        return value.strip()
    raise ValueError(f"is {_shown(value)}, which is no text: put it in double quotes")


def _side(value: Any) -> Side:
    word = _text(value).upper()
    if word not in Side.__members__:
        raise ValueError(f'is {_shown(value)}: it has to be "BUY" or "SELL"')
    return Side(word)


def _symbol(value: Any, pair: str) -> str:
    """BTC/USDT, BTCUSDT and BINANCE:BTCUSDT are the same market. Another market is no mistake of form."""
    symbol = _text(value).upper().rpartition(":")[2]
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9./_!-]{0,39}", symbol):
        raise ValueError(f'is {_shown(value)}: it has to be a market such as "{pair}" or "{pair.replace("/", "")}"')
    return pair if symbol.replace("/", "") == pair.replace("/", "") else symbol


def _signal_id(value: Any) -> str:
    text = _text(value)
    if not text:
        raise ValueError("is empty: it has to be different for every signal")
    if len(text) > ID_LENGTH:
        raise ValueError(f"has {len(text)} characters: at most {ID_LENGTH} are allowed")
    if UNSPEAKABLE.search(text):
        raise ValueError("has control characters in it")
    return text


def _strategy(value: Any) -> str:
    return " ".join(UNSPEAKABLE.sub(" ", _text(value)).split())[:STRATEGY_LENGTH]


def _number(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and NUMERAL.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, str) and "," in value:
        raise ValueError(f"is {_shown(value)}: write it without commas (in Pine, str.tostring instead of str.format)")
    raise ValueError(f"is {_shown(value)}, which is no number")


def _price(value: Any) -> Decimal:
    price = _number(value)
    if price <= 0:
        raise ValueError(f"is {_shown(value)}: it has to be more than 0")
    if not CHEAPEST <= price <= DEAREST or len(price.as_tuple().digits) > DIGITS:
        raise ValueError(f"is {_shown(value)}: no price looks like that")
    return price


def _stamp(value: Any) -> float:
    """Seconds since the epoch. Text without a zone is UTC, like TradingView's own."""
    if isinstance(value, str) and re.match(r"\s*(19|20)[0-9]{2}-", value):
        return _iso(value)
    try:
        ms = _number(value)
    except ValueError:
        raise ValueError(f'is {_shown(value)}: use "{{{{timenow}}}}", or milliseconds since 1970') from None
    if EARLIEST / MS <= ms <= LATEST / MS:  # compared as it is: an absurd number can be read but not multiplied
        raise ValueError(f"is {_shown(value)}, which are seconds: milliseconds are needed")
    if not EARLIEST <= ms <= LATEST:
        raise ValueError(f"is {_shown(value)}: milliseconds between the years 2000 and 2100 are needed")
    return float(ms) / MS


def _iso(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise ValueError(f'is {_shown(text)}: a time looks like "2025-01-15T14:30:05Z"') from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
