"""The venue as a server on the caller's event loop."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator, Mapping

import uvicorn

from adapters.simulator.binance import BinanceProtocol
from adapters.simulator.control import Control
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.http import Application, ReachableConnection, Site
from adapters.simulator.kraken import KrakenProtocol
from adapters.simulator.kraken_exchange import SimulatedKraken
from adapters.simulator.protocol import Front

_GRACE_S = 1.0


class _Server(uvicorn.Server):
    """A server which leaves signals to its host program, tells when it is ready and stops without ticking."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready, self.stop = asyncio.Event(), asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections at once and give running requests a moment; uvicorn's own takes 0.2 s at least."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if running := set(self.server_state.tasks):
            _, late = await asyncio.wait(running, timeout=_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def listen(applications: Mapping[str, Application], host: str, port: int) -> AsyncIterator[str]:
    """Serve applications by the prefix of their paths and yield the base address. Raises OSError for a taken port."""
    config = uvicorn.Config(
        Site(applications),
        http=ReachableConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
    with socket.create_server((host, port)) as listener:
        # asyncio does this only for sockets that name their protocol, which these do not: 40 ms an answer without it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.ready.wait()
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.stop.set()
            await running


def front_of(exchange: SimulatedExchange) -> Front:
    """What speaks for a venue in its own protocol. Close it when its server stops."""
    return KrakenProtocol(exchange) if isinstance(exchange, SimulatedKraken) else BinanceProtocol(exchange)


@contextlib.asynccontextmanager
async def serve(exchange: SimulatedExchange, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve a venue and yield its base address; port 0 takes any free one.

    The control surface under `/control/` exists on loopback addresses only. Raises OSError if the port is taken.
    """
    front = front_of(exchange)
    applications: dict[str, Application] = {front.prefix: front}
    if _is_loopback(host):
        applications["/control/"] = Control(exchange)
    async with listen(applications, host, port) as url:
        try:
            yield url
        finally:
            await front.aclose()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
