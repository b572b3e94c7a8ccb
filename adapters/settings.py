"""The configuration: read once from the environment, complete or not at all.

Law: a configuration with a mistake in it starts nothing, and all its mistakes are told at once.
Law: a secret is never shown, not even a wrong one.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from dotenv.parser import parse_stream
from msgspec import Struct

from fsm.limits import Limits

from .places import host_of, misplaced
from .secret import MASK, Secret
from .variables import ALLOWED, VARIABLES, Network

__all__ = ["ConfigurationError", "Essentials", "Secret", "Settings", "essentials", "legible", "load", "read_env"]

OTHERS = {"binance": "KRAKEN_", "kraken": "BINANCE_"}
PREFIXES = ("BINANCE_", "KRAKEN_", "TELEGRAM_", "TRADING_", "WEBHOOK_")
GENERIC = ("HOST", "PORT", "LOG_LEVEL")  # too common to take a similar name for a misspelling of them
NOT_OURS = ("TELEGRAM_API_ID", "TELEGRAM_API_HASH")  # a self-hosted Bot API server reads them from the same file
PERHAPS_SECRET = re.compile(r"[@?#]|[\w+/=-]{20,}")  # in a URL, or one that was put into the wrong variable
DATABASE = Path("data/auto-trader.db")
SIMILAR = 0.85  # of two names, by difflib; 1 is the same name


class Settings(Struct, frozen=True, kw_only=True):
    """Named like the variables, in lower case. Percentages are of equity, `_s` are seconds, balances are quote."""

    active_exchange: Literal["binance", "kraken"] = "binance"
    trading_mode: Literal["testnet", "live", "paper"]
    api_key: Secret | None = None  # of the active exchange; absent only in paper mode
    api_secret: Secret | None = None
    exchange_url: str | None = None  # no trailing slash
    trading_pair: str = "BTC/USDT"
    entry_mode: Literal["market", "atomic"] = "market"
    risk_per_trade_pct: Decimal = Decimal("1.0")
    stop_loss_pct: Decimal = Decimal("2.0")
    max_daily_loss_pct: Decimal = Decimal("3.0")
    max_drawdown_pct: Decimal = Decimal("15.0")
    max_consecutive_losses: int = 5
    cooldown_after_loss_s: float = 0.0
    max_signal_age_s: float = 60.0
    paper_balance: Decimal = Decimal(10_000)
    webhook_secret: Secret
    webhook_secret_previous: Secret | None = None
    webhook_allowed_ips: tuple[Network, ...] = ()  # empty: everyone
    trusted_proxies: tuple[Network, ...] = ()
    telegram_bot_token: Secret | None = None
    telegram_chat_id: int | None = None
    telegram_user_ids: tuple[int, ...] = ()  # who may command in a group; empty: nobody there
    telegram_api_url: str | None = None
    dashboard_token: Secret | None = None
    host: str = "0.0.0.0"  # noqa: S104 (in a container nothing else can be reached)
    port: int = 8000
    database_path: Path = DATABASE
    log_level: str = "INFO"

    @property
    def limits(self) -> Limits:
        return Limits(
            risk_pct=self.risk_per_trade_pct,
            stop_pct=self.stop_loss_pct,
            daily_loss_pct=self.max_daily_loss_pct,
            drawdown_pct=self.max_drawdown_pct,
            streak=self.max_consecutive_losses,
            max_age=self.max_signal_age_s,
            cooldown=self.cooldown_after_loss_s,
        )

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every value that must not be seen, for whoever writes text."""
        values = (getattr(self, field) for field in self.__struct_fields__)
        return tuple(value for value in values if isinstance(value, Secret))


class ConfigurationError(ValueError):
    """Everything that is wrong with the configuration: a line for each, naming the variable, sorted."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n  ".join(["Configuration error:", *self.problems]))


class Essentials(Struct, frozen=True, kw_only=True):
    """What an operator's command needs: which bot, and what must not be seen."""

    database_path: Path
    secrets: tuple[Secret, ...]
    log_level: str = "WARNING"


def read_env(dotenv: Path | None) -> dict[str, str]:
    """The process environment over the file's values. A variable that is set but empty counts as unset.

    Raises ConfigurationError if the file is there and cannot be read, or a line of it.
    """
    file, problems = _read_file(dotenv)
    if problems:
        raise ConfigurationError(problems)
    return _over(file)


def essentials(dotenv: Path) -> Essentials:
    """Of a configuration that may have mistakes in it: they must not stand between a person and /stop.

    Raises ConfigurationError where it cannot be known which bot is meant.
    """
    file, problems = _read_file(dotenv)
    given = _over(file)
    values, wrong = _read({name: text for name, text in given.items() if name == "DATABASE_PATH"})
    if not os.environ.get("DATABASE_PATH"):
        wrong += [problem for problem in problems if problem.startswith("DATABASE_PATH:")]
    if wrong:
        raise ConfigurationError(wrong)
    secrets = tuple(Secret(given[v.name].strip()) for v in VARIABLES if v.secret and v.name in given)
    return Essentials(database_path=values.get("DATABASE_PATH", DATABASE), secrets=secrets)


def legible(dotenv: Path) -> dict[str, str]:
    """Like `read_env`, without the lines that cannot be read: for whoever looks at a bot that already runs."""
    return _over(_read_file(dotenv)[0])


def _over(file: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in [*file.items(), *os.environ.items()] if text}


def _read_file(dotenv: Path | None) -> tuple[dict[str, str], list[str]]:
    """What it sets, and what is wrong with it. A line that is not understood is not shown: it may hold a secret."""
    found: dict[str, str] = {}
    problems: list[str] = []
    try:
        with dotenv.open(encoding="utf-8-sig") if dotenv else io.StringIO() as text:
            for line in parse_stream(text):
                if line.error or (line.key and line.value is None):
                    name = next(
                        (word for word in re.findall(r"\w+", line.original.string)[:2] if word in ALLOWED), None
                    )
                    where = (
                        f"{name}: line {line.original.line} of {dotenv}"
                        if name
                        else f"{dotenv}: line {line.original.line}"
                    )
                    problems.append(f"{where} cannot be read; allowed: {name or 'NAME'}=value")
                elif line.key in found and line.key in ALLOWED:
                    problems.append(f"{line.key}: set twice in {dotenv}, again in line {line.original.line}")
                elif line.key and line.value is not None:
                    found[line.key] = line.value
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{dotenv}: cannot be read: {type(error).__name__}; allowed: UTF-8 text")
    return found, problems


def load(env: Mapping[str, str]) -> Settings:
    """Raises ConfigurationError with every mistake in it."""
    given = {name: text.strip() for name, text in env.items() if text.strip()}
    values, problems = _read(given)
    problems += [*_unknown(given), *_required(given, values), *_together(given, values)]
    if problems:
        raise ConfigurationError(problems)
    venue = values["ACTIVE_EXCHANGE"].upper()
    fields = {name.lower(): value for name, value in values.items() if not name.startswith(("BINANCE_", "KRAKEN_"))}
    return Settings(api_key=values.get(f"{venue}_API_KEY"), api_secret=values.get(f"{venue}_API_SECRET"), **fields)


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Every variable by itself. What could not be read is missing from the values."""
    secrets = [given[v.name] for v in VARIABLES if v.secret and v.name in given]
    values: dict[str, Any] = {} if "ACTIVE_EXCHANGE" in given else {"ACTIVE_EXCHANGE": "binance"}
    problems: list[str] = []
    for variable in VARIABLES:  # the exchange comes first: the other one's credentials are not even looked at
        text = given.get(variable.name)
        if text is None or variable.name.startswith(OTHERS.get(values.get("ACTIVE_EXCHANGE", ""), ())):
            continue
        try:
            values[variable.name] = variable.read(text)
        except ValueError as error:
            hidden = any(secret in text for secret in secrets) or PERHAPS_SECRET.search(text)
            shown = MASK if hidden else repr(text[:60])
            problems.append(f"{variable.name}: {shown} {error}; allowed: {variable.allowed}")
    if "TRADING_MODE" not in given:
        values["TRADING_MODE"] = "paper" if values.get("ACTIVE_EXCHANGE") == "kraken" else "testnet"
    return values, problems


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    """Names that were surely meant for us. The rest of the environment is none of our business."""
    candidates = [name for name in ALLOWED if name not in GENERIC]
    for name in given.keys() - {*ALLOWED, *NOT_OURS}:
        if close := get_close_matches(name.upper(), candidates, 1, SIMILAR):
            yield f"{name}: unknown setting; did you mean {close[0]}?"
        elif prefix := next((p for p in PREFIXES if name.startswith(p)), None):
            yield f"{name}: unknown setting; did you mean {' or '.join(n for n in ALLOWED if n.startswith(prefix))}?"


def _required(given: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[str]:
    """Only variables that are not set at all: one that could not be read has been told already."""
    if "WEBHOOK_SECRET" not in given:
        yield f"WEBHOOK_SECRET: required but not set; allowed: {ALLOWED['WEBHOOK_SECRET']}"
    venue, mode = values.get("ACTIVE_EXCHANGE"), values.get("TRADING_MODE")
    if venue is None or mode is None:
        return
    key, secret = f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET"
    yield from _pair(given, key, secret, mode != "paper", f"ACTIVE_EXCHANGE={venue} and TRADING_MODE={mode}")
    alone = mode == "paper" or _is_loopback(values.get("EXCHANGE_URL", ""))
    why = f"TRADING_MODE={mode} (optional with paper, or with an EXCHANGE_URL on this machine)"
    yield from _pair(given, "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", not alone, why)


def _pair(given: Mapping[str, str], one: str, other: str, needed: bool, why: str) -> Iterator[str]:
    for name, twin in ((one, other), (other, one)):
        if name not in given and needed:
            yield f"{name}: required with {why} but not set; allowed: {ALLOWED[name]}"
        elif name not in given and twin in given:
            yield f"{name}: required together with {twin} but not set; allowed: {ALLOWED[name]}"


def _together(given: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[str]:
    """Values that are fine alone and wrong in company."""
    venue, mode, address = values.get("ACTIVE_EXCHANGE"), values.get("TRADING_MODE"), values.get("EXCHANGE_URL")
    if "WEBHOOK_SECRET" in values and values["WEBHOOK_SECRET"] == values.get("WEBHOOK_SECRET_PREVIOUS"):
        yield "WEBHOOK_SECRET_PREVIOUS: is the same as WEBHOOK_SECRET; allowed: the old one, or unset"
    if values.get("ENTRY_MODE") == "atomic" and venue == "kraken":
        yield "ENTRY_MODE: atomic is Binance's; allowed on kraken: market, whose orders carry their stops anyway"
    if venue is None or mode is None:
        return
    if venue == "kraken" and mode == "testnet" and "EXCHANGE_URL" not in given:
        yield (
            "TRADING_MODE: testnet is not possible on kraken by itself, which has no public testnet; allowed: paper, "
            "live, or testnet with EXCHANGE_URL set to a UAT host or a simulator"
        )
    if address is None or mode == "paper":
        return
    if why := misplaced(venue, mode, address):
        yield f"EXCHANGE_URL: {why}"


def _is_loopback(address: str) -> bool:
    host = host_of(address)
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
