"""The doctor for alert texts: what it prints the webhook takes, and what it explains is what was wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.template import KINDS, SAMPLES, YOUR_SECRET, Diagnosis, alert_text, explain
from adapters.template_command import template
from adapters.web.document import PLACEHOLDERS, decode
from adapters.web.payload import Alert, read
from fsm.commands import Side

PAIR = "BTC/USDT"
DOCS = Path(__file__).parents[2] / "docs" / "tradingview" / "README.md"
SECRET = "a-secret-for-the-webhook-0123456789"


def filled(text: str, **values: str) -> str:
    """As TradingView would."""
    samples = {**SAMPLES, "ticker": "BTCUSDT", **{name.replace("__", "."): value for name, value in values.items()}}
    for name, value in samples.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def taken(text: str, **values: str) -> Alert:
    return read(decode(filled(text, **values).encode()), PAIR)


def found(text: str) -> dict[str, str]:
    return {finding.field: finding.problem for finding in explain(text, PAIR).findings}


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_prints_is_taken_whatever_is_filled_in(kind: str) -> None:
    for action in ("buy", "sell"):
        for close in ("64210.5", "0.00000012", "1e-7", "123456789"):
            alert = taken(alert_text(kind), close=close, strategy__order__action=action)
            assert alert.side is Side(kind if kind != "strategy" else action.upper())
            assert alert.symbol == PAIR
    assert explain(alert_text(kind), PAIR) == Diagnosis((), (), alert_text(kind))


def test_the_id_is_new_at_every_signal_and_the_same_when_it_is_sent_again() -> None:
    text = alert_text("strategy")
    moments = [{"time": f"2025-01-15T14:{m:02}:00Z", "timenow": f"2025-01-15T14:{m + 1:02}:00Z"} for m in (20, 25)]
    first, second = (taken(text, **moment).signal_id for moment in moments)
    assert first != second
    late = {"time": moments[0]["time"], "timenow": "2025-01-15T14:21:07Z"}
    assert taken(text, **late).signal_id == first
    assert taken(text, **moments[0], strategy__order__action="sell").signal_id != first


EXPLAINED = {
    "a time without quotes": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":{{timenow}},"signal_id":"a{{time}}"}',
        {"body": 'has no quotes around a text or a time: write "{{timenow}}", not {{timenow}}'},
    ),
    "typographic quotes": (
        "{“signal”:“BUY”,“symbol”:“{{ticker}}”,“timestamp”:“{{timenow}}”,“signal_id”:“a{{time}}”}",
        {"body": 'has typographic quotes: write straight ones, "'},
    ),
    "single quotes": (
        "{'signal':'SELL','symbol':'{{ticker}}','timestamp':'{{timenow}}','signal_id':'a{{time}}'}",
        {"body": 'has single quotes: JSON takes double ones, "'},
    ),
    "a comma too many": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}",}',
        {"body": "has a comma too many before the closing brace"},
    ),
    "a comma too few": (
        '{"signal":"BUY"\n"symbol":"{{ticker}}",\n"timestamp":"{{timenow}}",\n"signal_id":"a{{time}}"}',
        {"body": "has no comma between two lines"},
    ),
    "no braces": (
        '"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}"',
        {"body": "has no braces around it: { at the beginning, } at the end"},
    ),
    "names without quotes": (
        '{signal:"BUY", symbol:"{{ticker}}", timestamp:"{{timenow}}", signal_id:"a{{time}}"}',
        {"body": "has no quotes around a name: every name stands in double quotes"},
    ),
    "a code fence": (
        '```json\n{"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}"}\n```',
        {"body": "has something before or after the braces: the alert is the JSON object alone"},
    ),
    "other bots' names": (
        '{"action":"buy","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}"}',
        {"signal": 'is required but missing: rename "action" to "signal"'},
    ),
    "an id that never changes": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"{{strategy.order.id}}"}',
        {
            "signal_id": "is the same at every signal, so the second one would be taken for a repeat: "
            'put "{{time}}" into it'
        },
    ),
    "the bar's opening": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{time}}","signal_id":"a{{time}}"}',
        {
            "timestamp": "is when the bar opened, which is old news when it closes, and a BUY would be refused as "
            'stale: use "{{timenow}}"'
        },
    ),
    "a time that stands still": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":"2025-01-15T14:30:05Z","signal_id":"a{{time}}"}',
        {"timestamp": 'is the same at every signal: use "{{timenow}}"'},
    ),
    "a number that stands still": (
        '{"signal":"BUY","symbol":"{{ticker}}","timestamp":1736942400000,"signal_id":"a{{time}}"}',
        {"timestamp": 'is the same at every signal: use "{{timenow}}"'},
    ),
    "nothing but a missing price": (
        '{signal:"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}","price":null}',
        {"body": "has no quotes around a name: every name stands in double quotes"},
    ),
    "another market": (
        '{"signal":"BUY","symbol":"ETHUSDT","timestamp":"{{timenow}}","signal_id":"a{{time}}"}',
        {"symbol": "is not BTC/USDT, which the bot trades: every signal would be refused"},
    ),
    "a misspelled placeholder": (
        '{"signal":"BUY","symbol":"{{tiker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}"}',
        {"symbol": "{{tiker}} was not filled in: did you mean {{ticker}}?"},
    ),
    "the position for a side": (
        '{"signal":"{{strategy.market_position}}","symbol":"{{ticker}}","timestamp":"{{timenow}}","signal_id":"a{{time}}"}',
        {"signal": 'is "long": it has to be "BUY" or "SELL"'},
    ),
    "Pine": (
        'alert("buy", alert.freq_once_per_bar_close)',
        {"body": "is Pine code: paste the text that the script sends; the log of the alert in TradingView shows it"},
    ),
}


@pytest.mark.parametrize("case", EXPLAINED)
def test_it_says_what_is_wrong(case: str) -> None:
    text, findings = EXPLAINED[case]
    assert found(text) == findings
    assert found(explain(text, PAIR).corrected) == {}
    taken(explain(text, PAIR).corrected)


def test_what_was_right_is_kept() -> None:
    pasted = (
        '{"secret":"s3cret","action":"{{strategy.order.action}}","symbol":"BINANCE:BTCUSDT","price":{{close}},'
        '"time":"{{timenow}}","strategy":"turtle","id":"turtle-{{time}}","comment":"{{strategy.order.comment}}"}'
    )
    diagnosis = explain(pasted, PAIR)
    assert json.loads(diagnosis.corrected) == {
        "secret": "s3cret",
        "signal": "{{strategy.order.action}}",
        "symbol": "BINANCE:BTCUSDT",
        "price": "{{close}}",
        "timestamp": "{{timenow}}",
        "strategy": "turtle",
        "signal_id": "turtle-{{time}}",
    }
    assert diagnosis.advice == ("the bot takes no notice of: comment",)


def test_null_is_no_text() -> None:
    text = '{"signal":"BUY","symbol":"{{ticker}}","timestamp":{{timenow}},"signal_id":"a{{time}}","price":null}'
    assert list(found(text)) == ["body"]
    assert json.loads(explain(text, PAIR).corrected)["price"] is None


def test_of_two_values_neither_is_taken() -> None:
    ids = '"signal_id":"a{{time}}","signal_id":"b{{time}}"'
    text = '{"signal":"BUY","symbol":"{{ticker}}","timestamp":"{{timenow}}",' + ids + "}"
    assert found(text) == {"signal_id": "appears more than once: which one is meant?"}
    assert json.loads(explain(text, PAIR).corrected)["signal_id"] == json.loads(alert_text("BUY"))["signal_id"]


def test_a_sell_stays_a_sell() -> None:
    for text in ("close my position", "{signal: sell}", '{"signal":"sell"}', '{"action":"SELL",,,'):
        assert json.loads(explain(text, PAIR).corrected)["signal"].upper() == "SELL"


def test_a_secret_in_the_url_is_not_doubled() -> None:
    text = '{"signal":"BUY","symbol":"{{ticker}}","signal_id":"a{{time}}"}'
    diagnosis = explain(text, PAIR)
    assert "secret" not in json.loads(diagnosis.corrected)
    assert diagnosis.advice == (
        "there is no secret in it: fine if the webhook's URL ends with it, /webhook/YOUR_SECRET",
    )


def test_a_text_that_the_script_writes_is_no_mistake() -> None:
    diagnosis = explain("{{strategy.order.alert_message}}\n", PAIR)
    assert diagnosis.findings == ()
    assert "the script writes this text" in diagnosis.advice[0]


def test_every_placeholder_has_a_sample() -> None:
    assert set(PLACEHOLDERS) <= set(SAMPLES)


def test_the_texts_of_the_docs_are_sound() -> None:
    texts = [line for line in DOCS.read_text().splitlines() if line.startswith("{")]
    assert len(texts) == 2
    for text in texts:
        assert explain(text, PAIR).findings == ()


WORDS = "signal symbol timestamp signal_id price action BUY sell “ 1 null \\ {{ticker}} {{time}} {{timenow}} {{close}}"
PIECES = st.sampled_from(['{"', '"}', '"', "'", ":", ",", "{", "}", "{{", "}}", "\n", *WORDS.split(" ")])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=60)))
def test_whatever_is_pasted_the_correction_is_taken(pasted: str) -> None:
    diagnosis = explain(pasted, PAIR)
    if diagnosis.corrected != pasted.strip():
        assert diagnosis.findings
    if "alert_message" not in pasted:
        taken(diagnosis.corrected)
        assert explain(diagnosis.corrected, PAIR).findings == ()


class TestCommand:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name, text in {"WEBHOOK_SECRET": SECRET, "TRADING_MODE": "paper", "TRADING_PAIR": "eth/usdt"}.items():
            monkeypatch.setenv(name, text)

    def test_all_texts(self) -> None:
        result = CliRunner().invoke(template)
        assert result.exit_code == 0
        assert [line for line in result.stdout.splitlines() if line.startswith("{")] == [alert_text(k) for k in KINDS]
        assert SECRET not in result.output

    def test_one_text_with_the_secret_and_nothing_else(self) -> None:
        result = CliRunner().invoke(template, ["--kind", "SELL", "--strategy", "turtle", "--with-secret"])
        assert result.stdout == alert_text("SELL", "turtle", SECRET) + "\n"

    def test_explaining(self) -> None:
        result = CliRunner().invoke(template, ["--explain", "-"], input='{"signal": "BUY", "symbol": "BTCUSDT"}')
        assert result.exit_code == 1
        assert "✗ symbol: is not ETH/USDT, which the bot trades" in result.stdout
        assert result.stdout.splitlines()[-2] == "Corrected:"
        again = CliRunner().invoke(template, ["--explain", "-"], input=result.stdout.splitlines()[-1])
        assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "✓ The bot, trading ETH/USDT, would take it.")

    def test_a_secret_with_odd_characters_stays_json(self) -> None:
        assert json.loads(alert_text("BUY", 'my "best" one', YOUR_SECRET))["strategy"] == 'my "best" one'
