"""How much, and where the stop belongs: rounded for the venue, always to the careful side."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from .bot import Bot
from .events import Assessed
from .ledger import ZERO

CUSHION = Decimal("0.005")  # what an entry may slip before it costs more than we have


def down(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_DOWN) * step


def known(bot: Bot) -> Assessed:
    """The facts fetched for the signal in judgement."""
    if bot.facts is None:
        raise LookupError("nothing was assessed")
    return bot.facts


def entry_qty(bot: Bot) -> Decimal:
    """Base. Risk a fixed part of the equity between price and stop, capped by what the cash can pay, fees included."""
    facts = known(bot)
    notional = bot.equity * bot.limits.risk_pct / bot.limits.stop_pct
    payable = facts.cash / (1 + facts.market.fee + CUSHION)
    return down(min(notional, payable) / facts.price, facts.market.lot) if facts.price > 0 else ZERO


def dearest(bot: Bot) -> Decimal:
    """Quote. What a unit may cost, on a tick: the size is such that this much can be paid."""
    facts = known(bot)
    return down(facts.price * (1 + CUSHION), facts.market.tick)


def stop_price(bot: Bot, entry: Decimal) -> Decimal:
    """Quote. The stop belongs this far under the entry, on a tick, rounded away from the market."""
    tick = bot.facts.market.tick if bot.facts else bot.market.tick
    return down(entry * (100 - bot.limits.stop_pct) / 100, tick)
