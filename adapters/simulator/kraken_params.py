"""Reading Kraken's request parameters, with its errors for what is missing or malformed."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from adapters.simulator.http import Request
from adapters.simulator.kraken_errors import KrakenError, invalid

E = TypeVar("E", bound=StrEnum)

_NUMBER = r"[0-9]{1,20}(\.[0-9]{1,20})?"
_CLIENT_ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[ -~]{1,18}"
_USER_REF = r"-?[0-9]{1,10}"
_MAX_REF = 2**31


class Params:
    """The parameters of one request: of the query, then of a form or JSON body."""

    def __init__(self, values: Mapping[str, str], received: int) -> None:
        """`received` is when the request came in, in epoch milliseconds."""
        self._values, self.received = values, received

    @classmethod
    def of(cls, request: Request, received: int) -> "Params":
        """Read query string and body; nested JSON objects become `close[price]` and the like."""
        values = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
        if request.headers.get("content-type", "").startswith("application/json"):
            return cls(values | _flat(request.body), received)
        return cls(values | dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)), received)

    def optional(self, name: str) -> str:
        """A parameter, or an empty string."""
        return self._values.get(name, "")

    def has(self, name: str) -> bool:
        """Whether it was sent with a value."""
        return bool(self._values.get(name))

    def text(self, name: str) -> str:
        """A mandatory parameter."""
        if not self.has(name):
            raise invalid(name)
        return self._values[name]

    def flag(self, name: str) -> bool:
        """A switch of a query."""
        return self.optional(name).lower() not in ("", "false", "0")

    def number(self, name: str) -> Decimal:
        """A mandatory decimal number. Kraken's relative prices (+, -, #, %) are not known here."""
        value = self.text(name)
        if not re.fullmatch(_NUMBER, value):
            raise invalid(name)
        return Decimal(value)

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.optional(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,20}", value):
            raise invalid(name)
        return int(value)

    def choice(self, name: str, options: type[E]) -> E:
        """A mandatory word out of an enum."""
        try:
            return options(self.text(name))
        except ValueError:
            raise invalid(name) from None

    def client_id(self) -> str:
        """`cl_ord_id`: a UUID, 32 hex digits, or at most 18 characters (page "Client Order Identifiers")."""
        value = self.optional("cl_ord_id")
        if value and not re.fullmatch(_CLIENT_ID, value):
            raise invalid("cl_ord_id")
        return value

    def user_ref(self) -> str:
        """`userref`: a signed 32-bit number, or an empty string."""
        value = self.optional("userref")
        if value and (not re.fullmatch(_USER_REF, value) or not -_MAX_REF <= int(value) < _MAX_REF):
            raise invalid("userref")
        return value

    def instant(self, name: str) -> int | None:
        """An RFC 3339 time in epoch milliseconds, or nothing."""
        if not self.has(name):
            return None
        try:
            moment = datetime.fromisoformat(self.text(name).replace(" ", "+"))
        except ValueError:
            raise invalid(name) from None
        if moment.tzinfo is None:
            raise invalid(name)
        return int(moment.timestamp() * 1000)

    def pair(self, *known: str) -> None:
        """Require the one pair there is, under any of its names."""
        if self.text("pair") not in known:
            raise KrakenError("EQuery:Unknown asset pair")


def _flat(body: bytes) -> dict[str, str]:
    try:
        given = msgspec.json.decode(body or b"{}", type=dict[str, object])
    except msgspec.MsgspecError:
        raise invalid() from None
    values: dict[str, str] = {}
    for name, value in given.items():
        inner = {f"{name}[{key}]": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
        values |= {key: str(part) for key, part in inner.items() if part is not None}
    return values
