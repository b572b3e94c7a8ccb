"""Where the data may come from, whose account a file is, and what of the configuration is replaced."""

import sqlite3
from pathlib import Path

import pytest

from adapters.paper import Forbidden, Mistaken, market
from adapters.paper.deed import claim, file_beside
from adapters.paper.hosts import kind_of, source_address

from .house import QUICK, Clock, settings
from .recording import Replay


@pytest.mark.parametrize(
    ("venue", "url", "found"),
    [
        ("binance", None, "https://data-api.binance.vision"),
        ("kraken", None, "https://api.kraken.com"),
        ("binance", "https://api.binance.com/", "https://api.binance.com"),
        ("binance", "https://data-api.binance.vision", "https://data-api.binance.vision"),
        ("kraken", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("kraken", "http://localhost:8080", "http://localhost:8080"),
        ("kraken", "http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_sources(venue: str, url: str | None, found: str) -> None:
    assert source_address(venue, url) == found


@pytest.mark.parametrize(
    ("venue", "url"),
    [
        ("binance", "http://api.binance.com"),
        ("binance", "https://testnet.binance.vision"),
        ("binance", "https://api.kraken.com"),
        ("kraken", "https://data-api.binance.vision"),
        ("kraken", "https://api.kraken.com.example.org"),
        ("kraken", "https://user@api.kraken.com"),
        ("kraken", "https://api.kraken.com:8443"),
        ("kraken", "http://10.0.0.1"),
        ("kraken", "http://127.0.0.1.example.org"),
        ("kraken", "ftp://127.0.0.1"),
    ],
)
def test_no_sources(venue: str, url: str) -> None:
    with pytest.raises(Forbidden, match="EXCHANGE_URL"):
        source_address(venue, url)


def test_an_account_is_claimed_once_and_for_all(tmp_path: Path) -> None:
    path = file_beside(tmp_path / "data" / "auto-trader.db")
    assert path.name == "auto-trader.paper.db"
    first = claim(path, "binance", "BTC/USDT", "live")
    assert claim(path, "binance", "BTC/USDT", "live") == first
    for other in (("kraken", "BTC/USDT", "live"), ("binance", "ETH/USDT", "live"), ("binance", "BTC/USDT", "local")):
        with pytest.raises(Mistaken, match="is the paper account of binance BTC/USDT at a live market"):
            claim(path, *other)
    assert claim(tmp_path / "other.db", "binance", "BTC/USDT", "live").key != first.key


def test_a_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "bot.paper.db"
    path.write_text("my notes, which are long enough to look like a header of something else entirely")
    with pytest.raises(sqlite3.DatabaseError):
        claim(path, "binance", "BTC/USDT", "live")
    assert path.read_text().startswith("my notes")


def test_a_recording_is_not_the_live_market() -> None:
    assert [kind_of(url) for url in ("https://api.kraken.com", "http://127.0.0.1:1", "http://[::1]:1")] == [
        "live",
        "local",
        "local",
    ]


@pytest.mark.anyio
async def test_nothing_but_the_account_is_replaced(venue: str, replay: Replay, folder: Path, clock: Clock) -> None:
    real = f"{venue.upper()}_API"
    wanted = settings(
        venue, folder, replay.url, **{f"{real}_KEY": "a-real-key", f"{real}_SECRET": "YSByZWFsIHNlY3JldA=="}
    )
    async with market(wanted, clock, pace=QUICK) as paper:
        given = paper.account(wanted)
        assert given.api_key is not None
        assert given.api_secret is not None
        assert given.api_key.reveal().startswith("paper-")
        assert given.exchange_url == paper.url
        assert paper.url.startswith("http://127.0.0.1:")
        changed = {name for name in given.__struct_fields__ if getattr(given, name) != getattr(wanted, name)}
        assert changed == {"api_key", "api_secret", "exchange_url"}
        assert given.trading_mode == "paper"
        assert paper.database == folder / "bot.paper.db"
