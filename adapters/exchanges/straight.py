"""aiohttp's session, without its habit of sending a signed request again to wherever a redirect points."""

from __future__ import annotations

from typing import Any


class Straight:
    def __init__(self, session: Any) -> None:
        self._session = session

    def get(self, url: Any, **how: Any) -> Any:
        return self._session.get(url, allow_redirects=False, **how)

    def post(self, url: Any, **how: Any) -> Any:
        return self._session.post(url, allow_redirects=False, **how)

    def delete(self, url: Any, **how: Any) -> Any:
        return self._session.delete(url, allow_redirects=False, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
