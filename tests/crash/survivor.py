"""A bot that is started again whenever it has died, and the alerts and people who do not know that it did."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from adapters import control
from fsm.commands import Stop
from tests.end_to_end.process import Ended, Program, command

T = TypeVar("T")
log = logging.getLogger(__name__)
PATIENCE = 180.0  # seconds: an order's absence takes 17 to prove, and the machine may be busy


class Survivor:
    """`lives` counts the starts. `accepted` are the signals that were answered 202: they may not be lost."""

    def __init__(self, program: Program, born: Callable[[int], None]) -> None:
        """`born` is told the first life's process id."""
        self.program, self.lives, self._born = program, 0, born
        self.accepted: list[str] = []

    async def begin(self) -> None:
        """Until the account was audited, in this life or the next."""
        await self._settled("idle")

    async def buy(self) -> None:
        """A strategy that wants to be in: a refused entry (its facts came too late) is followed by another signal."""
        for n in range(4):
            await self.signal("BUY", f"buy-{n}")
            if (await self._settled("in_position", "idle"))["state"] == "in_position":
                return
        raise AssertionError("it never bought")

    async def sell(self) -> None:
        await self.signal("SELL", "sell")
        await self._settled("idle")

    async def stopped_out(self) -> None:
        await self._settled("idle")

    async def decided(self) -> None:
        """The entry is on its way, or was refused."""
        await self._living(lambda: self._report(lambda health: health["state"] != "validating"))

    async def stop(self) -> None:
        """The operator's command, given again if nobody heard it."""
        socket = self.program.folder / "bot.db"

        async def halt() -> None:
            try:
                await asyncio.to_thread(control.ask, socket, Stop(at=0.0, by="crash"))
            except (OSError, ValueError) as error:  # it died before it answered
                raise httpx.ReadError(str(error)) from error

        await self._living(halt)
        await self._settled("halted")
        await self._living(lambda: self._report(lambda _: self._nothing_under_way()))

    def _nothing_under_way(self) -> bool:
        """A halted bot says so at once, and learns only then what became of the entry."""
        database = f"file:{self.program.folder / 'bot.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(database, uri=True)) as db:
            (orders,) = db.execute("SELECT json_extract(bot, '$.ledger.orders') FROM snapshot").fetchone()
        return orders is None

    async def signal(self, side: str, name: str) -> None:
        stamp = datetime.now(UTC).isoformat()

        async def send() -> int:
            while True:
                answer = await self.program.alert(side, name, timestamp=stamp)
                if answer.status_code < 500:
                    return answer.status_code
                await asyncio.sleep(0.1)

        if await self._living(send) == 202:
            self.accepted.append(name)

    async def _settled(self, *states: str) -> dict[str, Any]:
        """One of these states, and nothing is under way."""

        def rests(health: dict[str, Any]) -> bool:
            doubtful = any(reason.startswith(("orders", "account", "position")) for reason in health["reasons"])
            held = health["open_positions"] and health["state"] != "in_position"
            return health["state"] in states and not doubtful and not held

        return await self._living(lambda: self._report(rests))

    async def _report(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return await self.program.until(holds, PATIENCE)

    async def _living(self, act: Callable[[], Awaitable[T]]) -> T:
        """Whatever is done to the bot is done again when it died over it."""
        while True:
            try:
                if self.program.process is None:
                    await self._start()
                with contextlib.suppress(httpx.TransportError):
                    return await act()
                await self._report(lambda _: True)  # it may be dying, and not dead yet
            except Ended:
                log.debug("died in life %d", self.lives)

    async def _start(self) -> None:
        self.lives += 1
        if self.lives > 1:
            self.program.words = command("run")  # a plain life
        pid = await self.program.launch()
        if self.lives == 1:
            self._born(pid)
        await self._report(lambda health: health["status"] in ("ok", "halted"))
