"""From a file to a result, and what of it can be read elsewhere: JSON, the journal, the terminal, the page."""

from __future__ import annotations

import json
from decimal import Decimal as D
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapters import journal
from adapters.backtest import BadCandlesError, Options, as_json, report, run, run_history, table
from adapters.store import Reader
from adapters.strategy import Lengths
from fsm.limits import Limits

from .definition import reference
from .markets import by_hand, walk, write


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(walk(11, 900, holes=True), tmp_path_factory.mktemp("candles") / "walk.csv")


def test_every_raw_signal_is_in_the_json(candles: Path) -> None:
    """Those of the definition, traded or refused, by the open time of their candle."""
    result = run(candles)
    document = json.loads(as_json(result))
    closes = [float(bar.close) for bar in result.history.bars]
    assert [(s["bar_time"], s["signal"], s["price"]) for s in document["signals"]] == [
        (result.history.bars[i].time, side, closes[i]) for i, side in reference(closes)
    ]
    assert {"opened", "closed", "refused"} == {s["verdict"] for s in document["signals"]}
    assert all(s["reasons"] for s in document["signals"] if s["verdict"] == "refused")
    assert len(document["trades"]) == document["metrics"]["trades"] > 3
    assert document["candles"]["missing"] == result.history.missing > 0
    assert document["options"]["limits"]["stop_pct"] == 2


def test_money_in_the_json_is_exact(candles: Path) -> None:
    result = run(candles)
    document = json.loads(as_json(result), parse_float=D, parse_int=D)
    assert [t["pnl"] for t in document["trades"]] == [r.trade.pnl for r in result.rounds]
    assert sum(t["pnl"] for t in document["trades"]) + 10_000 == result.cash or result.holding


def test_the_journal_explains_every_trade(candles: Path, tmp_path: Path) -> None:
    path = tmp_path / "backtest.db"
    result = run(candles, database=path)
    assert result.rounds == run(candles).rounds
    reader = Reader.open(path)
    try:
        assert [t["signal_id"] for t in reader.trades()][::-1] == [r.trade.signal_id for r in result.rounds]
        assert [(s["signal_id"], s["verdict"]) for s in reader.signals()][::-1] == [
            (s.signal_id, s.verdict) for s in result.signals
        ]
    finally:
        reader.close()
    lines = list(journal.lines(path, follow=False, as_json=False, last=0))
    for r in result.rounds:
        at = next(i for i, line in enumerate(lines) if f"signal BUY {r.trade.signal_id}" in line)
        rest = lines[at : at + 40]
        assert any("place entry" in line for line in rest)
        assert any("place stop" in line for line in rest)
        assert any(f"trade closed by {r.trade.reason}, P&L {r.trade.pnl:+.2f}" in line for line in rest)


def test_an_old_database_is_not_written_into(candles: Path, tmp_path: Path) -> None:
    path = tmp_path / "backtest.db"
    path.touch()
    with pytest.raises(FileExistsError, match="into a new file"):
        run(candles, database=path)


def test_prices_finer_than_the_tick_are_refused() -> None:
    history = by_hand((1.001, 1.001, 1.001, 1.001), (1, 1, 1, 1))
    with pytest.raises(BadCandlesError, match="finer than the venue's price step"):
        run_history(history)
    run_history(history, Options(tick=D("0.001")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"cash": D(0)},
        {"fee_pct": D(-1)},
        {"slippage_pct": D(100)},
        {"tick": D(0)},
        {"pair": "BTCUSDT"},
        {"limits": Limits(streak=0)},
        {"limits": Limits(stop_pct=D(100))},
        {"lengths": Lengths(9, 9)},
    ],
    ids=str,
)
def test_impossible_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|percentages|BASE/QUOTE"):
        Options(**wrong)


def test_progress_ends_with_everything(candles: Path) -> None:
    seen: list[tuple[int, int]] = []
    total = len(run(candles, progress=lambda done, total: seen.append((done, total))).history.bars)
    assert seen[-1] == (total, total)


def test_the_table_fits_a_narrow_terminal(candles: Path) -> None:
    console = Console(width=80, record=True, file=StringIO())
    console.print(table(run(candles)))
    text = console.export_text()
    for word in ("walk.csv", "Sharpe", "Max drawdown", "Profit factor", "Refused signals", "nothing_to_sell"):
        assert word in text
    assert "…" not in text


class Page(HTMLParser):
    """Checks that every element is closed in order, and notes what a browser would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_file_that_loads_nothing(candles: Path) -> None:
    result = run(candles)
    text = report(result)
    page = Page(text)
    assert page.open == []
    assert page.loads == []
    assert "script" not in page.seen
    assert "http" not in text
    assert page.seen.count("figure") == min(len(result.rounds), 6)
    for r in result.rounds:
        assert r.trade.signal_id in text
    assert "nan" not in text.lower().replace("finance", "").replace("binance", "")


@pytest.mark.parametrize("count", [2, 30])
def test_a_history_without_trades_has_a_report_as_well(count: int) -> None:
    result = run_history(by_hand(*[(100, 100, 100, 100)] * count))
    text = report(result)
    assert Page(text).open == []
    assert "There was no trade." in text
    assert json.loads(as_json(result))["trades"] == []


def test_a_file_name_cannot_write_into_the_page() -> None:
    history = by_hand(*[(100, 100, 100, 100)] * 3)._replace(name="<script>alert(1)</script>")
    assert "<script>" not in report(run_history(history))
