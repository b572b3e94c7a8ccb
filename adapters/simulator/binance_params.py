"""Reading Binance's request parameters, with its errors for what is missing, malformed or too precise."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from adapters.simulator.binance_errors import BinanceError, illegal, missing
from adapters.simulator.http import Request

E = TypeVar("E", bound=StrEnum)

_CLIENT_ID = "^[a-zA-Z0-9-_]{1,36}$"
_NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_INTEGER = "^[0-9]{1,20}$"
_PRECISION = 8


class Params:
    """The parameters of one request. Where query and body disagree the query wins ("General API Information")."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def of(cls, request: Request) -> "Params":
        """Read query string and form body."""
        pairs = [
            *parse_qsl(request.body.decode("latin-1"), keep_blank_values=True),
            *parse_qsl(request.query.decode("latin-1"), keep_blank_values=True),
        ]
        return cls(dict(pairs))

    def text(self, name: str) -> str:
        """A mandatory parameter."""
        value = self._values.get(name, "")
        if not value:
            raise missing(name)
        return value

    def optional(self, name: str) -> str:
        """A parameter, or an empty string."""
        return self._values.get(name, "")

    def has(self, name: str) -> bool:
        """Whether it was sent with a value."""
        return bool(self._values.get(name))

    def number(self, name: str) -> Decimal:
        """A mandatory decimal number of at most eight places."""
        value = self.text(name)
        if not re.fullmatch(_NUMBER, value):
            raise illegal(name, _NUMBER)
        if len(value.partition(".")[2].rstrip("0")) > _PRECISION:
            raise BinanceError(-1111, f"Parameter '{name}' has too much precision.")
        return Decimal(value)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; mandatory without a default."""
        if default is not None and not self.has(name):
            return default
        value = self.text(name)
        if not re.fullmatch(_INTEGER, value):
            raise illegal(name, _INTEGER)
        return int(value)

    def choice(self, name: str, options: type[E], error: BinanceError) -> E:
        """A mandatory word out of an enum."""
        try:
            return options(self.text(name))
        except ValueError:
            raise error from None

    def client_id(self, name: str) -> str:
        """A client order id, or an empty string to let the venue choose."""
        value = self.optional(name)
        if value and not re.fullmatch(_CLIENT_ID, value):
            raise illegal(name, _CLIENT_ID)
        return value

    def symbols(self, known: str) -> list[str]:
        """The symbols named by `symbol` or `symbols` (a JSON list), or none. Raises -1121 for an unknown one."""
        named = [self.text("symbol")] if self.has("symbol") else []
        if self.has("symbols"):
            try:
                named = msgspec.json.decode(self.text("symbols"), type=list[str])
            except msgspec.DecodeError:
                raise illegal("symbols", '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$') from None
        if any(name != known for name in named):
            raise BinanceError(-1121, "Invalid symbol.")
        return named

    def symbol(self, known: str) -> None:
        """Require the symbol. Raises -1102 or -1121."""
        if self.text("symbol") != known:
            raise BinanceError(-1121, "Invalid symbol.")
