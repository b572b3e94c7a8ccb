"""One message from a bot that does not start, and so has no seat."""

from __future__ import annotations

import asyncio
import html

from telegram import Bot as Api
from telegram.error import TelegramError

from adapters.settings import Settings

from .line import NotDelivered

PATIENCE = 10.0  # seconds


async def tell(settings: Settings, text: str) -> None:
    """Plain text. Raises NotDelivered, and ValueError without TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID."""
    token, chat_id = settings.telegram_bot_token, settings.telegram_chat_id
    if token is None or chat_id is None:
        raise ValueError("Telegram is not configured")
    url = settings.telegram_api_url
    api = Api(token.reveal(), base_url=f"{url}/bot") if url else Api(token.reveal())
    try:
        async with asyncio.timeout(PATIENCE), api:
            await api.send_message(chat_id, html.escape(text, quote=False), parse_mode="HTML")
    except (TelegramError, TimeoutError) as error:  # its text may hold the token
        raise NotDelivered(type(error).__name__) from None
