"""What has to be watched while it happens, because no row of the journal says it: a late loop, coins without a stop."""

from __future__ import annotations

import asyncio
from collections import deque

from fsm.bot import Bot

PERIOD = 0.25  # seconds between two looks at the loop
MEMORY = 60.0  # seconds for which the worst is remembered


class LoopLag:
    """How late the event loop came to what was due, at the worst in the last minute."""

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque()

    async def measure(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD
            await asyncio.sleep(PERIOD)
            self.note(loop.time(), loop.time() - due)

    def note(self, now: float, lag: float) -> None:
        while self._lags and (self._lags[0][0] < now - MEMORY):
            self._lags.popleft()
        while self._lags and self._lags[-1][1] <= lag:  # a worse one makes those before it uninteresting
            self._lags.pop()
        self._lags.append((now, lag))

    @property
    def worst(self) -> float:
        return max(0.0, self._lags[0][1]) if self._lags else 0.0


class Naked:
    """How long coins were bare, all stretches together. Times are the bot's own."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._total = 0.0  # of the stretches that ended

    def look(self, bot: Bot) -> None:
        if self._since is not None and bot.bare_since != self._since:
            self._total += (bot.now if bot.bare_since is None else bot.bare_since) - self._since
        self._since = bot.bare_since

    def stretch(self, now: float) -> float:
        """Seconds of the stretch that lasts."""
        return max(0.0, now - self._since) if self._since is not None else 0.0

    def total(self, now: float) -> float:
        return self._total + self.stretch(now)
