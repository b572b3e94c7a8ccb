"""The hop clock: when each signal came to each hop on its way, and what its order paid beside what the alert said.

Written in the transaction of the decision that tells it. Nothing is decided on these rows.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, convert
from msgspec.structs import astuple, replace
from sqlite_utils import Database

from fsm.bot import State
from fsm.commands import Side, Signal
from fsm.effects import Place
from fsm.events import Assessed, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose
from fsm.step import Decision

STAMPS = ("fired", "received", "journaled", "assessed", "sent", "acknowledged", "filled", "protected")
PURPOSES = {Side.BUY: Purpose.ENTRY, Side.SELL: Purpose.EXIT}


class Hops(Struct, frozen=True):
    """One signal that was taken in. Stamps are seconds since the epoch, UTC; None: it did not come so far.

    `journaled`: the decision is written, and its first effect sets out. `sent`: the order is decided, and sets out as
    soon as that is durable. `acknowledged`: the first answer about it is here, `filled`: the last. `protected`: all
    that was bought is watched by a confirmed stop.
    """

    seq: int  # of the signal's row in the journal
    touched: int  # the journal's row that last told something
    side: Side
    signal_id: str
    fired: float
    received: float
    alert_price: Decimal | None = None
    journaled: float | None = None
    assessed: float | None = None
    cid: str | None = None
    sent: float | None = None
    acknowledged: float | None = None
    filled: float | None = None
    fill_price: Decimal | None = None
    protected: float | None = None

    @property
    def complete(self) -> bool:
        return (self.protected if self.side is Side.BUY else self.filled) is not None

    @property
    def slippage_pct(self) -> Decimal | None:
        """Of the alert's price; what made it worse for us is positive."""
        if not self.alert_price or self.fill_price is None:
            return None
        worse = self.fill_price - self.alert_price
        return (worse if self.side is Side.BUY else -worse) * 100 / self.alert_price


def write_hops(db: Database, d: Decision) -> None:
    signal = d.input
    if isinstance(signal, Signal) and d.accepted:
        taken = (signal.side, signal.signal_id, signal.stamp, signal.at, signal.price)
        _put(db, Hops(d.bot.seq, d.bot.seq, *taken))
    for side in Side:
        if not _under_way(d, side):
            continue
        row = db.execute("SELECT * FROM hops WHERE side = ? ORDER BY seq DESC LIMIT 1", [side]).fetchone()
        if row is None:
            continue
        hops = from_row(row)
        if (news := told(hops, d)) != hops:
            _put(db, replace(news, touched=d.bot.seq))


def from_row(row: tuple[object, ...]) -> Hops:
    """Of the table, column by column."""
    return convert(dict(zip(Hops.__struct_fields__, row, strict=True)), Hops)


def told(hops: Hops, d: Decision) -> Hops:
    """What a decision tells of the latest signal of its side."""
    if hops.signal_id not in _under_way(d, hops.side):
        return hops
    answer, now = d.input, d.bot.now
    new: dict[str, object] = {}
    if isinstance(answer, Assessed | OrderSeen | OrderUnresolved) and (answer.began or 0.0) >= hops.received:
        new["journaled"] = answer.began
    if isinstance(answer, Assessed) and answer.signal_id == hops.signal_id:
        new["assessed"] = now
    for effect in d.effects:
        if isinstance(effect, Place) and effect.purpose is PURPOSES[hops.side]:
            new |= {"cid": effect.cid, "sent": now}
    if isinstance(answer, OrderSeen) and answer.cid == hops.cid:
        new["acknowledged"] = now
    for order in d.orders:
        if order.cid == hops.cid and order.final and order.filled:
            new |= {"filled": now, "fill_price": order.cost / order.filled}
    if hops.side is Side.BUY and d.bot.state is State.IN_POSITION:
        new["protected"] = now
    return replace(hops, **{name: value for name, value in new.items() if getattr(hops, name) is None})


def _under_way(d: Decision, side: Side) -> set[str]:
    """The signals of that side that are on their way, or were until now. Of most decisions: none."""
    bots = (d.before, d.bot)
    if side is Side.SELL:
        return {bot.leave.signal_id for bot in bots if bot.leave} - {""}
    return {bot.signal.signal_id for bot in bots if bot.signal} | {bot.opener for bot in bots} - {""}


def _put(db: Database, hops: Hops) -> None:
    texts = (str(value) if isinstance(value, Decimal) else value for value in astuple(hops))
    db.execute(f"INSERT OR REPLACE INTO hops VALUES ({', '.join('?' * len(hops.__struct_fields__))})", tuple(texts))  # noqa: S608
