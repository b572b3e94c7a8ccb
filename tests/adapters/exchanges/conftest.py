"""A simulated Binance over real HTTP, and a desk of ours in front of it."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import BinanceClient, Desk, Wire
from adapters.simulator import Depth, SimulatedExchange, serve
from fsm.effects import Place
from fsm.ledger import Purpose

PRICE = Decimal(64000)
TRIGGER = Decimal("62720")
QTY = Decimal("0.05")

_numbers = itertools.count(1)


class Clock:
    """The real time, and jumps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Post(Desk):
    """A desk that shows what its client sent, by ccxt's names of the endpoints."""

    def __init__(self, wire: Wire, client: BinanceClient, clock: Callable[[], float]) -> None:
        super().__init__(client, clock)
        self.wire, self.clock = wire, clock
        self.sent: list[tuple[str, dict[str, Any]]] = []
        call = wire.call

        async def noted(method: str, **params: Any) -> Any:
            self.sent.append((method, params))
            return await call(method, **params)

        wire.call = noted  # type: ignore[method-assign]

    def posts(self) -> list[str]:
        """Requests that could have moved money."""
        return [method for method, _ in self.sent if "Post" in method]

    def place(self, purpose: Purpose, qty: Decimal = QTY, within: float = 5.0, **more: Any) -> Place:
        if purpose is Purpose.STOP:
            more.setdefault("trigger", TRIGGER)
        return Place(cid(), purpose, qty, self.clock() + within, **more)


def cid() -> str:
    """A client order id as the core makes them: 32 hex digits, never the same twice."""
    return f"{next(_numbers):032x}"


@asynccontextmanager
async def desk_at(
    url: str, venue: SimulatedExchange, clock: Callable[[], float], pair: str = "BTC/USDT"
) -> AsyncIterator[Post]:
    wire = Wire(url, venue.account.api_key, venue.account.api_secret, sandbox=True, clock=clock)
    client = BinanceClient(wire, pair, clock)
    wire.open()
    try:
        yield Post(wire, client, clock)
    finally:
        await client.disconnect()


@asynccontextmanager
async def moved_to(target: str, clock: bytes) -> AsyncIterator[str]:
    """A server that sends everybody somewhere else, asking them to repeat their request there. Its `clock` answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        body = clock if path.lower().endswith("time") else b""
        status = "200 OK" if body else f"307 Temporary Redirect\r\nLocation: {target}{path}"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def venue(clock: Clock) -> Iterator[SimulatedExchange]:
    """10,000 USDT at 64,000 without a spread, so that money can be told by heart."""
    exchange = SimulatedExchange.create(price=PRICE, depth=Depth(spread=Decimal(0), size=Decimal(1)), clock=clock)
    yield exchange
    exchange.close()


@pytest.fixture
async def url(venue: SimulatedExchange) -> AsyncIterator[str]:
    async with serve(venue) as base:
        yield base


@pytest.fixture
async def desk(url: str, venue: SimulatedExchange, clock: Clock) -> AsyncIterator[Post]:
    """A desk that knows clock and rules."""
    async with desk_at(url, venue, clock) as found:
        await found.client.connect()
        found.sent.clear()
        yield found


@pytest.fixture
def held(venue: SimulatedExchange) -> Decimal:
    """Coins to protect or to sell."""
    venue.market.transfer("BTC", QTY)
    return QTY
