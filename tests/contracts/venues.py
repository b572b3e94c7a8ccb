"""The venues under contract: each a simulated exchange over real HTTP, and our client for it.

Whoever adds a venue adds it here (docs/venues/adding-a-venue.md); the cards and the stories then run against it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from adapters.exchanges import BinanceClient, ExchangeClient, KrakenClient, Wire
from adapters.exchanges.kraken_wire import Wire as KrakenWire
from adapters.simulator import BOUNDLESS, Answer, Depth, ErrorAnswer, SimulatedExchange, SimulatedKraken
from fsm.ledger import Purpose

PRICE = Decimal(64000)
TRIGGER = Decimal(62720)
LIMIT = Decimal(64320)
QTY = Decimal("0.05")
# no spread and no gaps, so that money can be told by heart; a level holds one QTY, so larger orders meet several
DEPTH = Depth(spread=Decimal(0), gap=Decimal(0), size=QTY)

_numbers = itertools.count(1)


def cid() -> str:
    """A client order id as the core makes them: 32 hex digits, never the same twice."""
    return f"c0{next(_numbers):030x}"


class Clock:
    """The real time, and jumps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(frozen=True)
class Venue:
    """How to open one, and what its requests are called where a test makes them fail."""

    name: str
    simulate: Callable[[Callable[[], float]], SimulatedExchange]
    client: Callable[[str, SimulatedExchange, Callable[[], float]], ExchangeClient]
    entry: tuple[str, str]  # method and path of an order to buy
    exit: tuple[str, str]
    stop: tuple[str, str]
    cancel: tuple[str, str]
    open_orders: tuple[str, str]
    balance: tuple[str, str]
    silent: tuple[Answer | ErrorAnswer | tuple[str, ...], ...]  # answers that prove nothing
    harmless: Answer | ErrorAnswer | tuple[str, ...]  # one that proves that nothing happened, and invites another try
    broke: str  # in the reason of an order that we cannot pay
    tiny: Decimal  # a quantity below the venue's minimum
    whole: bool = False  # an entry is filled whole, or not at all

    def path(self, purpose: Purpose) -> tuple[str, str]:
        return {Purpose.ENTRY: self.entry, Purpose.STOP: self.stop, Purpose.EXIT: self.exit}[purpose]


def _binance(clock: Callable[[], float]) -> SimulatedExchange:
    return SimulatedExchange.create(price=PRICE, depth=DEPTH, clock=clock)


def _kraken(clock: Callable[[], float]) -> SimulatedExchange:
    venue = SimulatedKraken.create(price=PRICE, depth=DEPTH, clock=clock)
    venue.key_limits.tier = BOUNDLESS
    return venue


def _binance_client(
    url: str, venue: SimulatedExchange, clock: Callable[[], float], *, atomic: bool = False
) -> ExchangeClient:
    wire = Wire(url, venue.account.api_key, venue.account.api_secret, sandbox=True, clock=clock)
    return BinanceClient(wire, "BTC/USDT", clock, atomic=atomic)


def _kraken_client(url: str, venue: SimulatedExchange, clock: Callable[[], float]) -> ExchangeClient:
    wire = KrakenWire(url, venue.account.api_key, venue.account.api_secret, clock=clock, calls=1e6)
    return KrakenClient(wire, "BTC/USDT", clock)


EVERYWHERE = (Answer.DROPPED, Answer.EMPTY_200, Answer.HTML_200, Answer.HTML_502, Answer.HTML_504)

BINANCE = Venue(
    name="binance",
    simulate=_binance,
    client=_binance_client,
    entry=("POST", "/api/v3/order"),
    exit=("POST", "/api/v3/order"),
    stop=("POST", "/api/v3/orderList/oco"),
    cancel=("DELETE", "/api/v3/orderList"),
    open_orders=("GET", "/api/v3/openOrders"),
    balance=("GET", "/api/v3/account"),
    silent=(*EVERYWHERE, ErrorAnswer(-1007, "Timeout waiting for response from backend server.", status=504)),
    harmless=ErrorAnswer(-1021, "Timestamp for this request is outside of the recvWindow."),
    broke="insufficient balance",
    tiny=Decimal("0.000001"),
)

VENUES = {
    venue.name: venue
    for venue in (
        BINANCE,
        replace(
            BINANCE,
            name="binance-atomic",
            client=partial(_binance_client, atomic=True),
            entry=("POST", "/api/v3/orderList/opo"),
            cancel=("DELETE", "/api/v3/order"),  # of the stop that an entry paid for
            whole=True,
        ),
        Venue(
            name="kraken",
            simulate=_kraken,
            client=_kraken_client,
            entry=("POST", "/0/private/AddOrder"),
            exit=("POST", "/0/private/AddOrder"),
            stop=("POST", "/0/private/AddOrder"),
            cancel=("POST", "/0/private/CancelOrder"),
            open_orders=("POST", "/0/private/OpenOrders"),
            balance=("POST", "/0/private/BalanceEx"),
            silent=(*EVERYWHERE, Answer.HOLLOW, ("EService:Busy",), ("EService:Deadline elapsed",)),
            harmless=("EAPI:Invalid nonce",),
            broke="Insufficient funds",
            tiny=Decimal("0.00004"),
        ),
    )
}
