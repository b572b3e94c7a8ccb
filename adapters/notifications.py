"""What people are told. A tail of the journal with a durable cursor: at least once, in order, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Protocol

import structlog

from adapters.store import Entry
from fsm.actions import NOT_READY
from fsm.book import Trade
from fsm.commands import Signal
from fsm.events import Audited, Booted

CURSOR = "alerts"
Send = Callable[[str], Awaitable[None]]
log = structlog.get_logger()

NEXT = {
    "orphaned": "coins or orders nobody can explain; decide with: auto-trader orphan keep|adopt|exit",
    "lost": "an order has had no answer for a while; the bot keeps asking, check the exchange",
    "unprotectable": "the exchange refuses the stop; the position is being sold",
    "cannot_leave": "the exchange refuses to sell; the bot protects again and retries, check the exchange",
    "losing_streak": "too many losses in a row; look, then /resume",
    "drawdown": "the drawdown limit; everything is sold for good, auto-trader rearm --reason starts again",
}


def money(value: Decimal | None) -> str:
    return "?" if value is None else f"{value:,.2f}"


def signed(value: Decimal) -> str:
    return f"{value:+,.2f}"


class Narrator:
    """Turns journal entries into the alert texts that people know."""

    def __init__(self, pair: str, mode: str, exchange: str) -> None:
        self.pair, self.mode, self.exchange = pair, mode, exchange
        self._booting = False

    def tell(self, entry: Entry) -> Iterator[str]:
        yield from self._boot(entry)
        yield from self._refused(entry)
        yield from self._opened(entry)
        for trade in entry.trades:
            yield self._closed(trade)
        yield from self._stopped(entry)

    def _boot(self, entry: Entry) -> Iterator[str]:
        """Told once the account has been read, so that the balance is the real one."""
        if isinstance(entry.input, Booted):
            self._booting = True
        elif self._booting and isinstance(entry.input, Audited):
            self._booting = False
            balance = money(entry.picture.cash)
            yield f"🤖 BOT STARTED: Mode: {self.mode} | Exchange: {self.exchange} | Balance: {balance}"

    def _refused(self, entry: Entry) -> Iterator[str]:
        silent = {"duplicate_signal", NOT_READY}
        if isinstance(entry.input, Signal) and not entry.accepted and not silent & set(entry.reasons):
            yield f"⚠️ SIGNAL REJECTED: {'; '.join(entry.reasons)}"
        for verdict in entry.verdicts:
            if verdict.outcome == "refused":
                yield f"⚠️ SIGNAL REJECTED: {'; '.join(verdict.reasons)}"

    def _opened(self, entry: Entry) -> Iterator[str]:
        if any(v.outcome == "opened" for v in entry.verdicts):
            p = entry.picture
            yield (
                f"🟢 OPENED: BUY {self.pair} @ {money(p.entry_price)} | "
                f"Size: {p.position.normalize():f} | SL: {money(p.stop_price)}"
            )

    def _closed(self, t: Trade) -> str:
        if t.reason == "stop_loss":
            return f"⛔ STOP LOSS: {self.pair} @ {money(t.exit_price)} | Loss: {money(-t.pnl)}"
        return f"🔴 CLOSED: {self.pair} @ {money(t.exit_price)} | P&L: {signed(t.pnl)} ({t.pnl_pct:+.2f}%)"

    def _stopped(self, entry: Entry) -> Iterator[str]:
        if entry.before == entry.after or entry.after not in ("paused", "halted", "killed"):
            return
        if "daily_loss_limit" in entry.reasons:
            yield f"🚨 DAILY LOSS LIMIT HIT: −{abs(entry.picture.day_pnl_pct):.2f}% | Trading halted"
            return
        words = "; ".join(f"{why}: {NEXT[why]}" if why in NEXT else why for why in entry.picture.why)
        yield f"❌ ERROR: {entry.after} — {words}"


class Cursor(Protocol):
    def move_cursor(self, name: str, seq: int) -> None: ...


class Entries(Protocol):
    def entries(self, after: int = 0, limit: int = 1_000) -> list[Entry]: ...
    def cursor(self, name: str) -> int: ...


class Tail:
    """Tells everything the journal holds and will hold. The cursor moves after the telling: what was told just before a
    crash is told again."""

    def __init__(self, entries: Entries, cursor: Cursor, bell: asyncio.Event, narrator: Narrator, send: Send) -> None:
        self.at = entries.cursor(CURSOR)  # the last seq dealt with
        self._entries, self._cursor, self._bell, self._narrator, self._send = entries, cursor, bell, narrator, send

    async def run(self) -> None:
        """Until cancelled. Raises what `send` raises; call it again to go on where it stopped."""
        while True:
            self._bell.clear()
            for entry in self._entries.entries(after=self.at):
                texts = list(self._narrator.tell(entry))
                for text in texts:
                    await self._send(text)
                self.at = entry.seq
                if texts:
                    self._cursor.move_cursor(CURSOR, self.at)
            await self._bell.wait()
