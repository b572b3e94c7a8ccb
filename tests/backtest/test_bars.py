"""Candles from files as people have them."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.backtest import BadCandlesError, Bar, read

FIRST = Bar(1_735_689_600_000, D("93576.00"), D("93702.15"), D("93489.03"), D("93610.93"))
SECOND = Bar(1_735_689_900_000, D("93610.93"), D("93652.00"), D("93592.00"), D("93651.55"))
PRICES = "93576.00,93702.15,93489.03,93610.93", "93610.93,93652.00,93592.00,93651.55"
REST = "21.5,{close},1000.5,4321,10.1,500.2,0"


def _file(folder: Path, text: str) -> Path:
    path = folder / "candles.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Binance", f"1735689600000,{PRICES[0]},{REST}\n1735689900000,{PRICES[1]},{REST}\n"),
        ("Binance", f"1735689600000000,{PRICES[0]},{REST}\n1735689900000000,{PRICES[1]},{REST}\n"),
        (
            "Binance",
            "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
            f"taker_buy_quote_volume,ignore\n1735689600000,{PRICES[0]},{REST}\n1735689900000,{PRICES[1]},{REST}\n",
        ),
        ("Kraken", f"1735689600,{PRICES[0]},1.5,77\n1735689900,{PRICES[1]},1.6,78\n"),
        ("Kraken (API)", f"1735689600,{PRICES[0]},93600.1,1.5,77\n1735689900,{PRICES[1]},93600.1,1.6,78\n"),
        ("OHLCV", f"time,open,high,low,close,Volume\n1735689600,{PRICES[0]},1\n1735689900,{PRICES[1]},1\n"),
        ("OHLCV", f"2025-01-01 00:00:00,{PRICES[0]}\n2025-01-01 00:05:00,{PRICES[1]}\n"),
        (
            "OHLCV",
            f"Date,Open,High,Low,Close\r\n2025-01-01T00:00:00Z,{PRICES[0]}\r\n2025-01-01T01:05:00+01:00,{PRICES[1]}\r\n",
        ),
        (
            "OHLCV",
            f"\ufeffdatetime,open,high,low,close\n2025-01-01 00:00:00 UTC,{PRICES[0]}\n\n1735689900.0,{PRICES[1]}\n",
        ),
    ],
    ids=["binance", "microseconds", "binance-header", "kraken", "kraken-api", "tradingview", "iso", "zones", "bom"],
)
def test_exports_are_recognised(tmp_path: Path, kind: str, text: str) -> None:
    history = read(_file(tmp_path, text))
    assert history.bars == [FIRST, SECOND]
    assert (history.name, history.interval, history.missing) == (f"candles.csv ({kind})", 300_000, 0)


def test_a_header_may_name_the_columns_in_any_order(tmp_path: Path) -> None:
    text = "symbol,close,low,high,open,timestamp\nX,3,1,4,2,1735689600\nX,3,1,4,2,1735689900\n"
    assert read(_file(tmp_path, text)).bars[0] == Bar(FIRST.time, D(2), D(4), D(1), D(3))


def test_missing_candles_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"{1_735_689_600 + 300 * i},1,1,1,1\n" for i in (0, 1, 2, 5, 6))
    history = read(_file(tmp_path, rows))
    assert (history.interval, history.missing, history.end) == (300_000, 2, 1_735_689_600_000 + 7 * 300_000)


def test_every_bad_row_is_named_by_its_line(tmp_path: Path) -> None:
    text = "\n".join(
        (
            "time,open,high,low,close",
            "1735689600,2,4,1,3",
            "1735689900,2,1,4,3",
            "1735690200,2,4,1,oops",
            "1735690500,2,4,1",
            "yesterday,2,4,1,3",
            "1735689600,2,4,1,3",
            "1735691100,0,4,0,3",
            "1735691400,2,nan,1,3",
            "1735691700,2,inf,1,3",
            "1735692000,2,4,1,0.5",
        )
    )
    with pytest.raises(BadCandlesError) as caught:
        read(_file(tmp_path, text))
    said = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in said] == [f"line {n}" for n in range(3, 12)]
    for line, words in zip(
        said,
        (
            "impossible prices",
            "not all prices are numbers",
            "only 4 columns",
            "neither epoch nor ISO",
            "not later",
            "impossible prices",
            "not all prices",
            "impossible prices",
            "impossible prices",
        ),
        strict=True,
    ):
        assert words in line


def test_a_candle_between_the_others_is_named(tmp_path: Path) -> None:
    text = "".join(
        f"{t},1,1,1,1\n" for t in (1_735_689_600, 1_735_689_900, 1_735_690_017, 1_735_690_500, 1_735_690_800)
    )
    with pytest.raises(BadCandlesError, match="line 3: not on the grid of 300 s"):
        read(_file(tmp_path, text))


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    with pytest.raises(BadCandlesError, match=r"and 15 more$"):
        read(_file(tmp_path, "time,open,high,low,close\n" + "1,1,1,1,x\n" * 25))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds 0 candles"),
        ("1735689600,1,1,1,1\n", "holds 1 candles"),
        ("time,open,high,close\n1,1,1,1\n", "no column is called low"),
        ("\x00\x01", "no column"),
    ],
)
def test_what_is_no_history_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadCandlesError, match=words):
        read(_file(tmp_path, text))


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "candles.zip"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x80")
    with pytest.raises(BadCandlesError, match="not a CSV file"):
        read(path)
