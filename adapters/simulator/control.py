"""The hand of God, for tests and demonstrations: prices, balances, human trades, faults and the venue's own books.

JSON over HTTP below `/control/`; see `ROUTES`. Numbers are strings, times epoch milliseconds (UTC).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.faults import Fault
from adapters.simulator.http import Reply, Request
from adapters.simulator.orders import ZERO, OrderRequest, OrderType, Side
from adapters.simulator.state import Fate, Passed, Phase, RefusedError


class PriceOrder(msgspec.Struct):
    """Set the last traded price."""

    price: Decimal


class Transfer(msgspec.Struct):
    """Deposit, or with a negative amount withdraw."""

    asset: str
    amount: Decimal


class Wipe(msgspec.Struct):
    """A test network begins anew: what everybody is given."""

    balances: dict[str, Decimal]


class HumanTrade(msgspec.Struct):
    """A market order which somebody places by hand on the same account."""

    side: Side
    quantity: Decimal


class VenueCancel(msgspec.Struct):
    """The venue takes an order off its book unasked."""

    order_id: int


class Conditions(msgspec.Struct, omit_defaults=True):
    """The state of the venue; what is left out stays as it is.

    `status` of the symbol, clock `skew` in seconds, `blind` first queries of every order and `unseen` first seconds
    of its life, `thin` base quantity that the next market order will find, `max_weight` of requests a minute,
    `fates` of the next secondary orders, what becomes of stops that are `passed` already when they are placed, and
    whether waiting stops hold what they would sell (`hold_stops`).
    """

    status: Phase | None = None
    skew: float | None = None
    blind: int | None = None
    thin: Decimal | None = None
    max_weight: int | None = None
    unseen: float | None = None
    fates: list[Fate] = []
    passed: Passed | None = None
    hold_stops: bool | None = None


def get_price(venue: SimulatedExchange, _body: bytes) -> Any:
    """The last traded price."""
    return {"price": venue.market.price}


def put_price(venue: SimulatedExchange, body: bytes) -> Any:
    """Move the market."""
    venue.move(msgspec.json.decode(body, type=PriceOrder).price)
    return get_price(venue, body)


def get_balances(venue: SimulatedExchange, _body: bytes) -> Any:
    """Total, free and locked of every asset."""
    market = venue.market
    return {
        asset: {"total": total, "free": market.free(asset), "locked": market.locked(asset)}
        for asset, total in market.purse.totals.items()
    }


def post_transfer(venue: SimulatedExchange, body: bytes) -> Any:
    """Move money in or out."""
    transfer = msgspec.json.decode(body, type=Transfer)
    venue.market.transfer(transfer.asset, transfer.amount)
    return get_balances(venue, body)


def post_wipe(venue: SimulatedExchange, body: bytes) -> Any:
    """Forget every order and reset the balances; the key stays good, and the price where it is."""
    venue.market.wipe(msgspec.json.decode(body, type=Wipe).balances)
    return get_balances(venue, body)


def post_trade(venue: SimulatedExchange, body: bytes) -> Any:
    """Trade by hand; the order's client id begins with `web_`, as those of Binance's own site do."""
    trade = msgspec.json.decode(body, type=HumanTrade)
    name = f"web_{len(venue.market.state.orders) + 1}"
    request = OrderRequest(side=trade.side, type=OrderType.MARKET, quantity=trade.quantity, client_id=name)
    return venue.market.place(request)


def post_cancel(venue: SimulatedExchange, body: bytes) -> Any:
    """Let the venue expire an open order, with its whole list."""
    return venue.market.cancel(msgspec.json.decode(body, type=VenueCancel).order_id, by_venue=True)


def get_faults(venue: SimulatedExchange, _body: bytes) -> Any:
    """The faults that may still strike."""
    return venue.faults.active()


def post_faults(venue: SimulatedExchange, body: bytes) -> Any:
    """Switch one fault on."""
    venue.faults.add(msgspec.json.decode(body, type=Fault))
    return get_faults(venue, body)


def delete_faults(venue: SimulatedExchange, body: bytes) -> Any:
    """Heal the venue."""
    venue.faults.clear()
    return get_faults(venue, body)


def put_conditions(venue: SimulatedExchange, body: bytes) -> Any:
    """Change the state of the venue."""
    wanted = msgspec.json.decode(body, type=Conditions)
    if wanted.status is not None:
        venue.market.set_phase(wanted.status)
    venue.skew = venue.skew if wanted.skew is None else wanted.skew
    venue.faults.blind = venue.faults.blind if wanted.blind is None else wanted.blind
    venue.market.thin = venue.market.thin if wanted.thin is None else wanted.thin
    venue.limits.max_weight = wanted.max_weight or venue.limits.max_weight
    venue.faults.unseen = venue.faults.unseen if wanted.unseen is None else wanted.unseen
    venue.market.fates.extend(wanted.fates)
    venue.market.passed = wanted.passed or venue.market.passed
    if wanted.hold_stops is not None:
        venue.market.purse.hold_stops = wanted.hold_stops
    return wanted


def get_ledger(venue: SimulatedExchange, body: bytes) -> Any:
    """The venue's own books, and how long the position was naked."""
    state = venue.market.state
    return {
        "balances": get_balances(venue, body),
        "orders": list(state.orders.values()),
        "lists": list(state.lists.values()),
        "fills": state.fills,
        "events": venue.ledger.events(),
        "naked": venue.naked(baseline=ZERO),
    }


ROUTES: Final[dict[tuple[str, str], Callable[[SimulatedExchange, bytes], Any]]] = {
    ("GET", "price"): get_price,
    ("PUT", "price"): put_price,
    ("GET", "balances"): get_balances,
    ("POST", "transfers"): post_transfer,
    ("POST", "wipe"): post_wipe,
    ("POST", "trades"): post_trade,
    ("POST", "cancels"): post_cancel,
    ("GET", "faults"): get_faults,
    ("POST", "faults"): post_faults,
    ("DELETE", "faults"): delete_faults,
    ("PUT", "conditions"): put_conditions,
    ("GET", "ledger"): get_ledger,
}


class Control:
    """Serves the routes. What cannot be done is answered 400 with the reason."""

    def __init__(self, venue: SimulatedExchange) -> None:
        self._venue = venue

    async def handle(self, request: Request) -> Reply:
        """Do what is asked, at once."""
        route = ROUTES.get((request.method, request.path.removeprefix("/control/")))
        if route is None:
            return Reply.json({"error": "no such control"}, status=404)
        try:
            return Reply.json(route(self._venue, request.body))
        except (msgspec.MsgspecError, RefusedError, ValueError) as error:
            return Reply.json({"error": str(error)}, status=400)
