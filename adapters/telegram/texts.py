"""What the commands answer, as pure functions of what is known. HTML, as Telegram reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from html import escape

from adapters import verdicts
from adapters.figures import money, percent, price, quantity, signed
from adapters.health import Vitals, health
from adapters.settings import Settings
from adapters.store import Reader
from fsm.bot import Bot, State
from fsm.cover import bare
from fsm.guards import flat, quiet
from fsm.ledger import ZERO
from fsm.picture import Picture, picture
from fsm.step import Decision

MENU = {
    "status": "state and why, position, today, breakers",
    "balance": "cash, coins, equity",
    "today": "today's trades and result",
    "trades": "the last ten trades",
    "why": "the last signal, gate by gate",
    "stop": "halt now and sell what is held",
    "resume": "trade again",
    "help": "what there is",
}
TICKS = {True: "✅", False: "❌", None: "▫️"}  # a gate passed, vetoed, was not asked
SIGNS = {
    State.IDLE: "⚪",
    State.VALIDATING: "🔎",
    State.ORDERING: "⏳",
    State.IN_POSITION: "🟢",
    State.PAUSED: "⏸",
    State.HALTED: "🛑",
    State.KILLED: "☠️",
}
WAYS = {
    State.KILLED: 'Only a person at the machine leaves this: auto-trader rearm --reason "..."',
    State.IDLE: "There is nothing to resume: the next signal is welcome.",
    State.IN_POSITION: "There is nothing to resume: the bot is trading.",
}
CAUSES = {"stop_loss": "⛔", "take_profit": "🎯"}


def status(bot: Bot, settings: Settings, vitals: Vitals, now: float) -> str:
    """`now` is seconds since the epoch."""
    seen, known = picture(bot), health(bot, vitals, settings, now)
    where = f"{bot.pair} · {settings.active_exchange} {settings.trading_mode}"
    lines = [f"{SIGNS[bot.state]} <b>{bot.state.value}</b> · {escape(where)}"]
    lines += [f"• {escape(reason)}" for reason in known.reasons]
    lines += ["", *_position(bot, seen), f"Today: {signed(seen.day_pnl)} ({percent(seen.day_pnl_pct)} %)"]
    return "\n".join([*lines, "", *_breakers(bot, seen)])


def _position(bot: Bot, seen: Picture) -> list[str]:
    if not seen.position:
        return ["No position."]
    base = escape(bot.pair.split("/")[0])
    cost = seen.position * (seen.entry_price or ZERO)
    part = f" ({percent(seen.open_pnl * 100 / cost)} %)" if cost else ""
    stop = f"Stop: {price(seen.stop_price)}" if seen.stop_price is not None else "Stop: none at this moment"
    if seen.stop_price is not None and bare(bot):
        stop += " (not confirmed by the exchange)"
    return [
        f"Position: {quantity(seen.position)} {base} @ {price(seen.entry_price)}",
        f"{stop} · price now {price(seen.mark)}",
        f"Open P&amp;L: {signed(seen.open_pnl)}{part}",
    ]


def _breakers(bot: Bot, seen: Picture) -> list[str]:
    """Used of allowed."""
    limits = bot.limits
    return [
        "<b>Breakers</b>, used of allowed",
        f"Daily loss: {max(-seen.day_pnl_pct, ZERO):.2f} of {limits.daily_loss_pct} %",
        f"Drawdown: {-seen.drawdown_pct:.2f} of {limits.drawdown_pct} %",
        f"Losses in a row: {seen.streak} of {limits.streak}",
    ]


def balance(bot: Bot) -> str:
    if bot.book.cash is None:
        return "The account has not been read yet."
    base, _, quote = (escape(part) for part in bot.pair.partition("/"))
    lines = [
        f"<b>Equity: {money(bot.equity)} {quote}</b>",
        f"Cash: {money(bot.cash)} {quote}",
        f"Coins: {quantity(bot.coins)} {base}" + (f" @ {price(bot.mark)}" if bot.mark else ""),
    ]
    if bot.book.foreign:
        lines.append(f"Not traded: {quantity(bot.book.foreign)} {base}")
    return "\n".join([*lines, f"Realised since the start: {signed(bot.book.realised)} {quote}"])


def today(bot: Bot, reader: Reader) -> str:
    day = datetime.fromtimestamp(bot.now, UTC).date().isoformat()
    row, seen = reader.day(day), picture(bot)
    trades, wins, losses, fees = (row[n] for n in ("trades", "wins", "losses", "fees")) if row else (0, 0, 0, "0")
    return "\n".join(
        [
            f"<b>{day}</b> (UTC)",
            f"Trades: {trades} · won {wins} · lost {losses}",
            f"P&amp;L: {signed(seen.day_pnl)} ({percent(seen.day_pnl_pct)} %) after {money(Decimal(fees))} fees",
            f"Open P&amp;L: {signed(seen.open_pnl)}",
            f"Opened the day with {money(bot.book.day_open)}",
            "",
            *_breakers(bot, seen),
        ]
    )


def trades(reader: Reader) -> str:
    rows = reader.trades(limit=10)
    if not rows:
        return "No trades yet."
    lines = []
    for t in rows:
        pnl, closed = Decimal(t["pnl"]), datetime.fromtimestamp(t["closed_at"], UTC)
        sign = CAUSES.get(t["reason"], "🔴")
        prices = f"{price(Decimal(t['entry_price']))} → {price(Decimal(t['exit_price']))}"
        lines.append(
            f"{sign} {closed:%m-%d %H:%M} {quantity(Decimal(t['qty']))} {prices}: "
            f"<b>{signed(pnl)}</b> ({percent(Decimal(t['pnl_pct']))} %), {escape(t['reason'])}"
        )
    return "\n".join(["<b>Last trades</b>, newest first (UTC)", *lines])


def why(bot: Bot, reader: Reader) -> str:
    """The last signal and the seven gates it met."""
    told = next(iter(verdicts.recent(reader, 1)), None)
    if told is None:
        return "No signal has come yet."
    when = datetime.fromtimestamp(told.at, UTC)
    lines = [
        f"<b>{told.side} {escape(told.signal_id)}</b> at {when:%m-%d %H:%M:%S} UTC",
        f"→ {escape(verdicts.outcome(told))}",
    ]
    answers = verdicts.gates(told, bot.limits)
    return "\n".join(lines + [f"{TICKS[g.passed]} {g.gate}: {escape(g.shown)}" for g in answers])


def stopped(d: Decision) -> str:
    """At once after `/stop`."""
    if not d.accepted:
        return f"☠️ <b>{d.bot.state.value}</b> already, which is more than halted."
    head = f"🛑 <b>HALTED</b> {escape('; '.join(d.bot.why))}."
    if flat(d.bot) and quiet(d.bot):
        return f"{head} Nothing is held and nothing is in flight. Lasts until /resume."
    return f"{head} No entries; what is in flight is called back, what is held is sold. I tell you when it is done."


def flat_again(bot: Bot) -> str:
    """When everything that `/stop` began is over."""
    return f"✅ Flat: nothing is held, nothing is in flight. Still {bot.state.value}; /resume trades again."


def resumed(d: Decision) -> str:
    if d.accepted and d.bot.state not in (State.HALTED, State.PAUSED):
        return f"▶️ <b>RESUMED</b>: {d.bot.state.value}."
    if d.accepted:
        return f"✋ Resumed, and <b>{d.bot.state.value}</b> again: {escape('; '.join(d.bot.why))}"
    refused = f"✋ <b>Refused</b>, still {d.bot.state.value}: {escape('; '.join(d.reasons))}"
    return f"{refused}\n{way}" if (way := WAYS.get(d.bot.state)) else refused


def help() -> str:
    return "\n".join(f"/{command} — {explanation}" for command, explanation in MENU.items())


def unknown() -> str:
    return f"I do not know that one.\n{help()}"
