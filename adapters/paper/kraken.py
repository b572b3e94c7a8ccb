"""Kraken's public market data, as the source of a paper market.

Pages "Get Tradable Asset Pairs", "Get System Status", "Get Order Book" and "Get Recent Trades" (docs.kraken.com).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.simulator import FeeIn, Fees, PairRules, Phase, Rules, Trade

from .source import Book, Page, Terms, Unlisted, positive, sane, side
from .wire import Away, Wire, readable

LIMIT = 1000  # trades a page
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
SILENCING = ("EAPI:Rate limit", "EGeneral:Too many requests", "EGeneral:Temporary lockout", "EService:Throttled")
SILENCE = 15.0  # seconds
HIGHEST = (Decimal("0.40"), Decimal("0.25"))  # per cent, taker and maker, where the pair has no schedule
PHASES = {"online": Phase.TRADING, "cancel_only": Phase.CANCEL_ONLY, "post_only": Phase.CANCEL_ONLY}


class Kraken:
    """One pair ("BTC/USDT")."""

    def __init__(self, wire: Wire, pair: str) -> None:
        self._wire = wire
        self._base, self._quote = pair.split("/")
        self._pair = PairRules(base=self._base, quote=self._quote).altname

    async def terms(self) -> Terms:
        system = await self._get("SystemStatus")
        body = await self._get("AssetPairs", pair=self._pair)
        with readable("AssetPairs"):
            (info,) = body.values()
            pair = pair_rules(info, self._base, self._quote)
            states = (PHASES.get(system["status"], Phase.HALT), PHASES.get(info.get("status", "online"), Phase.HALT))
            phase = next((state for state in states if state is not Phase.TRADING), Phase.TRADING)
            return Terms(rules(pair), fees(info), phase, pair)

    async def newest(self) -> Page:
        page = self._page(await self._get("Trades", pair=self._pair))
        if not page.trades:
            raise Away("nothing was ever traded")
        return Page(page.trades[-1:], page.cursor, last=True)

    async def since(self, cursor: str) -> Page:
        return self._page(await self._get("Trades", pair=self._pair, since=cursor, count=LIMIT))

    async def book(self, levels: int) -> Book:
        body = await self._get("Depth", pair=self._pair, count=levels)
        with readable("Depth"):
            (found,) = body.values()
            return sane(Book(side(found["bids"], bids=True), side(found["asks"], bids=False)))

    async def _get(self, name: str, **params: str | int) -> Any:
        status, body = await self._wire.get(f"/0/public/{name}", **params)
        with readable(name):
            errors = [str(error) for error in body["error"] if not str(error).startswith("W")]
            if not errors and status == 200:
                return body["result"]
        if not errors:
            raise Away(f"Kraken answered HTTP {status}")
        if errors[0].startswith(UNKNOWN_PAIR):
            raise Unlisted(self._pair)
        if errors[0].startswith(SILENCING):
            self._wire.hush(SILENCE)
        raise Away(f"Kraken answered {errors[0][:80]}")

    def _page(self, body: Mapping[str, Any]) -> Page:
        """`last` is in nanoseconds, and the next question's `since`, which is exclusive."""
        with readable("Trades"):
            (rows,) = (value for name, value in body.items() if name != "last")
            trades = tuple(Trade(positive(row[0]), positive(row[1]), int(float(row[2]) * 1000)) for row in rows)
            return Page(trades, str(int(body["last"])), last=len(rows) < LIMIT)


def pair_rules(info: Mapping[str, Any], base: str, quote: str) -> PairRules:
    """The pair's steps and minimums. Raises KeyError, ValueError and ArithmeticError."""
    places = int(info["pair_decimals"])
    return PairRules(
        base=base,
        quote=quote,
        price_decimals=places,
        tick=positive(info.get("tick_size") or Decimal(1).scaleb(-places)).normalize(),
        lot_decimals=int(info["lot_decimals"]),
        cost_decimals=int(info.get("cost_decimals", 5)),
        order_min=positive(info["ordermin"]),
        cost_min=Decimal(str(info.get("costmin", 0))),
    )


def rules(pair: PairRules) -> Rules:
    """The same for the matching core."""
    return Rules(
        base=pair.base,
        quote=pair.quote,
        tick=pair.tick,
        lot=Decimal(1).scaleb(-pair.lot_decimals),
        min_quantity=pair.order_min,
        min_notional=pair.cost_min,
    )


def fees(info: Mapping[str, Any]) -> Fees:
    """The pair's schedule at the lowest volume, taken from the quote asset on both sides."""
    schedules = (info.get("fees"), info.get("fees_maker") or info.get("fees"))
    rates = [
        Decimal(str(schedule[0][1])) if schedule else usual for schedule, usual in zip(schedules, HIGHEST, strict=True)
    ]
    return Fees(taker=rates[0] / 100, maker=rates[1] / 100, charged_in=FeeIn.QUOTE)
