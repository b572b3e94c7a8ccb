"""The environment, one variable at a time: its name, what is allowed in it, and how its text is read.

What two variables mean together is the business of `settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .secret import Secret

Network = IPv4Network | IPv6Network
PATH_LENGTH = 98  # bytes
SECRET_LENGTH = 32  # characters; token_urlsafe(32) makes 43
MAKE_ONE = 'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
PLAIN = r"[^\x00-\x20\x7f-\U0010ffff\"'\\]"  # what is written the same way in a log, in JSON and in an exception
DAY = 86_400  # seconds


class Variable(NamedTuple):
    name: str
    allowed: str  # in words, for a person who got it wrong
    read: Callable[[str], Any]  # raises ValueError, whose text says what is wrong but never repeats the value
    secret: bool = False


class Span(NamedTuple):
    low: int
    high: int
    above: bool = False  # the low end itself is not allowed
    below: bool = False  # the high end itself is not allowed

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, (int, Decimal)):
            return False
        low_ok = number > self.low if self.above else number >= self.low
        return low_ok and (number < self.high if self.below else number <= self.high)

    def __str__(self) -> str:
        low = f"more than {self.low}" if self.above else f"at least {self.low}"
        return f"{low}, {'less than' if self.below else 'at most'} {self.high}"


PERCENT = Span(0, 100, above=True)


def choice(name: str, *allowed: str) -> Variable:
    spelling = {word.lower(): word for word in allowed}

    def read(text: str) -> str:
        if text.lower() not in spelling:
            raise ValueError("is not one of them")
        return spelling[text.lower()]

    return Variable(name, " | ".join(allowed), read)


def whole(name: str, span: Span) -> Variable:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError("is not a whole number")
        if int(text) not in span:
            raise ValueError("is out of range")
        return int(text)

    return Variable(name, f"a whole number, {span}", read)


def number(name: str, span: Span, kind: Callable[[Decimal], Any] = Decimal) -> Variable:
    def read(text: str) -> Any:
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
            raise ValueError("is not a number")
        if Decimal(text) not in span:
            raise ValueError("is out of range")
        return kind(Decimal(text))

    return Variable(name, f"a number such as 1.5, {span}", read)


def pattern(name: str, allowed: str, regex: str, kind: Callable[[str], Any] = str, *, secret: bool = False) -> Variable:
    def read(text: str) -> Any:
        if not re.fullmatch(regex, text, re.ASCII):
            raise ValueError("does not have that form")
        return kind(text)

    return Variable(name, allowed, read, secret)


def listing(name: str, allowed: str, kind: Callable[[str], Any]) -> Variable:
    def read(text: str) -> tuple[Any, ...]:
        items = [item.strip() for item in text.split(",") if item.strip()]
        try:
            return tuple(kind(item) for item in items)
        except ValueError:
            raise ValueError("has an item that cannot be read") from None

    return Variable(name, f"{allowed}, separated by commas", read)


def url(name: str) -> Variable:
    """An http(s) address without a trailing slash. Credentials do not belong in it: they would reach the logs."""

    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # brackets that do not match, a port that is no number
            usable = False
        if not usable:
            raise ValueError("is not an http(s) address")
        if re.search(r"[@?#\s]", text):
            raise ValueError("carries more than an address")
        return text.rstrip("/")

    return Variable(name, "an address such as https://host:port, without user, query or fragment", read)


def webhook_secret(name: str) -> Variable:
    def read(text: str) -> Secret:
        if len(text) < SECRET_LENGTH:
            raise ValueError(f"has only {len(text)} characters")
        if not re.fullmatch(r"[A-Za-z0-9_.~-]+", text):
            raise ValueError("has characters that cannot stand in a URL path")
        return Secret(text)

    allowed = f"at least {SECRET_LENGTH} of the characters A-Z a-z 0-9 _ . ~ -; {MAKE_ONE}"
    return Variable(name, allowed, read, secret=True)


def _credential(name: str) -> Variable:
    allowed = "the text the venue gave you, without spaces or quotes"
    return pattern(name, allowed, PLAIN + "+", Secret, secret=True)


def _database(text: str) -> Path:
    """A socket's address is 104 bytes on some systems (unix(7), macOS sys/un.h), and ours ends with .sock."""
    if "\x00" in text:
        raise ValueError("does not have that form")
    if len(os.fsencode(text)) > PATH_LENGTH:
        raise ValueError("is too long for the operator's socket, which is made beside the database: move it higher up")
    return Path(text)


def _user_id(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise ValueError("is not a user id")
    return int(text)


VARIABLES = (
    choice("ACTIVE_EXCHANGE", "binance", "kraken"),
    choice("TRADING_MODE", "testnet", "live", "paper"),
    _credential("BINANCE_API_KEY"),
    _credential("BINANCE_API_SECRET"),
    _credential("KRAKEN_API_KEY"),
    _credential("KRAKEN_API_SECRET"),
    url("EXCHANGE_URL"),
    pattern("TRADING_PAIR", "BASE/QUOTE, such as BTC/USDT", r"[A-Za-z0-9]{1,20}/[A-Za-z0-9]{1,20}", str.upper),
    choice("ENTRY_MODE", "market", "atomic"),
    number("RISK_PER_TRADE_PCT", PERCENT),
    number("STOP_LOSS_PCT", Span(0, 100, above=True, below=True)),
    number("MAX_DAILY_LOSS_PCT", PERCENT),
    number("MAX_DRAWDOWN_PCT", PERCENT),
    whole("MAX_CONSECUTIVE_LOSSES", Span(1, 1000)),
    number("COOLDOWN_AFTER_LOSS_S", Span(0, 30 * DAY), float),
    number("MAX_SIGNAL_AGE_S", Span(0, DAY, above=True), float),
    number("PAPER_BALANCE", Span(0, 10**12, above=True)),
    webhook_secret("WEBHOOK_SECRET"),
    webhook_secret("WEBHOOK_SECRET_PREVIOUS"),
    listing("WEBHOOK_ALLOWED_IPS", "addresses or networks such as 52.89.214.238, 10.0.0.0/8", ip_network),
    listing("TRUSTED_PROXIES", "addresses or networks such as 127.0.0.1, 10.0.0.0/8", ip_network),
    pattern("TELEGRAM_BOT_TOKEN", "digits:letters, as @BotFather gives it", r"[0-9]+:[\w-]+", Secret, secret=True),
    pattern("TELEGRAM_CHAT_ID", "a number such as 123456789 or -100123456789", r"-?[1-9][0-9]{0,17}", int),
    listing("TELEGRAM_USER_IDS", "numbers such as 123456789", _user_id),
    url("TELEGRAM_API_URL"),
    pattern("DASHBOARD_TOKEN", "at least 16 characters, no spaces or quotes", PLAIN + "{16,}", Secret, secret=True),
    pattern("HOST", "an address to listen on, such as 0.0.0.0 or 127.0.0.1", r"[\w.:-]+"),
    whole("PORT", Span(0, 65_535)),
    Variable("DATABASE_PATH", f"the path of a file, at most {PATH_LENGTH} bytes long", _database),
    choice("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
)
ALLOWED = {variable.name: variable.allowed for variable in VARIABLES}
