"""What changes by itself, second by second: state, position, breakers, health. Words and figures are made here; the
page only places them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fsm.bot import Bot
from fsm.cover import bare
from fsm.ledger import ZERO, Purpose
from fsm.picture import Picture, picture

from ...figures import duration, money, percent, price, quantity, signed
from ...health import APART, Vitals, health
from ...settings import Settings

Section = dict[str, Any]
SILENT = 5.0  # seconds without a tick or a price that are worth a word


def now(bot: Bot, at: float) -> Section:
    seen = picture(bot)
    return {
        "at": at,
        "heard": bot.now,
        "mark": _number(seen.mark),
        "marked_at": bot.marked_at,
        "price": price(seen.mark),
        "equity": money(seen.equity),
        "cash": money(seen.cash),
        "today": f"{signed(seen.day_pnl)} ({percent(seen.day_pnl_pct)} %)",
        "gain": _sign(seen.day_pnl),
        "worth": float(seen.equity),
    }


def state(bot: Bot, vitals: Vitals, settings: Settings, at: float) -> Section:
    known = health(bot, vitals, settings, at)
    return {"state": bot.state.value, "status": known.status, "reasons": known.reasons, "orphan": _orphan(bot)}


def _orphan(bot: Bot) -> str | None:
    """What is on the account that nobody can explain."""
    parts = []
    if bot.sellable(abs(bot.orphan)) > 0:
        parts.append(f"{bot.orphan.normalize():+f} {_base(bot)}")
    if bot.strays:
        parts.append(f"{len(bot.strays)} open order{'s' if len(bot.strays) > 1 else ''}")
    return " and ".join(parts) or None


def position(bot: Bot) -> Section | None:
    seen = picture(bot)
    if not seen.position:
        return None
    cost = seen.position * (seen.entry_price or ZERO)
    naked = bare(bot)
    entry = next((o for o in bot.ledger.orders if o.purpose is Purpose.ENTRY), None)
    return {
        "quantity": f"{quantity(seen.position)} {_base(bot)}",
        "entry": price(seen.entry_price),
        "stop": price(seen.stop_price) if seen.stop_price is not None else None,
        "distance": _distance(seen),
        "at_risk": _at_risk(seen),
        "pnl": signed(seen.open_pnl),
        "pnl_pct": f"{percent(seen.open_pnl * 100 / cost)} %" if cost else "",
        "gain": _sign(seen.open_pnl),
        "bare": f"{quantity(naked)} {_base(bot)}" if naked else None,
        "leaving": bot.leave.why if bot.leave else None,
        "signal_id": bot.opener,
        "opened_at": entry.at if entry else None,
        "levels": {
            "stop": _number(seen.stop_price),
            "entry": _number(seen.entry_price),
            "mark": _number(seen.mark),
        },
    }


def _distance(seen: Picture) -> str | None:
    """How far the price may still fall before the stop sells."""
    if seen.stop_price is None or not seen.mark:
        return None
    gap = seen.mark - seen.stop_price
    return f"{gap * 100 / seen.mark:.2f} % ({money(gap)})"


def _at_risk(seen: Picture) -> str | None:
    """The result if the stop sold at its price, before its fee."""
    if seen.stop_price is None or seen.mark is None:
        return None
    return signed(seen.open_pnl - seen.position * (seen.mark - seen.stop_price))


def breakers(bot: Bot) -> list[Section]:
    """Used of allowed."""
    seen, limits = picture(bot), bot.limits
    return [
        _gauge("Daily loss", max(-seen.day_pnl_pct, ZERO), limits.daily_loss_pct, " %", "halts until you resume"),
        _gauge("Drawdown", -seen.drawdown_pct, limits.drawdown_pct, " %", "kills: only rearm at the machine helps"),
        _gauge("Losses in a row", Decimal(seen.streak), Decimal(limits.streak), "", "pauses until you resume"),
    ]


def _gauge(name: str, used: Decimal, limit: Decimal, unit: str, then: str) -> Section:
    return {
        "name": name,
        "text": f"{_short(used)}{unit} of {_short(limit)}{unit}",
        "then": then,
        "used": float(min(used / limit, Decimal(1))) if limit else 1.0,
    }


def healths(bot: Bot, vitals: Vitals, settings: Settings, backlog: int, at: float) -> list[Section]:
    """One line a part; `mood` is ok, warn, bad or off. `backlog`: journal rows that were not yet told."""
    return [
        _part("Bot", *_ticking(bot, at)),
        _part("Exchange", *_exchange(bot, vitals, at)),
        _part("Telegram", *_telegram(vitals, settings, backlog)),
        _part("Database", *(("bad", vitals.database) if vitals.database else ("ok", "written and synced"))),
        _part("Clock", *_clock(vitals.drift)),
        *(_part(*_others(trouble)) for trouble in vitals.troubles),
    ]


def _ticking(bot: Bot, at: float) -> tuple[str, str]:
    silent = at - bot.now
    return ("bad", f"no tick for {duration(silent)}") if silent > SILENT else ("ok", "ticking")


def _exchange(bot: Bot, vitals: Vitals, at: float) -> tuple[str, str]:
    age = at - bot.marked_at
    if not vitals.exchange_connected:
        return "bad", "not connected"
    if bot.mark is None:
        return "warn", "connected, no price yet"
    if age > SILENT:
        return "warn", f"connected, the price is {duration(age)} old"
    return ("ok", "connected") if bot.trading else ("warn", "connected, takes cancels only")


def _telegram(vitals: Vitals, settings: Settings, backlog: int) -> tuple[str, str]:
    if settings.telegram_bot_token is None:
        return "off", "not configured"
    if vitals.telegram:
        return "bad", vitals.telegram
    return ("warn", f"{backlog} journal rows to tell") if backlog > 1 else ("ok", "everything told")


def _clock(drift: float | None) -> tuple[str, str]:
    if drift is None:
        return "off", "not compared with the exchange yet"
    mood = "ok" if abs(drift) <= APART else "warn"
    return mood, f"{abs(drift):.2f} s {'ahead of' if drift > 0 else 'behind'} the exchange"


def _others(trouble: str) -> Iterator[str]:
    """'who: what', as any part may write it into the vitals."""
    who, _, what = trouble.partition(": ")
    yield from (who.capitalize(), "warn", what)


def _part(name: str, mood: str, text: str) -> Section:
    return {"name": name, "mood": mood, "text": text}


def _base(bot: Bot) -> str:
    return bot.pair.split("/")[0]


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def _short(value: Decimal) -> str:
    """Two decimals, and none that say nothing."""
    return f"{round(value, 2).normalize():f}"
