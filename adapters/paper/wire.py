"""Public questions over plain HTTP: no keys, no redirects, and silence when the venue asks for it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

SILENCE = {403: 60.0, 418: 120.0, 429: 10.0}  # seconds, where the venue does not say how many


class Away(Exception):
    """The venue could not be asked, or its answer cannot be read. The text is fit to be shown."""


class Wire:
    """One host. `patience` is in seconds, for a whole answer."""

    def __init__(self, url: str, patience: float) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=patience)
        self._barred = 0.0  # until when nothing is asked (monotonic seconds)

    async def get(self, path: str, **params: str | int) -> tuple[int, Any]:
        """Status and decoded body of an answer in JSON, which may still be the venue's refusal. Raises `Away`."""
        if (left := self._barred - time.monotonic()) > 0:
            raise Away(f"the venue wants silence for {left:.0f} s")
        try:
            reply = await self._http.get(path, params=params)
            body = msgspec.json.decode(reply.content)
        except httpx.HTTPError as error:
            raise Away(f"no answer from {self.url}: {type(error).__name__}") from None
        except msgspec.DecodeError:
            body = None
        if reply.status_code in SILENCE:
            self.hush(_seconds(reply.headers.get("retry-after")) or SILENCE[reply.status_code])
        if body is None or reply.status_code >= 500 or reply.status_code in SILENCE:
            raise Away(f"{self.url} answered HTTP {reply.status_code}")
        return reply.status_code, body

    def hush(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._barred = time.monotonic() + seconds

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """An answer that is not what it should be is as good as none."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        raise Away(f"{what} cannot be read: {type(error).__name__}") from None


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else min(max(0.0, float(text)), 3600.0)
    except ValueError:
        return None
