"""How the bot is, for people and for whatever restarts containers.

Law: `halted` means that a person must act; `degraded` that something is in trouble and the bot copes; else `ok`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from fsm.bot import Bot, State
from fsm.breakers import accounted
from fsm.cover import bare
from fsm.picture import Picture, picture

from .settings import Settings

APART = 2.0  # seconds between our clock and the exchange's; Kraken tells its own to the second
STOPPED = (State.PAUSED, State.HALTED, State.KILLED)


@dataclass(slots=True, kw_only=True)
class Vitals:
    """What the adapters know of the outside; they write it, health reads it. Times are seconds since the epoch."""

    started_at: float
    exchange_connected: bool = False
    telegram: str | None = None  # what is wrong with it, in words
    database: str | None = None  # what is wrong with it, in words
    last_signal_time: float | None = None
    drift: float | None = None  # seconds that our clock is ahead of the exchange's
    troubles: list[str] = field(default_factory=list)  # anything else, in words


class Health(Struct, frozen=True):
    """The body of `GET /health`: exactly these keys."""

    status: Literal["ok", "degraded", "halted"]
    uptime_seconds: int
    active_exchange: str
    exchange_connected: bool
    last_signal_time: str | None  # ISO 8601, UTC
    open_positions: int
    daily_pnl_pct: float  # of the day's opening equity; a loss is negative
    trading_mode: str
    state: str
    reasons: tuple[str, ...]


def health(bot: Bot, vitals: Vitals, settings: Settings, now: float) -> Health:
    """`now` is seconds since the epoch."""
    seen = picture(bot)
    stopped, troubled = tuple(_stopped(bot, seen)), tuple(_troubled(bot, seen, vitals))
    return Health(
        status="halted" if bot.state in STOPPED else "degraded" if troubled else "ok",
        uptime_seconds=max(0, int(now - vitals.started_at)),
        active_exchange=settings.active_exchange,
        exchange_connected=vitals.exchange_connected,
        last_signal_time=_iso(vitals.last_signal_time),
        open_positions=int(seen.position > 0),
        daily_pnl_pct=float(round(seen.day_pnl_pct, 4)) + 0.0,  # never "-0.0"
        trading_mode=settings.trading_mode,
        state=bot.state.value,
        reasons=(*stopped, *troubled),
    )


def _stopped(bot: Bot, seen: Picture) -> list[str]:
    """Why no entries are taken until a person acts."""
    if bot.state not in STOPPED:
        return []
    since = (alarm for alarm in seen.alarms if alarm != "naked")  # alarms that came after what stopped it
    reasons = [_in_words(why, bot, seen) for why in dict.fromkeys((*bot.why, *since))]
    if bare(bot):
        reasons.append(_bare(bot))
    return reasons or [f"the bot is {bot.state.value}"]


def _bare(bot: Bot) -> str:
    return f"{bare(bot)} {bot.pair.split('/')[0]} without a confirmed stop"


def _in_words(why: str, bot: Bot, seen: Picture) -> str:
    limits = bot.limits
    words = {
        "losing_streak": f"{seen.streak} losses in a row: /resume when you have looked",
        "daily_loss_limit": f"daily loss {seen.day_pnl_pct:.2f} % reached the limit of {limits.daily_loss_pct} %",
        "drawdown": f"drawdown reached the limit of {limits.drawdown_pct} %: restart by hand with auto-trader rearm",
        "testnet_wiped": "the test network began anew: go on with a new DATABASE_PATH",
        "orphaned": "coins or orders on the account that nobody can explain: decide with auto-trader orphan",
        "lost": "an order stays without an answer from the exchange",
        "unprotectable": "the exchange refused the protective stop",
        "cannot_leave": "the exchange keeps refusing the exit order, or nobody buys",
    }
    return words.get(why, why)


def _troubled(bot: Bot, seen: Picture, vitals: Vitals) -> list[str]:
    reasons = []
    if not vitals.exchange_connected:
        reasons.append("exchange: not connected")
    if vitals.telegram:
        reasons.append(f"telegram: {vitals.telegram}")
    if vitals.database:
        reasons.append(f"database: {vitals.database}")
    if "naked" in seen.alarms and bot.state not in STOPPED:
        reasons.append(f"position: {_bare(bot)}")
    if seen.unresolved:
        reasons.append("orders: one has no definite answer yet")
    elif not accounted(bot) and bot.state not in STOPPED:
        reasons.append("account: not yet audited, so entries wait")
    if vitals.drift is not None and abs(vitals.drift) > APART:
        which = "ahead of" if vitals.drift > 0 else "behind"
        reasons.append(f"clock: {abs(vitals.drift):.1f} s {which} the exchange's")
    return [*reasons, *vitals.troubles]


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
