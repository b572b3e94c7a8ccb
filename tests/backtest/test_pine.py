"""What the TradingView scripts send is what the webhook reads, and the ids are those of the backtest."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.backtest import run_history
from adapters.web.document import decode
from adapters.web.payload import Alert, read

from .markets import walk

FOLDER = Path(__file__).parents[2] / "docs" / "tradingview"
SCRIPTS = {path.name: path.read_text() for path in FOLDER.glob("*.pine")}
STRATEGY = SCRIPTS["auto_trader.pine"]
OPENED, CLOSED = 1_767_225_600_000, 1_767_225_900_000


def _code(script: str) -> str:
    return "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("//"))


def _spoken(side: str, secret: str) -> bytes:
    """The alert's text: Pine's concatenations are expressions of Python as well."""
    lines = _code(STRATEGY).split("message(string side) =>\n")[1].splitlines()
    names = {
        "side": side,
        "name": "ema-9-21",
        "secretField": f'"secret":"{secret}",' if secret else "",
        "syminfo": SimpleNamespace(ticker="BTCUSDT"),
        "timeframe": SimpleNamespace(period="5"),
        "str": SimpleNamespace(tostring=lambda value, form: str(value)),
        "time": OPENED,
        "time_close": CLOSED,
        "close": 64210.5,
    }
    names["id"] = eval(lines[0].split("string id = ")[1], names)
    return str(eval(lines[1].strip(), names)).encode()


@pytest.mark.parametrize("secret", ["x" * 43, ""])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_the_strategys_text_is_an_alert(side: str, secret: str) -> None:
    document = decode(_spoken(side, secret))
    assert document.all("secret") == ([secret] if secret else [])
    alert = read(document, "BTC/USDT")
    assert alert == Alert(
        side=alert.side,
        symbol="BTC/USDT",
        stamp=CLOSED / 1000,
        signal_id=f"ema-9-21|BTCUSDT|5|{OPENED}|{side}",
        price=alert.price,
        strategy="ema-9-21",
    )
    assert (alert.side.value, str(alert.price)) == (side, "64210.5")


def test_ids_are_those_of_the_backtest() -> None:
    result = run_history(walk(11, 300))
    first = result.signals[0]
    assert first.signal_id == f"ema-9-21|BTCUSDT|5|{first.bar_time}|{first.signal}"


def test_the_texts_of_the_guide_are_alerts() -> None:
    texts = re.findall(r"```json\n(.*?)\n```", (FOLDER / "README.md").read_text())
    filled = {
        "{{ticker}}": "BTCUSDT",
        "{{interval}}": "5",
        "{{close}}": "64210.5",
        "{{time}}": "2026-01-01T00:00:00Z",
        "{{timenow}}": "2026-01-01T00:05:01Z",
    }
    alerts = []
    for text in texts:
        for placeholder, value in filled.items():
            text = text.replace(placeholder, value)
        alerts.append(read(decode(text.encode()), "BTC/USDT"))
    assert [a.side.value for a in alerts] == ["BUY", "SELL"]
    assert {a.stamp for a in alerts} == {CLOSED / 1000 + 1}
    assert len({a.signal_id for a in alerts}) == 2


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_the_scripts_keep_their_promises(name: str) -> None:
    code = _code(SCRIPTS[name])
    assert SCRIPTS[name].startswith("//@version=5\n")
    assert "str.format" not in code
    assert "request.security" not in code
    assert all(not line.startswith(" ") for line in code.splitlines() if "ta." in line), "ta.* at global scope"
    assert "buy = barstate.isconfirmed and crossedUp and rsi > 50" in code
    assert "sell = barstate.isconfirmed and crossedDown and rsi < 50" in code
    for length, value in (("fast", 9), ("slow", 21), ("rsi", 14)):
        assert f"{length}Length = input.int({value}," in code


def test_the_strategy_speaks_once_a_bar_and_whatever_the_testers_position_is() -> None:
    code = _code(STRATEGY)
    spoken = re.findall(r"if (\w+)\n    alert\((.*)\)\n", code)
    assert spoken == [
        ("buy", 'message("BUY"), alert.freq_once_per_bar_close'),
        ("sell", 'message("SELL"), alert.freq_once_per_bar_close'),
    ]
    assert code.count("alert(") == 2
