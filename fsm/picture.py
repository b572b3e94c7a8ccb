"""What a person wants to know of the bot at one moment. For people: nothing is decided on it."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from .bot import Bot, State
from .breakers import ALARMS, lost
from .ledger import ZERO, Purpose


class Picture(Struct, frozen=True, omit_defaults=True):
    """Quantities in base, prices and money in quote, percentages signed (a loss is negative)."""

    state: State
    why: tuple[str, ...]
    position: Decimal
    entry_price: Decimal | None
    stop_price: Decimal | None
    mark: Decimal | None
    cash: Decimal
    equity: Decimal
    open_pnl: Decimal
    day_pnl: Decimal
    day_pnl_pct: Decimal
    drawdown_pct: Decimal
    streak: int
    unresolved: bool
    alarms: tuple[str, ...] = ()  # what wants a person at this moment, by name


def picture(bot: Bot) -> Picture:
    book, ledger = bot.book, bot.ledger
    stops = [o.trigger for o in ledger.live(Purpose.STOP) if o.trigger is not None]
    return Picture(
        state=bot.state,
        why=bot.why,
        position=ledger.position if bot.sellable(ledger.position) else ZERO,
        entry_price=ledger.entry_price,
        stop_price=max(stops, default=None),
        mark=bot.mark,
        cash=bot.cash,
        equity=bot.equity,
        open_pnl=ledger.flow + ledger.position * (bot.mark or ledger.entry_price or ZERO),
        day_pnl=book.day_pnl,
        day_pnl_pct=book.day_pnl * 100 / book.day_open if book.day_open else ZERO,
        drawdown_pct=min((bot.equity - book.peak) * 100 / book.peak, ZERO) if book.peak else ZERO,
        streak=book.streak,
        unresolved=lost(bot) or any(o.doubts for o in ledger.live()),
        alarms=(*(alarm.__name__ for alarm in ALARMS if alarm(bot)), *(["naked"] if bot.bare_told else [])),
    )
