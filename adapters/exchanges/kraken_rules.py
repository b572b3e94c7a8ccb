"""How Kraken calls our pair, and its rules. Bitcoin is XBT there; that name does not leave these files.

Kraken's pages "Get Tradable Asset Pairs", "Get Trade Volume" and "Get Extended Balance"
(https://docs.kraken.com/api/docs/rest-api/get-extended-balance). All prices are in quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from msgspec import Struct

from fsm.events import Market
from fsm.ledger import ZERO

from .base import Balance

TAKER_FEE = Decimal("0.004")  # Kraken's highest standard rate, until the account's own is known
EARNING = "F"  # "XBT.F": coins in auto-earn, seen in freqtrade issue 11118
_ALTNAMES = {"BTC": "XBT", "DOGE": "XDG"}


class Rules(Struct, frozen=True):
    key: str  # the pair in results: XBTUSDT, but XXBTZUSD
    altname: str  # the pair in orders: XBTUSDT, XBTUSD
    names: frozenset[str]  # all it may be called
    base: frozenset[str]  # what its base is called in balances: XXBT, XBT
    quote: frozenset[str]
    market: Market
    trading: bool


def altname(pair: str) -> str:
    """What to call our pair ("BTC/USDT") in a request: XBTUSDT."""
    return "".join(_ALTNAMES.get(asset, asset) for asset in pair.split("/"))


def read(body: Mapping[str, Any], pair: str, fee: Decimal | None = None) -> Rules:
    """From AssetPairs. `fee` is the account's own rate. Raises KeyError, ValueError and ArithmeticError."""
    ((key, info),) = body.items()
    base, quote = (frozenset({asset, _ALTNAMES.get(asset, asset)}) for asset in pair.split("/"))
    steps = Decimal(1).scaleb(-int(info["lot_decimals"]))
    tick = Decimal(str(info.get("tick_size") or Decimal(1).scaleb(-int(info["pair_decimals"]))))
    tier = info.get("fees") or [[0, TAKER_FEE * 100]]
    return Rules(
        key=key,
        altname=info["altname"],
        names=frozenset({key, info["altname"], info.get("wsname", key)}),
        base=base | {info["base"]},
        quote=quote | {info["quote"]},
        market=Market(
            lot=steps,
            tick=tick.normalize(),
            min_qty=Decimal(str(info["ordermin"])),
            min_notional=Decimal(str(info.get("costmin", 0))),
            fee=fee if fee is not None else Decimal(str(tier[0][1])) / 100,
            attached=True,
            locks=False,  # whether a resting stop holds its coins is not documented: nothing may depend on it
        ),
        trading=info.get("status", "online") == "online",
    )


def taker_fee(body: Mapping[str, Any], key: str) -> Decimal:
    """From TradeVolume, where it is in per cent."""
    return Decimal(str(body["fees"][key]["fee"])) / 100


def balance(body: Mapping[str, Mapping[str, str]], rules: Rules) -> tuple[Balance, Decimal]:
    """From BalanceEx: our two assets, and how much of the base lies in auto-earn.

    Auto-earn moves coins under another name ("XBT.F") while the order that holds them still counts under the first, so
    both are one pot: without this a position would seem to vanish. What is staked or bonded (".S", ".M", ".B") cannot
    be sold and is left out.
    """
    base, base_held, earning = _pot(body, rules.base)
    cash, cash_held, _ = _pot(body, rules.quote)
    free_base, free_cash = max(base - base_held, ZERO), max(cash - cash_held, ZERO)
    return Balance(base=base, cash=cash, free_base=free_base, free_cash=free_cash), earning


def _pot(body: Mapping[str, Mapping[str, str]], names: frozenset[str]) -> tuple[Decimal, Decimal, Decimal]:
    total = held = earning = ZERO
    for code, row in body.items():
        stem, _, kind = code.partition(".")
        if stem not in names or kind not in ("", EARNING):
            continue
        amount = Decimal(row["balance"])
        total, held = total + amount, held + Decimal(row.get("hold_trade", 0))
        earning += amount if kind else ZERO
    return total, held, earning


def on_tick(rules: Rules, price: Decimal) -> Decimal:
    """Away from the market: a stop's price is rounded down."""
    return (price / rules.market.tick).to_integral_value(ROUND_DOWN) * rules.market.tick
