"""The way in: asks Telegram for updates, for ever, and notices what is wrong with the asking.

Our own loop, because the library's ends silently at a revoked token and waits up to 30 s after an outage.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from telegram import BotCommand, BotCommandScopeChat
from telegram.error import Conflict, RetryAfter, TelegramError
from telegram.ext import Application

from adapters.figures import duration

from .line import Line, silence

POLL = 10  # seconds that Telegram holds a question open
DEADLINE = POLL + 15.0  # seconds after which a question counts as lost, whatever the library thinks
FIRST, SLOWEST = 0.5, 10.0  # seconds until the next try; this late a `/stop` may be after an outage
OUTAGE = 60.0  # seconds; a shorter one is not worth a message
RIVAL_GONE = 60.0  # seconds without a conflict
UPDATES = ["message", "callback_query"]  # and no edited messages

log = structlog.get_logger()


class Polling:
    """`menu` is what the chat offers for typing: command to explanation."""

    def __init__(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        line: Line,
        chat_id: int,
        menu: dict[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._application, self._line, self._chat_id, self._menu, self._clock = application, line, chat_id, menu, clock
        self._offset = 0
        self._pause = FIRST
        self._deaf_since: float | None = None
        self._rivals = 0  # conflicts in this spell of them
        self._rival_at = float("-inf")
        self._offered = False
        self._proven = False  # the latest question was answered

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._greet()
                while True:
                    await self._ask()
            except Exception as error:
                self._failed(error)
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, SLOWEST)

    async def _greet(self) -> None:
        """Raises when Telegram cannot be reached or does not accept the token."""
        await self._application.initialize()
        api = self._application.bot
        if self._rivals or not self._offered:  # a webhook set by somebody takes our updates away
            with contextlib.suppress(TelegramError):
                await api.delete_webhook(drop_pending_updates=False)
        if not self._offered:
            commands = [BotCommand(command, explanation) for command, explanation in self._menu.items()]
            with contextlib.suppress(TelegramError):  # only a convenience
                await api.set_my_commands(commands, scope=BotCommandScopeChat(self._chat_id))
            self._offered = True

    async def _ask(self) -> None:
        """The first question after a silence is not held open, so that it is known at once that it works again."""
        held = POLL if self._proven else 0
        async with asyncio.timeout(DEADLINE):
            updates = await self._application.bot.get_updates(self._offset, timeout=held, allowed_updates=UPDATES)
        self._heard()
        for update in updates:
            self._offset = update.update_id + 1
            await self._application.process_update(update)

    def _heard(self) -> None:
        self._pause, self._proven = FIRST, True
        now = self._clock()
        if self._deaf_since is not None and (silence := now - self._deaf_since) >= OUTAGE:
            self._line.insist(f"✅ RECOVERED: Telegram can be read again after {duration(silence)}")
        self._deaf_since = None
        if now - self._rival_at >= RIVAL_GONE:
            self._rivals = 0
            self._line.receiving(None)

    def _failed(self, error: Exception) -> None:
        words = self._line.words(error)
        log.warning("telegram_deaf", error=words, again_in=self._pause)
        self._line.receiving(words)
        self._proven = False
        if isinstance(error, RetryAfter):
            self._pause = max(self._pause, silence(error))
        if isinstance(error, Conflict):
            self._rival()
        elif self._deaf_since is None:
            self._deaf_since = self._clock()

    def _rival(self) -> None:
        """One conflict is a restart of ourselves; the second is somebody else."""
        self._rivals += 1
        self._rival_at = self._clock()
        if self._rivals == 2:
            self._line.insist(
                "❌ ERROR: telegram_conflict — another program reads this bot's messages, so commands may get lost. "
                "Stop it, or give this bot a token of its own from @BotFather. Trading and alerts go on"
            )
