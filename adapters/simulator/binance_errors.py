"""Binance's refusals: HTTP status, code and text, as in its page "Error codes" (errors.md)."""

from collections.abc import Mapping

from adapters.simulator.http import Reply
from adapters.simulator.state import Refusal


class BinanceError(Exception):
    """An answer `{"code": ..., "msg": ...}` instead of the thing asked for."""

    def __init__(self, code: int, message: str, *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message, self.status, self.headers = code, message, status, headers or {}

    def reply(self, headers: Mapping[str, str]) -> Reply:
        """The error on the wire, with the headers that every answer has."""
        body = {"code": self.code, "msg": self.message}
        return Reply.json(body, status=self.status, headers={**headers, **self.headers})


_REFUSALS = {
    Refusal.CLOSED: (-1013, "Market is closed."),
    Refusal.DUPLICATE: (-2010, "Duplicate order sent."),
    Refusal.FUNDS: (-2010, "Account has insufficient balance for requested action."),
    Refusal.TRIGGERS_NOW: (-2010, "Stop price would trigger immediately."),
    Refusal.MATCHES_NOW: (-2010, "Order would immediately match and take."),
    Refusal.PRICES_CROSSED: (-2010, "The relationship of the prices for the orders is not correct."),
    Refusal.UNSUPPORTED: (-1013, "Stop loss orders are not supported for this symbol."),
}


def refused(refusal: Refusal) -> BinanceError:
    """What Binance says when its matching engine refuses a new order."""
    return BinanceError(*_REFUSALS[refusal])


def not_cancelled(refusal: Refusal) -> BinanceError:
    """What Binance says when its matching engine refuses a cancel."""
    return BinanceError(-2011, "Market is closed." if refusal is Refusal.CLOSED else "Unknown order sent.")


def filter_failure(name: str) -> BinanceError:
    """A filter of exchangeInfo did not let the order through."""
    return BinanceError(-1013, f"Filter failure: {name}")


def missing(name: str) -> BinanceError:
    """A mandatory parameter is not there or cannot be read."""
    return BinanceError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> BinanceError:
    """A parameter contains what it may not."""
    return BinanceError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def no_such_order() -> BinanceError:
    """A queried order is not there, or not yet."""
    return BinanceError(-2013, "Order does not exist.")
