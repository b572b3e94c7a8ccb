"""A public feed on record: made from a simulated venue over HTTP, and replayed over HTTP as if it were live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx

from adapters.simulator import Depth, RandomWalk, Regime, SimulatedExchange, SimulatedKraken, serve
from adapters.simulator.http import Delivery, Reply, Request
from adapters.simulator.server import listen

BEGINNING = 1_767_225_600.0
FALLING = (Regime(drift=-0.004, volatility=0.002, length=1000),)
Json = Any


class Hand:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.time = BEGINNING

    def __call__(self) -> float:
        return self.time


@dataclass
class Recording:
    """The answers of the public endpoints, frame by frame; trades are recorded once, with the number visible then."""

    terms: dict[str, Json]  # by path; the same in every frame
    trades: list[Json]
    books: list[tuple[Json, int]] = field(default_factory=list)


async def record(venue: str, moves: Sequence[Sequence[Decimal]], depth: Depth | None = None) -> Recording:
    """One frame at the opening price and one after each group of moves, a second a move."""
    clock = Hand()
    make = SimulatedKraken if venue == "kraken" else SimulatedExchange
    exchange = make.create(price=moves[0][0], clock=clock, depth=depth or Depth(size=Decimal("0.02")))
    async with serve(exchange) as url, httpx.AsyncClient(base_url=url) as http:

        async def get(path: str, **params: str | int) -> Json:
            return (await http.get(path, params=params)).json()

        if venue == "kraken":
            book, tape = ("/0/public/Depth", {"pair": "XBTUSDT", "count": 500}), "/0/public/Trades"
            terms = {path: await get(path) for path in ("/0/public/SystemStatus", "/0/public/AssetPairs")}
        else:
            book, tape = ("/api/v3/depth", {"symbol": "BTCUSDT", "limit": 500}), "/api/v3/aggTrades"
            terms = {"/api/v3/exchangeInfo": await get("/api/v3/exchangeInfo")}
        found = Recording(terms, [])
        for group in ([], *moves):
            for price in group:
                clock.time += 1
                exchange.move(price)
            found.books.append((await get(book[0], **book[1]), len(list(exchange.tape.newest(1000)))))
        if venue == "kraken":
            found.trades = (await get(tape, pair="XBTUSDT", count=1000))["result"]["XBTUSDT"]
        else:
            found.trades = await get(tape, symbol="BTCUSDT", limit=1000)
    exchange.close()
    return found


def walk(seed: int, candles: int) -> list[list[Decimal]]:
    """Groups of moves along a falling random walk, a candle each."""
    history = RandomWalk(seed, regimes=FALLING, tick=Decimal("0.1")).history(candles)
    return [list(candle.path(Decimal("0.1"))) for candle in history]


class Replay:
    """Shows the frame `at`. It can be dead, or answer nonsense; `asked` is what it was asked."""

    def __init__(self, venue: str, recording: Recording) -> None:
        self.venue, self.recording = venue, recording
        self.at = 0
        self.dead = False
        self.instead: Reply | None = None  # of every honest answer
        self.page = 1000
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    async def handle(self, request: Request) -> Reply:
        params = dict(parse_qsl(request.query.decode()))
        self.asked.append((request.path, params))
        assert request.method == "GET"
        assert not {"x-mbx-apikey", "api-key", "authorization"} & {name.lower() for name in request.headers}
        if self.dead:
            return Reply(delivery=Delivery.DROPPED)
        if self.instead is not None:
            return self.instead
        if request.path in self.recording.terms:
            return Reply.json(self.recording.terms[request.path])
        if request.path.endswith(("depth", "Depth")):
            return Reply.json(self._book(int(params.get("limit") or params["count"])))
        return Reply.json(self._kraken_trades(params) if self.venue == "kraken" else self._trades(params))

    @property
    def bids(self) -> list[tuple[Decimal, Decimal]]:
        """Of this frame, best first."""
        body = self._book(500)
        rows = body["result"]["XBTUSDT"]["bids"] if self.venue == "kraken" else body["bids"]
        return [(Decimal(row[0]), Decimal(row[1])) for row in rows]

    @property
    def asks(self) -> list[tuple[Decimal, Decimal]]:
        """Of this frame, best first."""
        body = self._book(500)
        rows = body["result"]["XBTUSDT"]["asks"] if self.venue == "kraken" else body["asks"]
        return [(Decimal(row[0]), Decimal(row[1])) for row in rows]

    @property
    def prices(self) -> list[Decimal]:
        """Of all trades that are visible in this frame."""
        name: Any = 0 if self.venue == "kraken" else "p"
        return [Decimal(row[name]) for row in self._visible()]

    @property
    def cursor(self) -> str:
        """The name of the last visible trade."""
        row = self._visible()[-1]
        return str(_ns(row)) if self.venue == "kraken" else str(row["a"])

    def _visible(self) -> list[Json]:
        return self.recording.trades[: self.recording.books[self.at][1]]

    def _book(self, levels: int) -> Json:
        body = self.recording.books[self.at][0]
        sides = body["result"]["XBTUSDT"] if self.venue == "kraken" else body
        sides = {name: rows[:levels] if isinstance(rows, list) else rows for name, rows in sides.items()}
        return {"error": [], "result": {"XBTUSDT": sides}} if self.venue == "kraken" else sides

    def _trades(self, params: dict[str, str]) -> Json:
        limit = min(int(params["limit"]), self.page if "fromId" in params else 1000)
        if "fromId" in params:
            return [row for row in self._visible() if row["a"] >= int(params["fromId"])][:limit]
        return self._visible()[-limit:]

    def _kraken_trades(self, params: dict[str, str]) -> Json:
        rows = self._visible()
        if "since" in params:
            rows = [row for row in rows if _ns(row) > int(params["since"])][: self.page]
        last = str(_ns(rows[-1])) if rows else params["since"]
        return {"error": [], "result": {"XBTUSDT": rows, "last": last}}


def _ns(row: Json) -> int:
    return round(row[2] * 1000) * 1_000_000


@asynccontextmanager
async def replayed(venue: str, recording: Recording) -> AsyncIterator[Replay]:
    """The recording at an address of this machine."""
    replay = Replay(venue, recording)
    async with listen({"/": replay}, "127.0.0.1", 0) as url:
        replay.url = url
        yield replay


def sold(bids: Sequence[tuple[Decimal, Decimal]], quantity: Decimal) -> Decimal:
    """What a quantity brings, worked out by hand: level by level, before the commission."""
    amount = Decimal(0)
    for price, offered in bids:
        part = min(offered, quantity)
        amount, quantity = amount + price * part, quantity - part
    assert quantity == 0, "the book is not that deep"
    return amount
