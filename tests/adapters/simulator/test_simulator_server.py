"""The server is a guest on somebody else's event loop."""

import asyncio
import signal
import time

import httpx
import pytest

from adapters.simulator import Answer, Execution, Fault, SimulatedExchange, serve
from tests.adapters.simulator.conftest import RawClient

pytestmark = pytest.mark.anyio

BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


async def test_signals_stay_with_the_host(venue: SimulatedExchange) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async with serve(venue):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_it_stops_at_once_although_a_client_stays_connected(venue: SimulatedExchange) -> None:
    async with httpx.AsyncClient() as http:
        async with serve(venue) as url:
            assert (await http.get(f"{url}/api/v3/ping")).status_code == 200
            started = time.monotonic()

        assert time.monotonic() - started < 0.5
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{url}/api/v3/ping")


async def test_what_was_to_come_late_does_not_outlive_the_server(venue: SimulatedExchange) -> None:
    venue.faults.add(Fault("POST", "/api/v3/order", Answer.HTML_504, Execution.LATE, delay=60))
    before = asyncio.all_tasks()
    async with serve(venue) as url, httpx.AsyncClient(base_url=url) as http:
        await RawClient(http, venue)("POST", "order", **BUY)
        assert len(asyncio.all_tasks() - before) > 1

    assert asyncio.all_tasks() == before


async def test_an_answer_does_not_wait_for_the_clients_acknowledgement(raw: RawClient) -> None:
    """Without TCP_NODELAY every answer takes the 40 ms that Linux may delay an acknowledgement."""
    await raw.http.get("/api/v3/ping")
    started = time.monotonic()

    for _ in range(20):
        await raw.http.get("/api/v3/ping")

    assert time.monotonic() - started < 0.6


async def test_two_venues_do_not_know_each_other(venue: SimulatedExchange) -> None:
    other = SimulatedExchange.create()
    async with serve(venue) as here, serve(other) as there, httpx.AsyncClient() as http:
        await http.put(f"{here}/control/price", json={"price": "50000"})

        assert (await http.get(f"{there}/control/price")).json() == {"price": "64210"}
    other.close()
