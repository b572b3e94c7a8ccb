"""The environment read: everything that is wrong at once, and nothing secret on the way."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.settings import ConfigurationError, Secret, Settings, load
from adapters.variables import ALLOWED, VARIABLES
from fsm.limits import Limits

WEBHOOK = {"WEBHOOK_SECRET": "w" * 32}
KEYS = {"BINANCE_API_KEY": "binance-key", "BINANCE_API_SECRET": "binance-secret"}
KRAKEN_KEYS = {"KRAKEN_API_KEY": "kraken-key", "KRAKEN_API_SECRET": "kraken+secret/=="}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "123456:telegram-token", "TELEGRAM_CHAT_ID": "-100123"}
TESTNET = {**WEBHOOK, **KEYS, **TELEGRAM}
PAPER = {**WEBHOOK, "TRADING_MODE": "paper"}
LIVE = {**TESTNET, "TRADING_MODE": "live"}
KRAKEN = {**WEBHOOK, **KRAKEN_KEYS, **TELEGRAM, "ACTIVE_EXCHANGE": "kraken"}


def problems(env: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(env)
    return caught.value.problems


def test_defaults() -> None:
    found = load(TESTNET)
    assert (found.active_exchange, found.trading_mode, found.trading_pair) == ("binance", "testnet", "BTC/USDT")
    assert (found.host, found.port, found.log_level) == ("0.0.0.0", 8000, "INFO")
    assert (found.database_path, found.entry_mode) == (Path("data/auto-trader.db"), "market")
    assert (found.max_signal_age_s, found.cooldown_after_loss_s, found.paper_balance) == (60, 0, 10_000)
    assert found.limits == Limits() == Limits(Decimal(1), Decimal(2), Decimal(3), Decimal(15), 5)


def test_everything_can_be_set() -> None:
    found = load(
        {
            **TESTNET,
            "TRADING_MODE": "Live",
            "EXCHANGE_URL": "https://api1.binance.com/",
            "TRADING_PAIR": "eth/usdc",
            "RISK_PER_TRADE_PCT": "0.5",
            "STOP_LOSS_PCT": "1.25",
            "MAX_DAILY_LOSS_PCT": "2",
            "MAX_DRAWDOWN_PCT": "10",
            "MAX_CONSECUTIVE_LOSSES": "3",
            "MAX_SIGNAL_AGE_S": "30",
            "COOLDOWN_AFTER_LOSS_S": "900",
            "WEBHOOK_SECRET_PREVIOUS": "v" * 32,
            "WEBHOOK_ALLOWED_IPS": "52.89.214.238, 10.0.0.0/8",
            "TRUSTED_PROXIES": "::1",
            "TELEGRAM_USER_IDS": "7, 8",
            "TELEGRAM_API_URL": "http://127.0.0.1:8081",
            "DASHBOARD_TOKEN": "d" * 16,
            "DATABASE_PATH": "/var/lib/x.db",
            "LOG_LEVEL": "debug",
            "PORT": " 9 ",
        }
    )
    assert found.limits == Limits(
        risk_pct=Decimal("0.5"),
        stop_pct=Decimal("1.25"),
        daily_loss_pct=Decimal(2),
        drawdown_pct=Decimal(10),
        streak=3,
        max_age=30,
        cooldown=900,
    )
    assert (found.trading_mode, found.trading_pair, found.exchange_url) == (
        "live",
        "ETH/USDC",
        "https://api1.binance.com",
    )
    assert found.webhook_allowed_ips == (ip_network("52.89.214.238"), ip_network("10.0.0.0/8"))
    assert (found.telegram_chat_id, found.telegram_user_ids) == (-100_123, (7, 8))
    assert (found.port, found.log_level) == (9, "DEBUG")
    assert {s.reveal() for s in found.secrets} == {
        "w" * 32,
        "v" * 32,
        "binance-key",
        "binance-secret",
        "123456:telegram-token",
        "d" * 16,
    }


def test_every_variable_has_its_field() -> None:
    credentials = {"api_key", "api_secret"}
    ours = {name.lower() for name in ALLOWED if not name.startswith(("BINANCE_", "KRAKEN_"))}
    assert set(Settings.__struct_fields__) == ours | credentials


def test_only_the_active_exchange_counts() -> None:
    found = load({**KRAKEN, **KEYS, "BINANCE_API_KEY": "not even valid"})
    assert (found.trading_mode, found.active_exchange) == ("paper", "kraken")
    assert (found.api_key, found.api_secret) == (Secret("kraken-key"), Secret("kraken+secret/=="))


@pytest.mark.parametrize(
    "env",
    [
        PAPER,
        {**WEBHOOK, "ACTIVE_EXCHANGE": "kraken"},
        {**WEBHOOK, **KEYS, "EXCHANGE_URL": "http://127.0.0.1:9000"},
        {**WEBHOOK, **KEYS, "EXCHANGE_URL": "http://localhost:9000"},
        {**WEBHOOK, **KEYS, "EXCHANGE_URL": "http://[::1]:9000"},
        {**KRAKEN, "TRADING_MODE": "testnet", "EXCHANGE_URL": "https://uat.example"},
        {**TESTNET, "EXCHANGE_URL": "https://demo-api.binance.com"},
        {**KRAKEN, "TRADING_MODE": "testnet", "EXCHANGE_URL": "https://api.vip.uat.lobster.kraken.com"},
        {**LIVE, "EXCHANGE_URL": "https://api.binance.com"},
        {**TESTNET, "PORT": "", "RISK_PER_TRADE_PCT": "  ", "DASHBOARD_TOKEN": ""},
        {**PAPER, "TELEGRAM_API_ID": "1", "HOSTNAME": "x", "PORTS": "1", "PATH": "/bin", "DATABASE_URL": "x"},
        {**TESTNET, "KRAKEN_API_KEY": "with space"},
    ],
)
def test_allowed(env: dict[str, str]) -> None:
    load(env)


def test_all_mistakes_are_told_at_once() -> None:
    """The whole text, as the operator sees it."""
    with pytest.raises(ConfigurationError) as caught:
        load(
            {
                "ACTIVE_EXCHANGE": "kraken",
                "TRADING_MODE": "testnet",
                "KRAKEN_API_KEY": "k-canary",
                "WEBHOOK_SECRET": "short-canary",
                "TELEGRAM_CHAT_ID": "@channel",
                "TRADING_PAIR": "BTCUSDT",
                "RISK_PER_TRADE_PCT": "0",
                "STOP_LOSS_PCT": "100",
                "MAX_CONSECUTIVE_LOSSES": "1e5",
                "PAPER_BALANCE": "NaN",
                "ENTRY_MODE": "atomic",
                "PORT": "short-canary",
                "LOG_LEVEL": "loud",
                "MAX_DAILY_LOS_PCT": "3",
                "TELEGRAM_TOKEN": "1:t-canary",
                "HOME": "/root",
            }
        )
    telegram = "required with TRADING_MODE=testnet (optional with paper, or with an EXCHANGE_URL on this machine)"
    assert str(caught.value).splitlines() == [
        "Configuration error:",
        "  ENTRY_MODE: atomic is Binance's; allowed on kraken: market, whose orders carry their stops anyway",
        "  KRAKEN_API_SECRET: required with ACTIVE_EXCHANGE=kraken and TRADING_MODE=testnet but not set; "
        "allowed: the text the venue gave you, without spaces or quotes",
        "  LOG_LEVEL: 'loud' is not one of them; allowed: DEBUG | INFO | WARNING | ERROR | CRITICAL",
        "  MAX_CONSECUTIVE_LOSSES: '1e5' is not a whole number; allowed: a whole number, at least 1, at most 1000",
        "  MAX_DAILY_LOS_PCT: unknown setting; did you mean MAX_DAILY_LOSS_PCT?",
        "  PAPER_BALANCE: 'NaN' is not a number; allowed: a number such as 1.5, more than 0, at most 1000000000000",
        "  PORT: *** is not a whole number; allowed: a whole number, at least 0, at most 65535",
        "  RISK_PER_TRADE_PCT: '0' is out of range; allowed: a number such as 1.5, more than 0, at most 100",
        "  STOP_LOSS_PCT: '100' is out of range; allowed: a number such as 1.5, more than 0, less than 100",
        f"  TELEGRAM_BOT_TOKEN: {telegram} but not set; allowed: digits:letters, as @BotFather gives it",
        "  TELEGRAM_CHAT_ID: *** does not have that form; allowed: a number such as 123456789 or -100123456789",
        "  TELEGRAM_TOKEN: unknown setting; did you mean TELEGRAM_BOT_TOKEN?",
        "  TRADING_MODE: testnet is not possible on kraken by itself, which has no public testnet; allowed: paper, "
        "live, or testnet with EXCHANGE_URL set to a UAT host or a simulator",
        "  TRADING_PAIR: 'BTCUSDT' does not have that form; allowed: BASE/QUOTE, such as BTC/USDT",
        "  WEBHOOK_SECRET: *** has only 12 characters; allowed: at least 32 of the characters A-Z a-z 0-9 _ . ~ -; "
        'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"',
    ]


@pytest.mark.parametrize(
    ("env", "start"),
    [
        ({"TRADING_MODE": "paper"}, "WEBHOOK_SECRET: required but not set; allowed: at least 32"),
        ({**PAPER, "DATABASE_PATH": "d/" * 50}, "DATABASE_PATH: *** is too long for the operator's socket"),
        ({**PAPER, "WEBHOOK_SECRET": "w" * 31}, "WEBHOOK_SECRET: *** has only 31 characters"),
        ({**PAPER, "WEBHOOK_SECRET": "w/" * 20}, "WEBHOOK_SECRET: *** has characters that cannot stand in a URL"),
        ({**PAPER, "WEBHOOK_SECRET_PREVIOUS": "w" * 32}, "WEBHOOK_SECRET_PREVIOUS: is the same as WEBHOOK_SECRET"),
        ({**PAPER, "TELEGRAM_BOT_TOKEN": "1:a"}, "TELEGRAM_CHAT_ID: required together with TELEGRAM_BOT_TOKEN"),
        ({**PAPER, "TELEGRAM_CHAT_ID": "1"}, "TELEGRAM_BOT_TOKEN: required together with TELEGRAM_CHAT_ID"),
        ({**PAPER, "BINANCE_API_KEY": "k"}, "BINANCE_API_SECRET: required together with BINANCE_API_KEY"),
        ({**PAPER, "DASHBOARD_TOKEN": "short"}, "DASHBOARD_TOKEN: *** does not have that form"),
        ({**PAPER, "TELEGRAM_USER_IDS": "1, x"}, "TELEGRAM_USER_IDS: '1, x' has an item that cannot be read"),
        ({**PAPER, "TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES: '10.0.0.1/8' has an item that cannot be read"),
        ({**PAPER, "PORT": "70000"}, "PORT: '70000' is out of range"),
        ({**PAPER, "PORT": "٨"}, "PORT: '٨' is not a whole number"),
        ({**PAPER, "RISK_PER_TRADE_PCT": "1_0"}, "RISK_PER_TRADE_PCT: '1_0' is not a number"),
        ({**PAPER, "RISK_PER_TRADE_PCT": "100.5"}, "RISK_PER_TRADE_PCT: '100.5' is out of range"),
        ({**PAPER, "MAX_DRAWDOWN_PCT": "-1"}, "MAX_DRAWDOWN_PCT: '-1' is out of range"),
        ({**PAPER, "EXCHANGE_URL": "ftp://x"}, "EXCHANGE_URL: 'ftp://x' is not an http(s) address"),
        ({**PAPER, "EXCHANGE_URL": "http://[x"}, "EXCHANGE_URL: 'http://[x' is not an http(s) address"),
        ({**PAPER, "EXCHANGE_URL": "http://x:99999"}, "EXCHANGE_URL: 'http://x:99999' is not an http(s) address"),
        ({**PAPER, "EXCHANGE_URL": "http://me:pw@x"}, "EXCHANGE_URL: *** carries more than an address"),
        ({**PAPER, "EXCHANGE_URL": "http://x?key=pw"}, "EXCHANGE_URL: *** carries more than an address"),
        ({**LIVE, "EXCHANGE_URL": "https://evil.example"}, "EXCHANGE_URL: 'https://evil.example' is not binance's own"),
        ({**LIVE, "EXCHANGE_URL": "http://api.binance.com"}, "EXCHANGE_URL: 'http://api.binance.com' is not binance's"),
        ({**LIVE, "EXCHANGE_URL": "https://api.kraken.com"}, "EXCHANGE_URL: 'https://api.kraken.com' is not binance's"),
        ({**LIVE, "EXCHANGE_URL": "https://api.binance.com.evil.example"}, "EXCHANGE_URL: 'https://api.binance.com.ev"),
        ({**TESTNET, "EXCHANGE_URL": "https://API.binance.com."}, "EXCHANGE_URL: 'https://API.binance.com.' trades re"),
        ({**TESTNET, "EXCHANGE_URL": "https://api5.binance.com"}, "EXCHANGE_URL: 'https://api5.binance.com' may trade"),
        ({**LIVE, "EXCHANGE_URL": "https://demo-api.binance.com"}, "EXCHANGE_URL: 'https://demo-api.binance.com' is n"),
        ({**PAPER, "trading_pair": "x"}, "trading_pair: unknown setting; did you mean TRADING_PAIR?"),
        ({**PAPER, "BINANCE_KEY": "x"}, "BINANCE_KEY: unknown setting; did you mean BINANCE_API_KEY"),
        ({**PAPER, "WEBHOOK_IPS": "x"}, "WEBHOOK_IPS: unknown setting; did you mean WEBHOOK_SECRET or"),
        ({**PAPER, "DASHBOARD_TOKENS": "x"}, "DASHBOARD_TOKENS: unknown setting; did you mean DASHBOARD_TOKEN?"),
    ],
)
def test_refused(env: dict[str, str], start: str) -> None:
    (problem,) = problems(env)
    assert problem.startswith(start)


@pytest.mark.parametrize("missing", [*KEYS, *TELEGRAM])
def test_required_in_testnet(missing: str) -> None:
    (problem,) = problems({name: text for name, text in TESTNET.items() if name != missing})
    assert problem.startswith(f"{missing}: required")


def test_what_could_not_be_read_is_not_also_missing() -> None:
    (problem,) = problems({**TESTNET, "TELEGRAM_BOT_TOKEN": "no token"})
    assert problem.startswith("TELEGRAM_BOT_TOKEN: *** does not have that form")
    (problem,) = problems({**TESTNET, "ACTIVE_EXCHANGE": "bitfinex"})
    assert problem.startswith("ACTIVE_EXCHANGE: 'bitfinex' is not one of them; allowed: binance | kraken")


def test_no_mistake_shows_a_secret() -> None:
    """A canary in every secret's slot, and every one of them in every other slot."""
    canaries = {v.name: f"canary {v.name}" for v in VARIABLES if v.secret}
    for venue in ("binance", "kraken"):
        for canary in canaries.values():
            env = dict.fromkeys(ALLOWED, f"x{canary}x") | canaries | {"ACTIVE_EXCHANGE": venue}
            text = "\n".join(problems(env))
            assert len(text) > 1000
            assert "canary" not in text


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load(PAPER).port = 1  # type: ignore[misc]
