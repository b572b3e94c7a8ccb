"""Secrets that any eight letters of them give away, in any spelling, and everything that must not show one."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.adapters.telegram.botapi import TOKEN

WEBHOOK = "cWbHk_4fQz8Lr2Vt6Yx1Nm5Ks9Gd3Hb7Pj0"
PREVIOUS = "cPrVs_8sHd2Jq6Wc1Xn5Zk9Rf3Tg7Bv0Ml4"
KEY = "cApKy0Qw1Er2Ty3Ui4Op5As6Df7Gh8Jk9Lz0Xc1Vb2Nm3Qa4Ws5Ed6Rf7Tg8Yh9"
SECRET = "cScRtMn1Bv2Cx3Zl4Kj5Hg6Fd7Sa8Po9Iu0Yt1Re2Wq3Lk4Jh5Gf6Ds7Ap8Qz"
DASHBOARD = "cDsBd/5Yk9+Rw3=Ze7Uv1&Nq6%Xt2"
ALL = {
    "WEBHOOK_SECRET": WEBHOOK,
    "WEBHOOK_SECRET_PREVIOUS": PREVIOUS,
    "BINANCE_API_KEY": KEY,
    "BINANCE_API_SECRET": SECRET,
    "TELEGRAM_BOT_TOKEN": TOKEN,  # the number before the colon is the bot's name, and public
    "DASHBOARD_TOKEN": DASHBOARD,
}
PIECE = 8  # letters; so many of a secret are already too many


def pieces(secret: str) -> set[bytes]:
    """What must not be seen: of a secret as it is, written for a URL or for JSON, in another case, in base64."""
    coded = base64.b64encode(secret.encode()).decode()
    written = (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], secret.upper(), secret.lower())
    return {text[n : n + PIECE].encode() for text in (*written, coded) for n in range(len(text) - PIECE + 1)}


@dataclass
class Shown:
    """Everything that anybody can see, by where it was seen."""

    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, place: str, seen: str | bytes) -> None:
        self.places[place] = self.places.get(place, b"") + (seen.encode() if isinstance(seen, str) else seen) + b"\n"

    async def answer(self, response: httpx.Response) -> None:
        """A hook for httpx: head and body of every answer."""
        if "text/event-stream" not in response.headers.get("content-type", ""):
            await response.aread()
            self.add("answers", response.content)
        self.add("answers", repr(sorted(response.headers.multi_items())))

    def folder(self, folder: Path) -> None:
        """The bytes of every file: the database, its log, whatever else the bot left."""
        for file in folder.rglob("*"):
            if file.is_file():
                self.add("files", file.read_bytes())

    def leaks(self) -> list[str]:
        """Which secret is seen where, and what stands around it."""
        return [
            f"{name} in {place}: {seen[max(0, at - 60) : at + 60]!r}"
            for name, secret in ALL.items()
            for place, seen in self.places.items()
            for at in sorted({seen.find(piece) for piece in pieces(secret.rpartition(":")[2])} - {-1})[:1]
        ]
