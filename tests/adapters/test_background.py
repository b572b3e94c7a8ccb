"""What runs beside ends when it is told to, also where a library swallows that."""

from __future__ import annotations

import asyncio

import pytest

from adapters import background

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN", 0.01)


async def deaf(times: int, heard: list[str]) -> None:
    """As a client that has its answer in the moment in which it is cancelled, and asks the next question."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("cancelled")
            if len(heard) > times:
                raise


async def test_a_swallowed_cancellation_is_repeated() -> None:
    heard: list[str] = []
    async with asyncio.timeout(5), background.beside(deaf(2, heard)):
        await asyncio.sleep(0)
    assert heard == ["cancelled"] * 3


async def test_several_end_together_and_how_does_not_matter() -> None:
    async def fail() -> None:
        raise ValueError

    one, other = asyncio.ensure_future(deaf(1, [])), asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await background.end({one, other})
    assert one.cancelled()
    assert other.done()
    await background.end([])


async def test_what_failed_beside_is_raised_at_the_end() -> None:
    async def fail() -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        async with background.beside(fail()):
            await asyncio.sleep(0)
