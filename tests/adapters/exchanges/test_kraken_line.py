"""Who may speak to Kraken next, and how often."""

import asyncio

import pytest

from adapters.exchanges.kraken_line import CALLS, MELT, PATIENCE, Allowance, Line

from .conftest import Clock

pytestmark = pytest.mark.anyio


async def test_requests_go_one_by_one_and_orders_first() -> None:
    line, went = Line(), []

    async def ask(name: str, urgent: bool) -> None:
        async with line.turn(urgent=urgent):
            went.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(ask("a", False), ask("b", False), ask("c", False), ask("order", True), ask("d", False))

    assert went == ["a", "order", "b", "c", "d"]


async def test_a_stuck_question_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.exchanges.kraken_line.PATIENCE", 0.02)
    line, answer = Line(), asyncio.Event()

    async def stuck() -> None:
        async with line.turn(urgent=False):
            await answer.wait()

    task = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    async with asyncio.timeout(1), line.turn(urgent=True):
        assert not task.done()
        answer.set()
        await task  # what ends late frees nobody's turn but its own
        waiting = asyncio.create_task(stuck())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    assert PATIENCE <= 1


async def test_who_gives_up_waiting_is_passed_over() -> None:
    line = Line()
    async with line.turn(urgent=False):

        async def wait() -> None:
            async with line.turn(urgent=False):
                pass

        gone, next_ = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        gone.cancel()
    async with asyncio.timeout(1):
        await next_
        async with line.turn(urgent=False):
            pass


def test_the_allowance() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    for _ in range(int(CALLS)):
        assert allowance.wait("Balance") == 0
        allowance.spend("Balance")

    assert allowance.wait("AddOrder") == allowance.wait("CancelOrder") == 0
    assert 1 / MELT - 0.1 < allowance.wait("Balance") <= 1 / MELT
    clock.ahead += 1 / MELT
    assert allowance.wait("Balance") == 0
    assert allowance.wait("TradesHistory") > 0
    allowance.exhaust()
    assert allowance.wait("Balance") > 0
