"""Puts the seat together, and takes it apart again in whatever state it is."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import structlog
from telegram.constants import ParseMode
from telegram.ext import AIORateLimiter, Application, Defaults
from telegram.request import HTTPXRequest

from adapters.background import end
from adapters.health import Vitals
from adapters.settings import Settings
from adapters.store import Reader

from . import texts
from .commands import Commands
from .door import Door
from .line import Core, Line
from .orphans import Orphans
from .polling import Polling

PATIENCE = 1.0  # seconds for hanging up
os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library warns at every flood limit otherwise

log = structlog.get_logger()


class Telegram:
    """One chat with the operator."""

    def __init__(self, line: Line, orphans: Orphans, door: Door) -> None:
        self._line, self._orphans, self._door = line, orphans, door

    @property
    def strangers(self) -> int:
        """Commands and buttons of people who may not speak here, since the start."""
        return self._door.strangers

    async def send(self, text: str) -> None:
        """Plain text. Raises NotDelivered; then it is for the caller to say it again."""
        await self._line.send(html.escape(text, quote=False), self._orphans.buttons(text))


@contextlib.asynccontextmanager
async def running(
    core: Core, reader: Reader, settings: Settings, vitals: Vitals, clock: Callable[[], float]
) -> AsyncIterator[Telegram]:
    """Alerts and commands while the block lasts. Returns at once, whether Telegram can be reached or not. `clock` gives
    seconds since the epoch. Raises ValueError without TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID."""
    token, chat_id = settings.telegram_bot_token, settings.telegram_chat_id
    if token is None or chat_id is None:
        raise ValueError("Telegram is not configured")
    requests = HTTPXRequest(), HTTPXRequest(connection_pool_size=1)
    application = _build(token.reveal(), settings.telegram_api_url, *requests)
    line = Line(application.bot, token, chat_id, vitals, clock)
    door, orphans = Door(settings, line, clock), Orphans(core, line, clock)
    commands = Commands(core, reader, settings, vitals, line, clock)
    for part in (door, commands, orphans):
        part.register(application)
    troubles = [door.trouble] if door.trouble else []
    vitals.troubles += troubles
    polling = Polling(application, line, chat_id, texts.MENU, clock)
    tasks = [_for_ever(polling.run()), _for_ever(commands.watch())]
    try:
        yield Telegram(line, orphans, door)
    finally:
        await end(tasks)
        await line.close()
        for trouble in troubles:
            vitals.troubles.remove(trouble)
        await _quietly(application.shutdown())
        for request in requests:  # also when the application never came up
            await _quietly(request.shutdown())


def _build(
    token: str, api_url: str | None, request: HTTPXRequest, polling: HTTPXRequest
) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = (
        Application.builder()
        .token(token)
        .job_queue(None)
        .updater(None)
        .defaults(Defaults(parse_mode=ParseMode.HTML))
        .rate_limiter(AIORateLimiter(max_retries=0))
        .request(request)
        .get_updates_request(polling)
    )
    if api_url:
        builder = builder.base_url(f"{api_url}/bot").base_file_url(f"{api_url}/file/bot")
    return builder.build()


def _for_ever(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A part that ends is a bug, and is not to end in silence."""
    task = asyncio.create_task(work)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        log.critical("telegram_part_ended", error=repr(task.exception()))


async def _quietly(ending: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await ending
    except Exception as error:
        log.warning("telegram_hung_up", error=type(error).__name__)
