"""A loopback Bot API server: the real library speaks to it over real HTTP, and tests play the people behind it."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
OWNER = 4242  # a private chat: the chat is the person
TAGS = {"b", "i", "u", "s", "code", "pre", "a"}
MAX_TEXT = 4096  # after entities parsing
Answer = tuple[int, dict[str, Any]]


class Refused(Exception):
    """400 with this description."""


class Markup(HTMLParser):
    """Telegram refuses a text with a tag that it does not know, or that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        if self.open or re.search(r"<(?!/?[a-z]+>)", text):
            raise Refused("Bad Request: can't parse entities")

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in TAGS:
            raise Refused(f"Bad Request: can't parse entities: Unsupported start tag {tag!r}")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused("Bad Request: can't parse entities: Unmatched end tag")


@dataclass
class Sent:
    """A message in the chat, as a person sees it."""

    message_id: int
    chat_id: int
    text: str
    buttons: list[str]  # callback data


@dataclass
class BotApi:
    """`sent` holds what arrived. Switches: `down`/`up`, `revoked`, `rival` (how many getUpdates another reader
    ends), `flood` (by method: seconds of silence asked for, once), `blocked`, `parrot` (the status
    of a proxy that answers with what it was asked), `hold`/`let_go` (of sendMessage).
    """

    sent: list[Sent] = field(default_factory=list)
    edits: list[Sent] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    menu: list[dict[str, str]] = field(default_factory=list)
    revoked: bool = False
    rival: int = 0
    blocked: bool = False
    parrot: int = 0
    flood: dict[str, int] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # the latest getUpdates
    port: int = 0

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._updates: list[dict[str, Any]] = []
        self._next_update = 1000
        self._news = asyncio.Condition()
        self._held = asyncio.Event()
        self._held.set()
        self.delivered: set[int] = set()  # updates that a getUpdates was answered with

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.sent]

    # -- switches
    async def up(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def hold(self) -> None:
        self._held.clear()

    def let_go(self) -> None:
        self._held.set()

    # -- people
    async def say(
        self, text: str, at: float, *, chat: int = OWNER, user: int | None = None, edited: bool = False
    ) -> int:
        """A message, as somebody typed it; returns the update's id."""
        return await self._put({"edited_message" if edited else "message": self._message(text, at, chat, user)})

    async def press(self, data: str, at: float, *, chat: int = OWNER, user: int | None = None) -> int:
        """A button under the latest message."""
        under = {**self._message("an alert", at, chat, user), "message_id": 1}
        query = {"id": "7", "from": _person(user or chat), "message": under, "chat_instance": "1", "data": data}
        return await self._put({"callback_query": query})

    def _message(self, text: str, at: float, chat: int, user: int | None) -> dict[str, Any]:
        command = re.match(r"/\S+", text)
        return {
            "message_id": self._next_update,
            "date": int(at),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "a group"},
            "from": _person(user or chat),
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": len(command[0])}] if command else [],
        }

    async def _put(self, update: dict[str, Any]) -> int:
        self._next_update += 1
        async with self._news:
            self._updates.append({"update_id": self._next_update, **update})
            self._news.notify_all()
        return self._next_update

    # -- HTTP
    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._talks.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1].decode()
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                status, answer = await self._answer(path, dict(parse_qsl(body.decode())))
                payload = json.dumps(answer).encode()
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(payload)}\r\n\r\n".encode() + payload)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()

    async def _answer(self, path: str, params: dict[str, str]) -> Answer:
        method = path.rsplit("/", 1)[1]
        self.calls[method] += 1
        if path != f"/bot{TOKEN}/{method}" or self.revoked:
            return _error(401, "Unauthorized")
        if self.parrot:
            return _error(self.parrot, f"no route for {path}")
        if method == "getUpdates" and self.rival:
            self.rival -= 1
            return _error(409, "Conflict: terminated by other getUpdates request")
        if seconds := self.flood.pop(method, None):
            return _error(429, "Too Many Requests", retry_after=seconds)
        try:
            return 200, {"ok": True, "result": await getattr(self, f"_{method}")(params)}
        except Refused as refusal:
            return _error(400, str(refusal))
        except PermissionError as refusal:
            return _error(403, str(refusal))

    # -- methods, named as in the Bot API
    async def _getMe(self, params: dict[str, str]) -> dict[str, Any]:
        return {"id": 110201543, "is_bot": True, "first_name": "Trader", "username": "trader_bot"}

    async def _getUpdates(self, params: dict[str, str]) -> list[dict[str, Any]]:
        self.asked = params
        offset = int(params.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        try:
            async with asyncio.timeout(float(params.get("timeout", 0))), self._news:
                await self._news.wait_for(lambda: self._updates)
        except TimeoutError:
            return []
        self.delivered |= {update["update_id"] for update in self._updates}
        return self._updates[:100]

    async def _sendMessage(self, params: dict[str, str]) -> dict[str, Any]:
        await self._held.wait()
        if self.blocked:
            raise PermissionError("Forbidden: bot was blocked by the user")
        message = self._show(len(self.sent) + 1, params)
        self.sent.append(message)
        return self._message(message.text, 0, message.chat_id, None)

    async def _sendChatAction(self, params: dict[str, str]) -> bool:
        return True

    async def _editMessageText(self, params: dict[str, str]) -> dict[str, Any]:
        message = self._show(int(params["message_id"]), params)
        self.edits.append(message)
        return self._message(message.text, 0, message.chat_id, None)

    async def _answerCallbackQuery(self, params: dict[str, str]) -> bool:
        return True

    async def _setMyCommands(self, params: dict[str, str]) -> bool:
        self.menu = json.loads(params["commands"])
        return True

    async def _deleteWebhook(self, params: dict[str, str]) -> bool:
        return True

    def _show(self, message_id: int, params: dict[str, str]) -> Sent:
        text = params["text"]
        if params.get("parse_mode") == "HTML":
            Markup(text)
            text = unescape(re.sub(r"</?[a-z]+>", "", text))
        if not text.strip() or len(text.encode("utf-16-le")) // 2 > MAX_TEXT:
            raise Refused("Bad Request: message is empty or too long")
        rows = json.loads(params.get("reply_markup", "{}")).get("inline_keyboard", [])
        return Sent(message_id, int(params["chat_id"]), text, [b["callback_data"] for row in rows for b in row])


def _person(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": f"User {user}", "username": f"user{user}"}


def _error(status: int, description: str, **parameters: Any) -> Answer:
    extra = {"parameters": parameters} if parameters else {}
    return status, {"ok": False, "error_code": status, "description": description, **extra}
