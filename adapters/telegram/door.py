"""Who may speak. Stands before every command and every button.

Law: a stranger gets silence, and one counter knows about it.
Law: an edited message is no new command. An old command is not obeyed any more, except `/stop`, which always counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from telegram import Message, Update
from telegram.ext import Application, ApplicationHandlerStop, ContextTypes, TypeHandler

from adapters.settings import Settings

from .line import Line

STALE = 60.0  # seconds
ALWAYS = "/stop"
NOBODY = "telegram: a group without TELEGRAM_USER_IDS: nobody in it may command"

log = structlog.get_logger()


class Door:
    """A private chat has one person in it; in a group only listed people may speak, so without a list nobody may."""

    def __init__(self, settings: Settings, line: Line, clock: Callable[[], float]) -> None:
        self.strangers = 0  # turned away since the start
        self._chat_id, self._user_ids = settings.telegram_chat_id or 0, settings.telegram_user_ids
        self._line, self._clock = line, clock

    @property
    def trouble(self) -> str | None:
        return NOBODY if self._is_group and not self._user_ids else None

    @property
    def _is_group(self) -> bool:
        return self._chat_id < 0

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        application.add_handler(TypeHandler(Update, self._stand), group=-1)

    async def _stand(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Raises ApplicationHandlerStop for everything that may not pass."""
        if update.message is None and update.callback_query is None:
            raise ApplicationHandlerStop
        if not self._knows(update):
            self.strangers += 1
            if self.strangers == 1:  # a flood of them must not fill the log
                log.warning("stranger", chat=update.effective_chat and update.effective_chat.id)
            raise ApplicationHandlerStop
        if update.message is not None and (age := self._age(update.message)) > STALE:
            word = (update.message.text or "").split("@")[0].split()[:1]
            if word != [ALWAYS]:
                self._line.answer(f"That was {age:.0f} s ago, too old to act on. Send it again if you still mean it.")
                raise ApplicationHandlerStop

    def _knows(self, update: Update) -> bool:
        chat, user = update.effective_chat, update.effective_user
        if chat is None or user is None or chat.id != self._chat_id:
            return False
        return not self._is_group or user.id in self._user_ids

    def _age(self, message: Message) -> float:
        return self._clock() - message.date.timestamp()


def by(update: Update) -> str:
    """Who decided it, for the journal."""
    return f"telegram {update.effective_user.name}" if update.effective_user else "telegram"
