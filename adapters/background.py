"""Work beside what goes on, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

AGAIN = 1.0  # seconds


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them until they have ended. A library can swallow a cancellation that comes in the moment of an answer
    (seen once in thousands of ends, with a long poll of Telegram's); its task goes on then, and who waits for it, waits
    for ever. How they ended is not looked at."""
    tasks = pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It runs while the block lasts. Raises what it failed with."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end([task])
    if not task.cancelled():
        task.result()
