"""A bot driven by hand: inputs as the exchange would send them, for tests of what stands around the core."""

from __future__ import annotations

from decimal import Decimal as D

from fsm.commands import AnyCommand, Side, Signal
from fsm.effects import Place
from fsm.events import AnyEvent, Assessed, Audited, Booted, Marked, Market, OrderSeen
from fsm.ledger import Report, Status

MARKET = Market(lot=D("0.00001"), tick=D("0.01"), min_qty=D("0.00001"), min_notional=D(5))
NOW = 1_764_000_000.0


def signal(side: Side, signal_id: str, at: float = NOW, stamp: float | None = None, price: D | None = None) -> Signal:
    fired = stamp if stamp is not None else at
    return Signal(at=at, side=side, signal_id=signal_id, stamp=fired, symbol="BTC/USDT", price=price)


BOOT: tuple[AnyCommand | AnyEvent, ...] = (
    Booted(at=NOW, pair="BTC/USDT"),
    Audited(at=NOW, asked=1, base=D(0), cash=D("10000.10"), market=MARKET),
    Marked(at=NOW, price=D(64200)),
)


def assessed(signal_id: str, at: float = NOW) -> Assessed:
    return Assessed(at=at, signal_id=signal_id, price=D(64210), cash=D("10000.10"), market=MARKET)


def filled(place: Place, price: D, at: float = NOW) -> OrderSeen:
    """Filled at once, the fee taken from what was received."""
    cost = place.qty * price
    fees = {"fee_base": place.qty / 1000} if place.purpose == "entry" else {"fee_quote": cost / 1000}
    return OrderSeen(at=at, cid=place.cid, report=Report(Status.FILLED, place.qty, cost, **fees))


def resting(place: Place, at: float = NOW) -> OrderSeen:
    return OrderSeen(at=at, cid=place.cid, report=Report(Status.OPEN))
