"""The commands. Each decides or reads first and answers afterwards, so none waits for another, nor for the network."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import structlog
from telegram import Update
from telegram.ext import Application, ApplicationHandlerStop, CommandHandler, ContextTypes, MessageHandler, filters

from adapters.health import Vitals
from adapters.settings import Settings
from adapters.store import Reader
from fsm.commands import Resume, Stop
from fsm.guards import flat, quiet

from . import texts
from .door import by
from .line import Core, Line

Text = Callable[[], str]
log = structlog.get_logger()


class Commands:
    def __init__(
        self,
        core: Core,
        reader: Reader,
        settings: Settings,
        vitals: Vitals,
        line: Line,
        clock: Callable[[], float],
    ) -> None:
        self._core, self._line, self._clock = core, line, clock
        self._closing = False  # somebody said /stop and is waiting for the end of it
        self._reading: dict[str, Text] = {
            "status": lambda: texts.status(core.bot, settings, vitals, clock()),
            "balance": lambda: texts.balance(core.bot),
            "today": lambda: texts.today(core.bot, reader),
            "trades": lambda: texts.trades(reader),
            "why": lambda: texts.why(core.bot, reader),
            "help": texts.help,
            "start": texts.help,
        }

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        application.add_handler(CommandHandler("stop", self._stop))
        application.add_handler(CommandHandler("resume", self._resume))
        for command, text in self._reading.items():
            application.add_handler(CommandHandler(command, self._read(text)))
        application.add_handler(MessageHandler(filters.COMMAND & filters.ChatType.PRIVATE, self._read(texts.unknown)))
        application.add_error_handler(self._failed)

    async def watch(self) -> None:
        """Tell whoever said /stop when it is over. Until cancelled."""
        bell = self._core.bell()
        while True:
            bell.clear()
            if self._closing and self._settled:
                self._closing = False
                self._line.insist(texts.flat_again(self._core.bot))
            await bell.wait()

    @property
    def _settled(self) -> bool:
        return flat(self._core.bot) and quiet(self._core.bot)

    async def _stop(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        decision = self._core.fire(Stop(at=self._clock(), by=by(update)))
        self._closing |= not self._settled  # the end that was promised before may not be told yet
        await self._core.durable()  # where it is not, an alarm of its own tells so
        self._line.insist(texts.stopped(decision))

    async def _resume(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        decision = self._core.fire(Resume(at=self._clock(), by=by(update)))
        await self._core.durable()
        self._line.insist(texts.resumed(decision))

    def _read(self, text: Text) -> Callable[[Update, ContextTypes.DEFAULT_TYPE], Any]:
        async def read(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
            self._line.answer(text())

        return read

    async def _failed(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        error = context.error
        log.error("telegram_command_failed", error=self._line.words(error) if isinstance(error, Exception) else "")
        self._line.answer(
            f"❌ ERROR: {html.escape(type(error).__name__)} — that did not work; on the machine: auto-trader stop"
        )
        raise ApplicationHandlerStop  # the door itself may have failed: nothing passes
