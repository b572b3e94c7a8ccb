"""Which venue the configuration means; and that no order can go anywhere else."""

from dataclasses import dataclass, field

import pytest

from adapters.exchanges import BinanceClient, Wire, create_client


@dataclass
class Hidden:
    text: str

    def reveal(self) -> str:
        return self.text


@dataclass
class Configured:
    active_exchange: str = "binance"
    trading_mode: str = "testnet"
    trading_pair: str = "BTC/USDT"
    entry_mode: str = "market"
    exchange_url: str | None = None
    api_key: Hidden | None = field(default_factory=lambda: Hidden("key"))
    api_secret: Hidden | None = field(default_factory=lambda: Hidden("secret"))


@pytest.mark.parametrize(
    ("mode", "given", "url"),
    [
        ("testnet", None, "https://testnet.binance.vision"),
        ("testnet", "http://127.0.0.1:9/", "http://127.0.0.1:9"),
        ("testnet", "https://demo-api.binance.com", "https://demo-api.binance.com"),
        ("testnet", "http://simulator:9000", "http://simulator:9000"),
        ("live", None, "https://api.binance.com"),
        ("live", "https://api3.binance.com", "https://api3.binance.com"),
    ],
)
def test_where_orders_go(mode: str, given: str | None, url: str) -> None:
    client = create_client(Configured(trading_mode=mode, exchange_url=given))
    assert isinstance(client, BinanceClient)
    assert client._wire.url == url


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        (Configured(active_exchange="kraken"), "ACTIVE_EXCHANGE"),
        (Configured(trading_mode="paper"), "TRADING_MODE"),
        (Configured(api_key=None), "BINANCE_API_KEY"),
        (Configured(api_secret=None), "BINANCE_API_SECRET"),
        (Configured(trading_mode="live", exchange_url="http://127.0.0.1:9"), "EXCHANGE_URL"),
        (Configured(trading_mode="live", exchange_url="https://api.binance.com.evil.example"), "EXCHANGE_URL"),
        (Configured(trading_mode="live", exchange_url="http://api.binance.com"), "EXCHANGE_URL"),
        (Configured(trading_mode="testnet", exchange_url="https://api.binance.com"), "EXCHANGE_URL"),
        (Configured(trading_mode="testnet", exchange_url="https://api5.binance.com"), "EXCHANGE_URL"),
        (Configured(trading_mode="testnet", exchange_url="https://api.binance.us"), "EXCHANGE_URL"),
        (Configured(trading_mode="testnet", exchange_url="https://api.binance.com./"), "EXCHANGE_URL"),
        (Configured(trading_mode="live", exchange_url="https://demo-api.binance.com"), "EXCHANGE_URL"),
        (Configured(trading_mode="live", exchange_url="https://api.binance.com:8443"), "EXCHANGE_URL"),
        (Configured(trading_mode="testnet", exchange_url="127.0.0.1:9"), "EXCHANGE_URL"),
    ],
    ids=lambda value: (
        None if isinstance(value, str) else f"{value.active_exchange} {value.trading_mode} {value.exchange_url}"
    ),
)
def test_what_cannot_be_served_names_its_setting(wrong: Configured, setting: str) -> None:
    with pytest.raises(ValueError, match=setting):
        create_client(wrong)


@pytest.mark.anyio
@pytest.mark.parametrize("sandbox", [True, False])
async def test_ccxt_has_no_other_door(sandbox: bool) -> None:
    wire = Wire("http://127.0.0.1:9", "key", "secret", sandbox=sandbox)
    wire.open()
    exchange = wire._exchange
    wire.open()
    assert wire._exchange is exchange
    assert set(exchange.urls["api"].values()) == {"http://127.0.0.1:9/api/v3"}
    for door in ("sapi", "fapiPublic", "dapiPublic", "papi"):
        with pytest.raises(Exception, match="does not have"):
            exchange.sign("ping", [door])
    assert not exchange.enableRateLimit
    assert exchange.options["maxRetriesOnFailure"] == 0
    await wire.close()


@pytest.mark.anyio
async def test_ccxt_signs_for_the_demo_account_and_no_other_host() -> None:
    wire = Wire("https://demo-api.binance.com", "key", "secret", sandbox=True)
    wire.open()
    for door in ("public", "private"):
        assert wire._exchange.sign("account", [door])["url"].startswith("https://demo-api.binance.com/api/v3/account")
    await wire.close()
