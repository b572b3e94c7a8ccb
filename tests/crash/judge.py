"""What must be true after a crash, whatever it hit. The exchange's own ledger is the judge, not the bot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from adapters.simulator import Side, SimulatedExchange
from adapters.simulator.orders import STOPS
from adapters.store import Reader, Store
from adapters.verify import verify

CENT = Decimal("0.01")  # Kraken tells costs and fees rounded to 5 decimals
OURS = re.compile("[0-9a-f]{32}")  # a cancelled order may bear the name of its cancel
FIVE = Decimal(5)  # quote: what is worth less cannot be sold


def guarded(exchange: SimulatedExchange) -> Iterator[str]:
    """Of a bot that says it is in position: every unit that could be sold is watched, once."""
    watched = sum((o.remaining for o in exchange.market.open_orders() if o.type in STOPS), Decimal(0))
    held = exchange.balances()["BTC"]
    if held < watched or not _dust(exchange, held - watched):
        yield f"in position with {held} held and {watched} watched"


def flat(exchange: SimulatedExchange) -> Iterator[str]:
    if not _dust(exchange, exchange.balances()["BTC"]):
        yield f"{exchange.balances()['BTC']} left behind"
    if left := exchange.market.open_orders():
        yield f"orders left behind: {[o.client_id for o in left]}"


def books(exchange: SimulatedExchange, database: Path) -> Iterator[str]:
    """They say what the exchange says."""
    with Store(database) as store:
        bot, trades = store.load(), store.reader.trades()
    had, has = Decimal(10_000), exchange.balances()
    if bot.coins != has["BTC"]:
        yield f"{bot.coins} in the books, {has['BTC']} on the account"
    if abs(bot.cash - has["USDT"]) >= CENT:
        yield f"cash {bot.cash} in the books, {has['USDT']} on the account"
    pnl = sum((Decimal(trade["pnl"]) for trade in trades), Decimal(0))
    if abs(pnl - (has["USDT"] - had)) >= CENT:
        yield f"{pnl} told as profit, {has['USDT'] - had} made"
    yield from map(str, verify(database).differences)  # nothing is half written


def once(exchange: SimulatedExchange, database: Path, accepted: list[str]) -> Iterator[str]:
    """No signal was lost, none was answered twice, and each bought once or not at all."""
    reader = Reader.open(database)
    try:
        signals, entries = reader.signals(), reader.entries(limit=100_000)
    finally:
        reader.close()
    if lost := set(accepted) - {row["signal_id"] for row in signals}:
        yield f"accepted and forgotten: {lost}"
    if silent := [row["signal_id"] for row in signals if row["verdict"] is None]:
        yield f"without a verdict: {silent}"
    told = Counter(verdict.signal_id for entry in entries for verdict in entry.verdicts)
    if twice := [name for name, n in told.items() if n != 1]:
        yield f"more than one verdict: {twice}"
    orders = exchange.market.state.orders.values()
    bought = [o for o in orders if o.side is Side.BUY and o.executed]
    opened = [row for row in signals if row["verdict"] == "opened"]
    if len(bought) != len(opened) or len(bought) > 1:
        yield f"bought {len(bought)} times, told of {len(opened)}"
    ours = Counter(o.client_id for o in orders if OURS.match(o.client_id))
    if again := [cid for cid, n in ours.items() if n > 1]:
        yield f"ids used again: {again}"


def _dust(exchange: SimulatedExchange, base: Decimal) -> bool:
    return base * exchange.market.price < FIVE
