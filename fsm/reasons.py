"""What a person is told when a guard refuses a command. A guard that is not here has nothing to add."""

from __future__ import annotations

from collections.abc import Callable

from .bot import Bot
from .breakers import accounted, daily_loss_breached, lost, no_breach, orphaned, testnet_wiped
from .cover import bare
from .guards import (
    buy,
    cooled,
    engaged,
    flat,
    fresh,
    guarded,
    holding,
    last_signal,
    our_pair,
    priced,
    quiet,
    sell,
)


def not_while(bot: Bot) -> str:
    return f"not while {bot.state.value}" + (f": {', '.join(bot.why)}" if bot.why else "")


def _breach(bot: Bot) -> str:
    book, limits = bot.book, bot.limits
    if daily_loss_breached(bot):
        pct = book.day_pnl * 100 / book.day_open
        return f"daily loss {pct:.1f} % <= -{limits.daily_loss_pct} % until 00:00 UTC"
    fall = (bot.equity - book.peak) * 100 / book.peak
    return f"drawdown {fall:.1f} % <= -{limits.drawdown_pct} %"


def _unexplained_account(bot: Bot) -> str:
    if testnet_wiped(bot):
        return "the test network was wiped: begin with a new database"
    if orphaned(bot):
        return f"an orphan waits for a decision: {bot.orphan} coins, {len(bot.strays)} orders"
    if lost(bot):
        return "an order has no answer yet"
    return "the account has not been audited yet"


WHY: dict[Callable[[Bot], bool], Callable[[Bot], str]] = {
    buy: lambda bot: "nothing_to_sell",
    sell: lambda bot: "position_already_open" if engaged(bot) else not_while(bot),
    our_pair: lambda bot: f"pair_unavailable: {last_signal(bot).symbol} is not {bot.pair}",
    fresh: lambda bot: (
        f"stale_signal: {bot.now - last_signal(bot).stamp:.0f} s old, at most {bot.limits.max_age:.0f} s"
    ),
    cooled: lambda bot: f"cooling_down: {bot.limits.cooldown - bot.now + bot.book.lost_at:.0f} s left",
    engaged: lambda bot: "" if buy(bot) else "nothing_to_sell",
    flat: lambda bot: f"position still closing: {bot.ledger.position}",
    quiet: lambda bot: f"{len(bot.ledger.live())} orders still live",
    guarded: lambda bot: f"{bare(bot)} without a confirmed stop",
    holding: lambda bot: f"already leaving: {bot.leave.why if bot.leave else 'killed'}",
    no_breach: _breach,
    accounted: _unexplained_account,
    orphaned: lambda bot: "there is no orphan",
    priced: lambda bot: "no price has been seen yet",
}
