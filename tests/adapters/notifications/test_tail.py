"""The tail of the journal: at least once, in order, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.notifications import Narrator, Tail, digest, tail
from adapters.runner import Runner
from adapters.store import Entry, Store
from fsm.commands import AnyCommand, Side
from fsm.events import AnyEvent, Booted

from ..driving import BOOT, NOW, signal

pytestmark = pytest.mark.anyio


class Reading:
    """A bot whose journal is being told to a list that can be made to fail."""

    def __init__(self, store: Store) -> None:
        self.store, self.runner = store, Runner(store, lambda: NOW)
        self.told: list[str] = []
        self.failures = 0
        self.broken = False
        self.failing = 0  # so many more sendings
        self.tail: Tail

    async def send(self, text: str) -> None:
        if self.broken or self.failing:
            self.failures += 1
            self.failing = max(self.failing - 1, 0)
            raise ConnectionError("down")
        self.told.append(text)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Tail]:
        narrator = Narrator("BTC/USDT", "testnet", "binance")
        self.tail = Tail(self.store.reader, self.store, self.runner.bell(), narrator, self.send, clock=lambda: NOW)
        task = asyncio.create_task(self.tail.run())
        try:
            yield self.tail
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def fire(self, *inputs: AnyCommand | AnyEvent) -> None:
        for input in inputs:
            self.runner.fire(input)

    async def done(self) -> None:
        await until(lambda: self.tail.idle and self.tail.at == self.store.reader.nth_last_seq(0))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
def reading(store: Store, monkeypatch: pytest.MonkeyPatch) -> Reading:
    monkeypatch.setattr(tail, "FIRST", 0.001)
    monkeypatch.setattr(tail, "SLOWEST", 0.002)
    return Reading(store)


def sells(first: int, last: int) -> list[AnyCommand]:
    """Each is worth one text."""
    return [signal(Side.SELL, f"s{n}", at=NOW + n) for n in range(first, last)]


async def test_it_tells_what_comes_and_moves_its_cursor_after_the_telling(reading: Reading, store: Store) -> None:
    async with reading.running() as tail:
        reading.fire(*BOOT)
        await reading.done()
        assert [text[0] for text in reading.told] == ["🤖"]
        reading.broken = True
        at = tail.at
        reading.fire(*sells(0, 1))
        await until(lambda: reading.failures > 2)
        assert (tail.at, store.reader.cursor("alerts")) == (
            at + 1,
            at,
        )  # the mark was no news, and the SELL is not told
        reading.broken = False
        await reading.done()
    assert len(reading.told) == 2
    assert store.reader.cursor("alerts") == tail.at


async def test_what_was_not_told_is_told_after_a_restart(reading: Reading, store: Store) -> None:
    async with reading.running():
        reading.fire(*BOOT)
        await reading.done()
        reading.broken = True
        reading.fire(*sells(0, 2))
        await until(lambda: reading.failures)
    reading.broken = False
    async with reading.running():
        await reading.done()
    assert len(reading.told) == 3
    async with reading.running():
        await reading.done()
    assert len(reading.told) == 3


async def test_a_crash_before_the_cursor_moved_tells_again_rather_than_never(
    reading: Reading, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "move_cursor", lambda name, seq: None)
    async with reading.running():
        reading.fire(*BOOT)
        await reading.done()
    async with reading.running():
        await reading.done()
    assert [text[0] for text in reading.told] == ["🤖", "🤖"]


async def test_a_cursor_that_cannot_be_moved_does_not_silence_the_rest(
    reading: Reading, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str, seq: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(store, "move_cursor", full)
    async with reading.running():
        reading.fire(*BOOT, *sells(0, 2))
        await reading.done()
    assert len(reading.told) == 3


async def test_each_failure_waits_longer_and_a_success_ends_that(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "SLOWEST", 0.004)
    with capture_logs() as logs:
        async with reading.running() as tail_:
            for failures in (4, 1):
                reading.failing = failures
                tail_.say("hello")
                await until(lambda: tail_.idle)
    pauses = [entry["again_in"] for entry in logs if entry["event"] == "not_told"]
    assert pauses == [0.001, 0.002, 0.004, 0.004, 0.001]


async def test_after_an_outage_a_burst_is_one_digest_in_order(reading: Reading) -> None:
    async with reading.running() as tail:
        reading.broken = True
        reading.fire(*BOOT, *sells(0, 10))
        tail.say("something else")
        reading.fire(*sells(10, 20))
        await until(lambda: reading.failures > 1)
        reading.broken = False
        await reading.done()
    assert len(reading.told) == 1
    title, *lines = reading.told[0].splitlines()
    assert title == "📬 What happened meanwhile (UTC):"
    assert lines[0] == "11-24 16:00:00  🤖 BOT STARTED: Mode: testnet | Exchange: binance | Balance: 10,000.10"
    assert len(lines) == 22
    assert [line[:14] for line in lines[:3]] == ["11-24 16:00:00"] * 3
    assert [line[:14] for line in lines[3:]] == [f"11-24 16:00:{n:02}" for n in range(1, 20)]


async def test_a_journal_of_a_thousand_alerts_is_not_read_into_memory_at_once(reading: Reading) -> None:
    async with reading.running() as tail:
        reading.broken = True
        reading.fire(*BOOT, *sells(0, 1200))
        await until(lambda: reading.failures > 1)
        assert len(tail._pending) <= 600
        reading.broken = False
        await reading.done()
    text = "\n".join(reading.told)
    assert text.count("SIGNAL REJECTED") == 1200
    assert len(reading.told) < 40


async def test_what_is_said_besides_reports_that_it_was_told(reading: Reading) -> None:
    async with reading.running() as tail:
        heard: list[str] = []
        reading.broken = True
        tail.say("hello", lambda: heard.append("told"))
        await until(lambda: reading.failures)
        assert heard == []
        reading.broken = False
        await until(lambda: heard)
    assert reading.told == ["hello"]


async def test_an_entry_that_cannot_be_told_does_not_silence_the_next(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = Narrator.tell

    def broken(self: Narrator, entry: Entry) -> Iterator[str]:
        if isinstance(entry.input, Booted):
            raise KeyError("a bug")
        return tell(self, entry)

    monkeypatch.setattr(Narrator, "tell", broken)
    async with reading.running():
        reading.fire(*BOOT, *sells(0, 1))
        await reading.done()
    assert reading.told == [
        "❌ ERROR: alert — journal entry 1 could not be put into words; see auto-trader journal",
        "⚠️ SIGNAL REJECTED: nothing_to_sell",
    ]


@pytest.mark.parametrize("length", [3000, 5000])
async def test_a_text_that_no_message_can_hold_comes_in_parts(reading: Reading, length: int) -> None:
    long = "".join(chr(0x1F600 + n % 50) for n in range(length))
    async with reading.running() as tail:
        tail.say(long)
        await until(lambda: tail.idle)
    assert all(len(text.encode("utf-16-le")) // 2 <= 4096 for text in reading.told)  # as Telegram counts
    assert "".join(reading.told) == long


@given(st.lists(st.text(min_size=1, max_size=3000), min_size=1, max_size=30))
def test_digests_hold_everything_in_order_and_fit(texts: list[str]) -> None:
    notes = [(NOW, piece) for text in texts for piece in digest.pieces(text)]
    left, found = notes, ""
    while left:
        message, count = digest.digest(left)
        assert count >= 1
        assert len(message.encode("utf-16-le")) // 2 <= 4096
        found += message.removeprefix(digest.TITLE)
        left = left[count:]
    assert found == "".join(f"\n11-24 16:00:00  {piece}" for _, piece in notes)
