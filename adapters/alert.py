"""A test alert, as TradingView would send it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import httpx

from .settings import Settings


def post(base: str, settings: Settings, side: str, now: float) -> tuple[int, str]:
    """Post one alert to a running bot; its status code and body. Raises httpx.HTTPError when nobody answers."""
    alert = {
        "signal": side,
        "symbol": settings.trading_pair,
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(),
        "strategy": "auto-trader signal",
        "signal_id": f"test-{uuid.uuid4()}",
    }
    answer = httpx.post(
        f"{base.rstrip('/')}/webhook", json=alert, headers={"X-Webhook-Secret": settings.webhook_secret.reveal()}
    )
    return answer.status_code, answer.text
