"""The six fields: what is understood, what is refused, and in which words."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.document import BadPayload, Problem, decode
from adapters.web.payload import Alert, read
from fsm.commands import Side

PAIR = "BTC/USDT"
GOOD: dict[str, Any] = {
    "signal": "BUY",
    "symbol": "BTCUSDT",
    "price": 64210.5,
    "timestamp": "2025-01-15T12:00:00Z",
    "strategy": "ema",
    "signal_id": "1",
}


def alert(**fields: Any) -> Alert:
    merged = {name: value for name, value in {**GOOD, **fields}.items() if value is not ...}
    return read(decode(json.dumps(merged).encode()), PAIR)


def raw(name: str, text: str) -> bytes:
    """The good alert with one field's value as given, valid JSON or not."""
    rest = json.dumps({n: v for n, v in GOOD.items() if n != name})[1:]
    return f'{{"{name}": {text}, {rest}'.encode()


def problems(body: bytes) -> list[Problem]:
    with pytest.raises(BadPayload) as caught:
        read(decode(body), PAIR)
    return list(caught.value.problems)


@pytest.mark.parametrize("word", ["BUY", "buy", "Buy", " buy "])
def test_sides_in_any_case(word: str) -> None:
    assert alert(signal=word).side is Side.BUY


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTCUSDT", "BINANCE:BTCUSDT", "btc/usdt", "kraken:btcusdt"])
def test_our_pair_in_every_spelling(symbol: str) -> None:
    assert alert(symbol=symbol).symbol == PAIR


@pytest.mark.parametrize(("symbol", "kept"), [("ETHUSDT", "ETHUSDT"), ("X:BTCUSDT.P", "BTCUSDT.P"), ("A/B", "A/B")])
def test_another_market_is_for_the_core_to_refuse(symbol: str, kept: str) -> None:
    assert alert(symbol=symbol).symbol == kept


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("64210.5", "64210.5"),
        ('"64210.50"', "64210.50"),
        ("0.1", "0.1"),  # exact, not the nearest float
        ("100000000000000.00001", "100000000000000.00001"),
        ('" 5 "', "5"),
        ("5e3", "5E+3"),
        ('"1.5E-3"', "0.0015"),
    ],
)
def test_prices_are_exact(text: str, price: str) -> None:
    assert str(read(decode(raw("price", text)), PAIR).price) == price


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2025-01-15T14:30:05Z", 1_736_951_405.0),
        ("2025-01-15T14:30:05.250Z", 1_736_951_405.25),
        ("2025-01-15T15:30:05+01:00", 1_736_951_405.0),
        ("2025-01-15 14:30:05", 1_736_951_405.0),
        (1_736_951_405_000, 1_736_951_405.0),
        (1_736_951_405_250.0, 1_736_951_405.25),
        ("1736951405000", 1_736_951_405.0),
    ],
)
def test_times(stamp: Any, seconds: float) -> None:
    assert alert(timestamp=stamp).stamp == seconds


def test_a_time_without_a_zone_is_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert alert(timestamp="2025-01-15 14:30:05").stamp == 1_736_951_405.0
    time.tzset()


def test_what_is_for_the_record_may_be_missing() -> None:
    for empty in (..., None):
        read_ = alert(price=empty, strategy=empty)
        assert (read_.price, read_.strategy) == (None, "")


def test_free_text_never_costs_an_exit() -> None:
    assert alert(strategy="a\n\x00b\ud800 " + "x" * 500).strategy == "a b " + "x" * 196


def test_unknown_fields_are_ignored() -> None:
    assert alert(comment="hello", nested={"signal": ["SELL"]}, secret="s") == alert()


REFUSED = [
    ("signal", '"LONG"', 'is "LONG": it has to be "BUY" or "SELL"'),
    ("signal", "null", "is required but missing"),
    ("signal", "true", "is true, which is no text: put it in double quotes"),
    ("signal", '["BUY"]', "is a list, which is no text: put it in double quotes"),
    ("signal", '"{{strategy.order.action}}"', "it works only in the alert of a strategy"),
    ("signal", r'"\ud800"', 'it has to be "BUY" or "SELL"'),
    ("symbol", '""', 'it has to be a market such as "BTC/USDT" or "BTCUSDT"'),
    ("symbol", '"BTC USDT"', "it has to be a market"),
    ("symbol", '"{{ticker}}"', "{{ticker}} was not filled in"),
    ("symbol", "{}", "is an object, which is no text"),
    ("price", "NaN", "is NaN, which is no number"),
    ("price", "Infinity", "is Infinity, which is no number"),
    ("price", "-Infinity", "is -Infinity, which is no number"),
    ("price", '"NaN"', 'is "NaN", which is no number'),
    ("price", '"1_0"', 'is "1_0", which is no number'),
    ("price", '"١"', "which is no number"),
    ("price", '"1,234.5"', "write it without commas"),
    ("price", "0", "it has to be more than 0"),
    ("price", "-0.0", "it has to be more than 0"),
    ("price", "-5", "is -5: it has to be more than 0"),
    ("price", "1e400", "no price looks like that"),
    ("price", "1e-400", "no price looks like that"),
    ("price", "1" * 5000, "no price looks like that"),
    ("price", "0." + "1" * 5000, "no price looks like that"),
    ("price", "false", "is false, which is no number"),
    ("price", "{}", "is an object, which is no number"),
    ("price", '"{{close}}"', "{{close}} was not filled in"),
    ("timestamp", "1736951405", "which are seconds: milliseconds are needed"),
    ("timestamp", "0", "milliseconds between the years 2000 and 2100 are needed"),
    ("timestamp", "1e300", "milliseconds between the years 2000 and 2100 are needed"),
    ("timestamp", "1e9991736998520000", "milliseconds between the years 2000 and 2100 are needed"),
    ("timestamp", "-1e9991736998520000", "milliseconds between the years 2000 and 2100 are needed"),
    ("price", "1e9991736998520000", "no price looks like that"),
    ("timestamp", "NaN", "milliseconds since 1970"),
    ("timestamp", '"2025-13-45T00:00:00Z"', 'a time looks like "2025-01-15T14:30:05Z"'),
    ("timestamp", '"2025-01-15T14:30:05+99:00"', 'a time looks like "2025-01-15T14:30:05Z"'),
    ("timestamp", '"yesterday"', 'use "{{timenow}}"'),
    ("timestamp", "true", 'use "{{timenow}}"'),
    ("timestamp", '"{{timenow}}"', "{{timenow}} was not filled in"),
    ("strategy", "7", "is 7, which is no text"),
    ("strategy", "NaN", "is NaN, which is no text"),
    ("strategy", '"{{plot_0}}"', "{{plot_0}} was not filled in"),
    ("signal_id", '"  "', "is empty"),
    ("signal_id", "123", "is 123, which is no text: put it in double quotes"),
    ("signal_id", json.dumps("x" * 201), "has 201 characters: at most 200 are allowed"),
    ("signal_id", r'"a\u0000b"', "has control characters in it"),
    ("signal_id", r'"\ud800"', "has control characters in it"),
    ("signal_id", '"a", "signal_id": "b"', "appears more than once"),
]


@pytest.mark.parametrize(("field", "text", "problem"), REFUSED)
def test_a_wrong_field_is_named_and_explained(field: str, text: str, problem: str) -> None:
    (found,) = problems(raw(field, text))
    assert found.field == field
    assert problem in found.problem
    assert len(found.problem) < 200
    msgspec.json.encode(found)


@pytest.mark.parametrize("name", ["signal", "symbol", "timestamp", "signal_id"])
def test_what_decides_something_is_required(name: str) -> None:
    (found,) = problems(json.dumps({n: v for n, v in GOOD.items() if n != name}).encode())
    assert (found.field, found.problem) == (name, "is required but missing")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("action", "signal"),
        ("Signal", "signal"),
        ("ticker", "symbol"),
        ("time", "timestamp"),
        ("signalId", "signal_id"),
    ],
)
def test_other_bots_names_are_not_accepted_but_recognised(written: str, meant: str) -> None:
    body = {(written if n == meant else n): v for n, v in GOOD.items()}
    (found,) = problems(json.dumps(body).encode())
    assert (found.field, found.problem) == (meant, f'is required but missing: rename "{written}" to "{meant}"')


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"comment": "{{volume}}"}, "comment"),
        ({"nested": {"x": ["{{volume}}"]}}, "body"),
        ({"\ud800": "{{volume}}"}, "\\ud800"),
    ],
)
def test_a_placeholder_is_found_wherever_it_is(extra: dict[str, Any], field: str) -> None:
    (found,) = problems(json.dumps({**GOOD, **extra}).encode())
    assert (found.field, "{{volume}}" in found.problem) == (field, True)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(list(GOOD.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(GOOD)), inner, max_size=6),
    max_leaves=12,
)


def _outcome(body: bytes) -> Alert | BadPayload:
    try:
        return read(decode(body), PAIR)
    except BadPayload as bad:
        return bad


def _total(body: bytes) -> None:
    """Whatever comes in: an alert, or an explanation that names its field. Both can be written down."""
    outcome = _outcome(body)
    if isinstance(outcome, BadPayload):
        assert outcome.problems
        assert all(p.field and p.problem for p in outcome.problems)
        msgspec.json.encode(outcome.problems)
    else:
        assert isinstance(outcome.price, Decimal | None)
        (outcome.signal_id + outcome.strategy + outcome.symbol).encode()


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_understood_or_explained(value: Any) -> None:
    _total(json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(list(GOOD)), JSON))
def test_any_values_of_our_fields_are_understood_or_explained(fields: dict[str, Any]) -> None:
    _total(json.dumps({**GOOD, **fields}).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_explained(body: bytes) -> None:
    _total(body)
