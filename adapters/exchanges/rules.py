"""Binance's rules for one symbol, and the prices that they let a protective order have.

Binance's pages "Filters" (filters.md) and "Exchange information" (rest-api.md). All prices are in quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from typing import Any

from msgspec import Struct

from fsm.events import Market
from fsm.ledger import ZERO

TAKER_FEE = Decimal("0.001")  # Binance's highest standard rate, until the account's own is known
NO_LIMIT = Decimal(3)  # a price factor where the symbol has none: high enough never to be reached soon


class Rules(Struct, frozen=True):
    symbol: str
    base: str
    quote: str
    market: Market
    trading: bool
    types: frozenset[str]  # order types that the symbol takes
    lists: bool  # OCO allowed
    opo: bool  # an order may pay for another
    ceiling: Decimal  # a SELL may ask at most this many times the average price
    floor: Decimal  # and at least this many
    lowest: Decimal
    highest: Decimal


def read(body: Mapping[str, Any], symbol: str, fee: Decimal = TAKER_FEE, *, atomic: bool = False) -> Rules:
    """From exchangeInfo. `atomic`: entries are to carry their stops, where the symbol lets them.

    Raises KeyError, ValueError and ArithmeticError for what is no such thing.
    """
    info = {row["symbol"]: row for row in body["symbols"]}[symbol]
    filters = {row["filterType"]: row for row in info["filters"]}
    price, lot = filters["PRICE_FILTER"], filters["LOT_SIZE"]
    rough = filters.get("MARKET_LOT_SIZE", {})
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    percent = filters.get("PERCENT_PRICE_BY_SIDE") or filters.get("PERCENT_PRICE") or {}
    opo = bool(info.get("otoAllowed") and info.get("opoAllowed"))  # both: opo.md
    return Rules(
        symbol=symbol,
        base=info["baseAsset"],
        quote=info["quoteAsset"],
        market=Market(
            lot=max(Decimal(lot["stepSize"]), Decimal(rough.get("stepSize", 0))).normalize(),
            tick=Decimal(price["tickSize"]).normalize(),
            min_qty=max(Decimal(lot["minQty"]), Decimal(rough.get("minQty", 0))).normalize(),
            min_notional=Decimal(notional.get("minNotional", 0)),
            fee=fee,
            attached=atomic and opo,
            locks=True,
        ),
        trading=info["status"] == "TRADING",
        types=frozenset(info["orderTypes"]),
        lists=bool(info.get("ocoAllowed", True)),
        opo=opo,
        ceiling=Decimal(percent.get("askMultiplierUp") or percent.get("multiplierUp") or NO_LIMIT),
        floor=Decimal(percent.get("askMultiplierDown") or percent.get("multiplierDown") or 0),
        lowest=Decimal(price["minPrice"]),
        highest=Decimal(price["maxPrice"]),
    )


def taker_fee(body: Mapping[str, Any]) -> Decimal:
    """From account/commission: standard, special and tax rates add up, and so do those of a taker and of a side."""
    kinds = [body[kind] for kind in ("standardCommission", "specialCommission", "taxCommission") if kind in body]
    rates = [Decimal(k["taker"]) + max(Decimal(k.get("buyer", 0)), Decimal(k.get("seller", 0))) for k in kinds]
    return sum(rates, ZERO)


def far_above(rules: Rules, price: Decimal) -> Decimal:
    """Half-way up to the highest price that the venue takes: the upper leg of an OCO is not meant to fill."""
    top = price * rules.ceiling
    if rules.highest > 0:
        top = min(top, rules.highest)
    return on_tick(rules, (price + top) / 2)


def far_below(rules: Rules, price: Decimal, trigger: Decimal, qty: Decimal) -> Decimal:
    """The limit of a stop that must be one: well under the trigger, so that a gap still fills it.

    Never under the venue's lowest price, nor so low that the order would be worth less than the smallest order.
    """
    deep = on_tick(rules, (trigger + max(price * rules.floor, rules.lowest)) / 2)
    worth = rules.market.min_notional / qty if qty > 0 else ZERO
    enough = (worth / rules.market.tick).to_integral_value(ROUND_CEILING) * rules.market.tick
    return min(max(deep, enough, rules.market.tick), trigger)


def on_tick(rules: Rules, price: Decimal) -> Decimal:
    return (price / rules.market.tick).to_integral_value(ROUND_DOWN) * rules.market.tick


def plain(value: Decimal) -> str:
    """A number as Binance reads it: no exponent, no needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
