"""What a backtest found out."""

from __future__ import annotations

from array import array
from decimal import Decimal

from msgspec import Struct

from fsm.book import Trade

from .bars import History
from .options import Options


class RawSignal(Struct, kw_only=True):
    """What the strategy said at the close of a candle, and what the bot made of it."""

    bar_time: int  # when the candle opened, epoch milliseconds
    signal: str  # BUY | SELL
    price: Decimal  # the close that it was decided on, quote
    signal_id: str
    verdict: str = "undecided"  # opened | closed | refused; undecided: the history ends before it could be
    reasons: tuple[str, ...] = ()


class Round(Struct, frozen=True):
    """A closed trade and the price of the stop that watched it (quote; none, if it never got one)."""

    trade: Trade
    stop: Decimal | None


class Episode(Struct, frozen=True):
    """A time in which a breaker kept the bot from entering; epoch seconds. It may last to the end."""

    state: str  # paused | halted | killed
    start: float
    end: float
    why: tuple[str, ...]


class Holding(Struct, frozen=True):
    """A position that is still open at the end. Quantity in base, price in quote."""

    qty: Decimal
    entry_price: Decimal
    opened_at: float


class Result(Struct, frozen=True, kw_only=True):
    history: History
    options: Options
    signals: tuple[RawSignal, ...]
    rounds: tuple[Round, ...]
    episodes: tuple[Episode, ...]
    equity: array[float]  # quote, at the close of each candle
    cash: Decimal  # quote, at the end
    coins: Decimal  # base, at the end: the open position, and what was too little to be sold
    holding: Holding | None
