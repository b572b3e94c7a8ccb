"""The way out: everything that is said in the chat, and what is wrong with saying it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog
from telegram import Bot as Api
from telegram import InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from adapters.background import end
from adapters.health import Vitals
from adapters.secret import MASK, Secret
from fsm.bot import Bot
from fsm.commands import Resolve, Resume, Stop
from fsm.step import Decision

FIRST, SLOWEST = 0.5, 15.0  # seconds until something that must be said is tried again

log = structlog.get_logger()


class Core(Protocol):
    """The bot, the one way to tell it something, and a bell that rings when something was decided."""

    @property
    def bot(self) -> Bot: ...

    def fire(self, input: Stop | Resume | Resolve, /) -> Decision: ...

    async def durable(self) -> bool: ...

    def bell(self) -> asyncio.Event: ...


class NotDelivered(Exception):
    """Why, in words; never with the token in it."""


class Line:
    """One chat. `texts` are HTML."""

    def __init__(self, api: Api, token: Secret, chat_id: int, vitals: Vitals, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._api, self._token, self._chat_id, self._vitals = api, token, chat_id, vitals
        self._muted_until = float("-inf")  # Telegram asked for silence
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: str | None = None  # what is wrong with it
        self._passing = False  # a trouble that is over when anything works again
        self._receiving: str | None = "not connected yet"
        self._write()

    async def send(self, text: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Raises NotDelivered."""
        if (wait := self._muted_until - self._clock()) > 0:
            raise NotDelivered(f"Telegram asked for silence, {wait:.0f} s more")
        try:
            await self._api.send_message(self._chat_id, text, reply_markup=buttons)
        except RetryAfter as error:
            self._muted_until = self._clock() + silence(error)
            raise self._not_delivered(error) from None
        except Exception as error:
            raise self._not_delivered(error) from None
        self._sending = None
        self._write()

    def answer(self, text: str) -> None:
        """Once. If it is lost, the person asks again. Returns at once."""
        self.spawn(self._try(text))

    def insist(self, text: str) -> None:
        """Until it is delivered. Returns at once."""
        self.spawn(self._until_delivered(text))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """What is not said yet, is not said."""
        await end(self._tasks)
        self._vitals.telegram = None

    def receiving(self, trouble: str | None) -> None:
        """What is wrong with hearing commands."""
        self._receiving = trouble
        if trouble is None and self._passing and self._clock() >= self._muted_until:
            self._sending = None
        self._write()

    def words(self, error: Exception) -> str:
        """What is wrong and what to do about it. A server's text is not trusted to leave the token out."""
        return _words(error).replace(self._token.reveal(), MASK)[:300]

    def _not_delivered(self, error: Exception) -> NotDelivered:
        self._sending = self.words(error)
        self._passing = not isinstance(error, Forbidden | BadRequest | ChatMigrated)
        self._write()
        return NotDelivered(self._sending)

    def _write(self) -> None:
        troubles = dict.fromkeys(t for t in (self._receiving, self._sending) if t)
        self._vitals.telegram = "; ".join(troubles) or None

    async def _try(self, text: str) -> None:
        try:
            await self.send(text)
        except NotDelivered as error:
            log.warning("not_answered", error=str(error))

    async def _until_delivered(self, text: str) -> None:
        pause = FIRST
        while True:
            try:
                return await self.send(text)
            except NotDelivered as error:
                log.warning("not_answered", error=str(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, SLOWEST)


def silence(error: RetryAfter) -> float:
    """Seconds that Telegram asks for."""
    wait = error.retry_after
    return wait.total_seconds() if not isinstance(wait, int | float) else wait


def _words(error: Exception) -> str:
    match error:
        case InvalidToken():
            return "the token is not accepted; get a new one from @BotFather and set TELEGRAM_BOT_TOKEN"
        case Conflict():
            return "another program reads this bot's messages (409); stop it, or give this bot a token of its own"
        case RetryAfter():
            return f"it asks for silence for {silence(error):.0f} s; alerts wait"
        case ChatMigrated():
            return f"the group became a supergroup; set TELEGRAM_CHAT_ID={error.new_chat_id}"
        case Forbidden() | BadRequest():
            return f"it refuses to deliver ({error.message}); write to the bot once, and check TELEGRAM_CHAT_ID"
        case TimedOut() | TimeoutError():
            return "no answer in time; alerts wait"
        case NetworkError():
            return f"not reachable ({error.message}); alerts wait"
        case TelegramError():
            return error.message
        case _:
            return type(error).__name__
