"""Switching to Kraken is one variable; and no order can go anywhere else than to the configured place."""

import base64
from dataclasses import dataclass, field

import pytest

from adapters.exchanges import KrakenClient, create_client


@dataclass
class Hidden:
    text: str

    def reveal(self) -> str:
        return self.text


@dataclass
class Configured:
    active_exchange: str = "kraken"
    trading_mode: str = "live"
    trading_pair: str = "BTC/USDT"
    exchange_url: str | None = None
    api_key: Hidden | None = field(default_factory=lambda: Hidden("key"))
    api_secret: Hidden | None = field(default_factory=lambda: Hidden(base64.b64encode(b"secret").decode()))


@pytest.mark.parametrize(
    ("mode", "given", "url"),
    [
        ("live", None, "https://api.kraken.com"),
        ("live", "https://api.kraken.com", "https://api.kraken.com"),
        ("testnet", "http://127.0.0.1:9/", "http://127.0.0.1:9"),
    ],
)
def test_where_orders_go(mode: str, given: str | None, url: str) -> None:
    client = create_client(Configured(trading_mode=mode, exchange_url=given))
    assert isinstance(client, KrakenClient)
    assert client._wire.url == url


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        (Configured(active_exchange="bitmex"), "ACTIVE_EXCHANGE"),
        (Configured(trading_mode="paper"), "TRADING_MODE"),
        (Configured(trading_mode="testnet"), "EXCHANGE_URL: needed .* no public test network"),
        (Configured(trading_mode="testnet", exchange_url="https://api.kraken.com"), "EXCHANGE_URL: .* real money"),
        (Configured(trading_mode="testnet", exchange_url="127.0.0.1:9"), "EXCHANGE_URL: not a web address"),
        (Configured(exchange_url="http://127.0.0.1:9"), "EXCHANGE_URL: .* is not kraken's own"),
        (Configured(exchange_url="https://api.binance.com"), "EXCHANGE_URL: .* in live mode"),
        (Configured(exchange_url="https://api.kraken.com.evil.example"), "EXCHANGE_URL: .* in live mode"),
        (Configured(exchange_url="http://api.kraken.com"), "EXCHANGE_URL: .* in live mode"),
        (Configured(api_key=None), "KRAKEN_API_KEY"),
        (Configured(api_secret=None), "KRAKEN_API_SECRET"),
        (Configured(api_secret=Hidden("not base64!")), "KRAKEN_API_SECRET"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{value.trading_mode} {value.exchange_url}",
)
def test_what_cannot_be_served_names_its_setting(wrong: Configured, setting: str) -> None:
    with pytest.raises(ValueError, match=setting):
        create_client(wrong)
