"""Binance's public market data, as the source of a paper market.

Pages "Exchange information", "Order book" and "Compressed/Aggregate trades list" (rest-api.md), "Filters" (filters.md).
Aggregate trades lose nothing that matters: those of one price, one moment and one taker are put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.simulator import Fees, OrderType, Phase, Rules, Trade

from .source import Book, Page, Terms, Unlisted, positive, sane, side
from .wire import Away, Wire, readable

LIMIT = 1000  # trades a page
INVALID_SYMBOL = -1121
FEES = Fees(taker=Decimal("0.001"), maker=Decimal("0.001"))  # the standard schedule, VIP 0, without the BNB discount


class Binance:
    """One pair ("BTC/USDT")."""

    def __init__(self, wire: Wire, pair: str) -> None:
        self._wire, self._symbol = wire, pair.replace("/", "")

    async def terms(self) -> Terms:
        body = await self._get("exchangeInfo")
        with readable("exchangeInfo"):
            (info,) = body["symbols"]
            known = info["status"] in Phase.__members__
            return Terms(rules(info), FEES, Phase(info["status"]) if known else Phase.BREAK)

    async def newest(self) -> Page:
        page = _page(await self._get("aggTrades", limit=1), 1)
        if not page.trades:
            raise Away("nothing was ever traded")
        return Page(page.trades, page.cursor, last=True)

    async def since(self, cursor: str) -> Page:
        found = _page(await self._get("aggTrades", limit=LIMIT, fromId=int(cursor) + 1), LIMIT)
        return found if found.trades else Page((), cursor, last=True)

    async def book(self, levels: int) -> Book:
        body = await self._get("depth", limit=levels)
        with readable("depth"):
            return sane(Book(side(body["bids"], bids=True), side(body["asks"], bids=False)))

    async def _get(self, name: str, **params: str | int) -> Any:
        status, body = await self._wire.get(f"/api/v3/{name}", symbol=self._symbol, **params)
        if status == 200:
            return body
        code = body.get("code") if isinstance(body, dict) else None
        if code == INVALID_SYMBOL:
            raise Unlisted(self._symbol)
        raise Away(f"Binance answered HTTP {status}, code {code}")


def rules(info: Mapping[str, Any]) -> Rules:
    """The symbol's filters. Raises KeyError, ValueError and ArithmeticError for what is no such thing."""
    filters = {row["filterType"]: row for row in info["filters"]}
    price, lot = filters["PRICE_FILTER"], filters["LOT_SIZE"]
    rough = filters.get("MARKET_LOT_SIZE", {})
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    percent = filters.get("PERCENT_PRICE_BY_SIDE") or filters.get("PERCENT_PRICE") or {}
    usual = Rules()
    return Rules(
        base=info["baseAsset"],
        quote=info["quoteAsset"],
        order_types=tuple(OrderType(name) for name in info["orderTypes"] if name in OrderType.__members__),
        tick=positive(price["tickSize"]).normalize(),
        min_price=Decimal(price["minPrice"]),
        max_price=positive(price["maxPrice"]),
        lot=max(positive(lot["stepSize"]), Decimal(rough.get("stepSize", 0))).normalize(),
        min_quantity=max(Decimal(lot["minQty"]), Decimal(rough.get("minQty", 0))),
        max_quantity=positive(lot["maxQty"]),
        market_max_quantity=positive(rough.get("maxQty", lot["maxQty"])),
        min_notional=Decimal(notional.get("minNotional", 0)),
        max_notional=Decimal(notional.get("maxNotional", usual.max_notional)),
        multiplier_up=Decimal(percent.get("askMultiplierUp") or percent.get("multiplierUp") or usual.multiplier_up),
        multiplier_down=Decimal(
            percent.get("askMultiplierDown") or percent.get("multiplierDown") or usual.multiplier_down
        ),
        max_orders=int(filters.get("MAX_NUM_ORDERS", {}).get("maxNumOrders", usual.max_orders)),
        max_algo_orders=int(filters.get("MAX_NUM_ALGO_ORDERS", {}).get("maxNumAlgoOrders", usual.max_algo_orders)),
        max_lists=int(filters.get("MAX_NUM_ORDER_LISTS", {}).get("maxNumOrderLists", usual.max_lists)),
        opo=bool(info.get("otoAllowed") and info.get("opoAllowed")),
    )


def _page(rows: Any, limit: int) -> Page:
    with readable("aggTrades"):
        trades = tuple(Trade(positive(row["p"]), positive(row["q"]), int(row["T"])) for row in rows)
        return Page(trades, str(int(rows[-1]["a"])) if rows else "", last=len(rows) < limit)
