"""A value that must not be seen: it prints as stars, and refuses to be written anywhere by accident."""

from __future__ import annotations

import hmac
from typing import NoReturn, SupportsIndex

MASK = "***"


class Secret:
    """Text that only `reveal()` gives away.

    `repr`, `str` and `format` are masked. Pickling raises TypeError, and so does msgspec, which does not know the
    type. Equality takes the same time wherever the texts differ.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")
