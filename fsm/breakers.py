"""What stops the trading: alarms that want a human, and the three breakers."""

from __future__ import annotations

from decimal import Decimal

from .bot import Bot
from .gates import daily_loss_limit
from .guards import MAX_EXITS, unprotectable
from .ledger import Purpose, Status

CONFIRM = 5.0  # seconds between the first and the last mark that make a drawdown real
MAX_DOUBTS = 5


def orphaned(bot: Bot) -> bool:
    return bot.sellable(abs(bot.orphan)) > 0 or bool(bot.strays)


def lost(bot: Bot) -> bool:
    """An order stays unanswered. A confirmed stop only degrades health: it still watches."""
    return any(
        o.doubts >= MAX_DOUBTS and not (o.purpose is Purpose.STOP and o.status is Status.OPEN)
        for o in bot.ledger.live()
    )


def cannot_leave(bot: Bot) -> bool:
    return len(bot.ledger.refused(Purpose.EXIT)) >= MAX_EXITS


def testnet_wiped(bot: Bot) -> bool:
    """Not an orphan: there is nothing to decide about an account that is no more."""
    return bot.wiped


ALARMS = (testnet_wiped, orphaned, lost, unprotectable, cannot_leave)


def alarmed(bot: Bot) -> bool:
    return any(alarm(bot) for alarm in ALARMS)


def accounted(bot: Bot) -> bool:
    return bot.audited and not bot.suspect and not any(check(bot) for check in (testnet_wiped, orphaned, lost))


def unaccounted(bot: Bot) -> bool:
    return not accounted(bot)


def sunk(bot: Bot, equity: Decimal) -> bool:
    return bot.book.peak > 0 and equity <= bot.book.peak * (100 - bot.limits.drawdown_pct) / 100


def drawdown_breached(bot: Bot) -> bool:
    """Realised, or open at two marks a while apart: one flash print must not kill."""
    open_loss = bot.sunk_at is not None and bot.marked_at - bot.sunk_at >= CONFIRM
    return not bot.wiped and (open_loss or (not bot.ledger.orders and sunk(bot, bot.cash)))


def daily_loss_breached(bot: Bot) -> bool:
    return bot.book.day_open > 0 and not daily_loss_limit(bot)


def losing_streak(bot: Bot) -> bool:
    return bot.book.streak >= bot.limits.streak


def no_breach(bot: Bot) -> bool:
    return not daily_loss_breached(bot) and not drawdown_breached(bot)
