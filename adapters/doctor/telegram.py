"""Whether Telegram takes our messages: two questions to the Bot API, of which the second shows "typing" in the chat."""

from __future__ import annotations

from typing import Any

import httpx

from adapters.settings import Settings

from .findings import Finding, fail, ok, warn

OFFICIAL = "https://api.telegram.org"
PATIENCE = 8.0  # seconds
NAME = "telegram"


class Refused(Exception):
    """Telegram's own words."""


async def telegram(settings: Settings) -> Finding:
    """Never fatal: Telegram may not keep a bot from looking after its position."""
    if settings.telegram_bot_token is None:
        return warn(NAME, "not set: nobody is told anything", "set TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID")
    base = f"{settings.telegram_api_url or OFFICIAL}/bot{settings.telegram_bot_token.reveal()}"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            me = await _ask(http, f"{base}/getMe", {})
            return await _chat(settings, http, base, f"@{me.get('username', '?')}")
    except Refused as error:
        return fail(NAME, f"TELEGRAM_BOT_TOKEN is not accepted: {error}", "copy it again from @BotFather")
    except (httpx.HTTPError, ValueError, LookupError, AttributeError) as error:  # a text may hold the token: not shown
        return fail(NAME, f"does not answer ({type(error).__name__})", "let this machine reach api.telegram.org:443")


async def _chat(settings: Settings, http: httpx.AsyncClient, base: str, name: str) -> Finding:
    chat = settings.telegram_chat_id or 0
    try:
        await _ask(http, f"{base}/sendChatAction", {"chat_id": str(chat), "action": "typing"})
    except Refused as error:
        fix = f"in that group: let {name} in" if chat < 0 else f"open {name} in Telegram and press Start"
        return fail(NAME, f"{name} may not write to TELEGRAM_CHAT_ID: {error}", f"{fix}; is the number right?")
    if chat < 0 and not settings.telegram_user_ids:
        return warn(NAME, f"{name} may write; but in a group nobody may command", "set TELEGRAM_USER_IDS")
    return ok(NAME, f"{name} answers and may write to the chat")


async def _ask(http: httpx.AsyncClient, url: str, data: dict[str, str]) -> dict[str, Any]:
    answer = await http.post(url, data=data)
    body = answer.json()
    if not body["ok"] and answer.status_code in (400, 401, 403, 404):
        raise Refused(body["description"])
    answer.raise_for_status()
    return body["result"] if isinstance(body["result"], dict) else {}
