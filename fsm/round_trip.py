"""A trade that ended, as people read it."""

from __future__ import annotations

from .book import Trade
from .bot import Bot
from .ledger import ZERO, Purpose, average


def round_trip(bot: Bot) -> Trade | None:
    """Without an entry and an exit (coins lost, coins adopted) there is none."""
    ledger = bot.ledger
    bought = ledger.filled(Purpose.ENTRY)
    sold = ledger.filled(Purpose.STOP) + ledger.filled(Purpose.EXIT)
    if not (bought and sold):
        return None
    entry, paid, pnl = average(bought), sum((o.cost for o in bought), ZERO), ledger.flow
    by_stop_alone = not ledger.filled(Purpose.EXIT)
    reason = bot.leave.why if bot.leave and not by_stop_alone else "stop_loss" if pnl < 0 else "take_profit"
    return Trade(
        signal_id=bot.opener,
        opened_at=bought[0].at,
        closed_at=bot.now,
        qty=sum((o.filled for o in bought), ZERO),
        entry_price=entry,
        exit_price=average(sold),
        fees=sum((o.fee_quote + o.fee_base * entry for o in ledger.orders), ZERO),
        pnl=pnl,
        pnl_pct=pnl * 100 / paid if paid else ZERO,
        reason=reason,
    )
