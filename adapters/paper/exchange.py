"""The paper exchange itself: the simulated venue under the real one's rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from adapters.simulator import Account, Sight, SimulatedExchange, SimulatedKraken
from adapters.simulator.tape import Tape

from .source import Page, Terms

REMEMBERED = 1000  # public trades that nobody but the day's ticker asks for


class Plan(Struct, frozen=True):
    """What is known of a paper account before the market is."""

    pair: str
    account: Account
    balance: Decimal  # in quote, of an account that is new
    database: Path
    clock: Callable[[], float]  # epoch seconds


def found(plan: Plan, terms: Terms, newest: Page) -> SimulatedExchange:
    """Open the exchange: as it was left, or new, and then it begins with the newest trade."""
    make = SimulatedExchange if terms.pair is None else SimulatedKraken
    exchange = make.create(
        plan.pair,
        balances={plan.pair.split("/")[1]: plan.balance},
        price=newest.trades[-1].price,
        account=plan.account,
        database=plan.database,
        clock=plan.clock,
        fees=terms.fees,
        rules=terms.rules,
    )
    market = exchange.market
    market.observe(Sight(cursor=market.state.cursor or newest.cursor))  # an empty book, rather than a synthetic one
    exchange.tape = Tape(REMEMBERED)
    exchange.tape.print(market.price, terms.rules.min_quantity, market.now())
    return exchange


def apply(exchange: SimulatedExchange, terms: Terms) -> None:
    """Rules and commissions as they are now, and trading as far as the venue trades. On opening, a stop that the price
    has passed sells into the book, so look at the market first."""
    exchange.rules = terms.rules
    market = exchange.market
    market.tick, market.lot = terms.rules.tick, terms.rules.lot
    market.fees = market.purse.fees = terms.fees
    if isinstance(exchange, SimulatedKraken) and terms.pair is not None:
        exchange.pair = terms.pair
    if market.state.phase is not terms.phase:
        market.set_phase(terms.phase)


def triggers(exchange: SimulatedExchange, page: Page) -> bool:
    """Whether one of the trades reaches a waiting stop, so that it will want a deep book."""
    stops = [order.stop_price for order in exchange.market.open_orders() if order.waiting]
    prices = [trade.price for trade in page.trades]
    return bool(stops and prices) and min(prices) <= max(stops)
