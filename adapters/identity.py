"""Whose account a configuration trades, as the database is stamped with it."""

from __future__ import annotations

import hashlib

from .settings import Settings
from .store import Identity


def identity(settings: Settings) -> Identity:
    key = settings.api_key.reveal() if settings.api_key else "paper"
    return Identity(
        venue=settings.active_exchange,
        mode=settings.trading_mode,
        pair=settings.trading_pair,
        key_fingerprint=hashlib.sha256(key.encode()).hexdigest()[:16],
    )
