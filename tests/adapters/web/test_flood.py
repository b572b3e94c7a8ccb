"""Five hundred strangers a second at the door, and the owner does not notice.

FLOOD_SECONDS=10 for the full strength; in passing it is shorter.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .front_door import SECRET, FrontDoor, standing

pytestmark = pytest.mark.anyio
SECONDS = float(os.environ.get("FLOOD_SECONDS", "2"))
RATE = 500  # strangers a second
CONNECTIONS = 25
GROWTH = 20 * 2**20  # bytes
PROMPT = 0.2  # seconds


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with standing(tmp_path) as door:
        yield door


class Line:
    """One kept connection, from an address of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def post(self, body: bytes, *headers: str) -> int:
        lines = ("POST /webhook HTTP/1.1", "Host: bot", f"Content-Length: {len(body)}", *headers, "", "")
        self._writer.write("\r\n".join(lines).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head.split(b" ")[1])


@contextlib.asynccontextmanager
async def line_from(address: str, port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def alert(side: str, n: int, secret: str) -> bytes:
    fields = {"signal": side, "symbol": "BTCUSDT", "timestamp": datetime.now(UTC).isoformat(), "signal_id": f"id-{n}"}
    return json.dumps({**fields, "secret": secret}).encode()


async def strangers(port: int, until: float, address: str, answers: Counter[int], dice: random.Random) -> None:
    """One connection's share of the flood. From 127.0.0.1 they come through a proxy that names a new address each
    time."""
    loop = asyncio.get_running_loop()
    async with line_from(address, port) as line:
        due = loop.time()
        while (now := loop.time()) < until:
            if now < due:
                await asyncio.sleep(due - now)
            due += CONNECTIONS / RATE
            body = alert("BUY", dice.randrange(10**9), secret="x" * 40)
            ways = ((), ("X-Webhook-Secret: wrong",))
            answers[await line.post(body, f"X-Forwarded-For: {_address(dice)}", *dice.choice(ways))] += 1


def _address(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return f"2001:db8:{dice.randrange(2**16):x}:{dice.randrange(2**16):x}::1"
    return f"198.{dice.choice((18, 19))}.{dice.randrange(256)}.{dice.randrange(256)}"


async def owner(port: int, until: float, waits: list[float]) -> None:
    """BUY and SELL in turn, each of which is taken: the SELL withdraws the BUY before anything was sent."""
    pause = (until - asyncio.get_running_loop().time()) / 17
    async with line_from("127.0.0.1", port) as line:
        for n in range(16):
            await asyncio.sleep(pause)
            started = time.perf_counter()
            status = await line.post(alert(("BUY", "SELL")[n % 2], n, SECRET))
            waits.append(time.perf_counter() - started)
            assert status == 202


async def test_a_flood_of_strangers(door: FrontDoor, record_property: Callable[[str, object], None]) -> None:
    dice, answers, waits = random.Random(6), Counter[int](), list[float]()
    async with line_from("127.0.0.1", door.port) as warm:
        for _ in range(50):
            assert await warm.post(alert("BUY", 0, "y" * 40), "X-Forwarded-For: 192.0.2.1") in (401, 429)
    before = door.memory()

    until = asyncio.get_running_loop().time() + SECONDS
    addresses = ["127.0.0.1" if n % 2 else f"127.0.0.{n + 2}" for n in range(CONNECTIONS)]
    await asyncio.gather(
        *(strangers(door.port, until, address, answers, dice) for address in addresses),
        owner(door.port, until, waits),
    )

    growth, rate = door.memory() - before, answers.total() / SECONDS
    said = (
        f"{rate:.0f} strangers/s for {SECONDS:.0f} s; the owner waited {statistics.median(waits) * 1000:.1f} ms, "
        f"{max(waits) * 1000:.1f} ms at the most; memory grew by {growth / 2**20:.1f} MiB; answers {dict(answers)}"
    )
    record_property("flood", said)
    print(said)
    assert set(answers) <= {401, 429}
    assert growth < GROWTH
    assert statistics.median(waits) < PROMPT
    if "FLOOD_SECONDS" in os.environ:
        assert rate > 0.95 * RATE
        assert max(waits) < PROMPT
