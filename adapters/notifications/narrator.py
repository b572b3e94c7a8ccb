"""Turns journal entries into the alert texts that people know."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from adapters.figures import money, percent, price, quantity, signed
from adapters.store import Entry
from fsm.actions import NOT_READY
from fsm.book import Trade
from fsm.bot import State
from fsm.commands import Rearm, Resolve, Resume, Signal, Stop
from fsm.effects import Place
from fsm.events import Audited, Booted, OrderSeen
from fsm.ledger import WOULD_TRIGGER, Purpose, Status

from . import words

SILENT = {"duplicate_signal", NOT_READY}  # TradingView repeats itself, or is asked to
ANSWERED = "telegram"  # whoever asks there, is answered there
STOPPED = (State.PAUSED, State.HALTED, State.KILLED)


class Narrator:
    """Reads the journal in order. What it remembers is what it has read since the last thing it told."""

    def __init__(self, pair: str, mode: str, exchange: str) -> None:
        self.pair, self.mode, self.exchange = pair, mode, exchange
        self._booting = False
        self._cash: Decimal | None = None  # as the entry before showed it
        self._alarms = frozenset[str]()  # that held at the entry before
        self._placed: dict[str, Purpose] = {}  # orders of this trade that were not refused

    def tell(self, entry: Entry) -> Iterator[str]:
        """Every text that one entry is worth, most often none."""
        yield from self._boot(entry)
        yield from self._moved(entry)
        yield from self._rejected(entry)
        yield from self._opened(entry)
        yield from self._refused(entry)
        for trade in entry.trades:
            yield self._closed(trade)
        yield from self._stopped(entry)
        yield from self._commanded(entry)
        yield from self._alarmed(entry)
        self.remember(entry)

    def remember(self, entry: Entry) -> None:
        """What the next entry is compared with."""
        self._cash, self._alarms = entry.picture.cash, frozenset(entry.picture.alarms)
        for effect in entry.effects:
            if isinstance(effect, Place):
                if effect.purpose is Purpose.ENTRY:
                    self._placed.clear()
                self._placed[effect.cid] = effect.purpose

    def _boot(self, entry: Entry) -> Iterator[str]:
        """Told once the account has been read, so that the balance is the real one."""
        if isinstance(entry.input, Booted):
            self._booting = True
            if entry.input.despite:
                yield (
                    f"🔓 DESPITE: {', '.join(entry.input.despite)} — somebody on the machine overruled these checks, "
                    "which keep a live bot from starting"
                )
        elif self._booting and isinstance(entry.input, Audited):
            self._booting = False
            balance, state = money(entry.picture.equity), entry.picture.state
            shown = "" if state is State.IDLE else f" | State: {state.value}"
            yield f"🤖 BOT STARTED: Mode: {self.mode} | Exchange: {self.exchange} | Balance: {balance}{shown}"

    def _moved(self, entry: Entry) -> Iterator[str]:
        """Told even when it is nothing: it could be a fee that was misread."""
        if isinstance(entry.input, Audited) and self._cash and (moved := entry.picture.cash - self._cash):
            yield (
                f"🏦 BALANCE MOVED: {signed(moved)} that no trade made. Taken for a deposit or a withdrawal, "
                f"so it is not P&L; if it was not yours, look at the exchange"
            )

    def _rejected(self, entry: Entry) -> Iterator[str]:
        if isinstance(entry.input, Signal) and not entry.accepted and not SILENT & set(entry.reasons):
            yield f"⚠️ SIGNAL REJECTED: {'; '.join(entry.reasons)}"
        for verdict in entry.verdicts:
            if verdict.outcome == "refused":
                yield f"⚠️ SIGNAL REJECTED: {'; '.join(verdict.reasons)}"

    def _opened(self, entry: Entry) -> Iterator[str]:
        if any(v.outcome == "opened" for v in entry.verdicts):
            seen = entry.picture
            stop = "none, it is being sold" if seen.stop_price is None else price(seen.stop_price)
            yield (
                f"🟢 OPENED: BUY {self.pair} @ {price(seen.entry_price)} | Size: {quantity(seen.position)} | SL: {stop}"
            )

    def _refused(self, entry: Entry) -> Iterator[str]:
        """A stop or an exit that the exchange refused. A refused entry is a rejected signal, and a stop that came too
        late is a stop loss."""
        order = entry.input
        if not isinstance(order, OrderSeen) or order.report.status is not Status.REJECTED:
            return
        purpose = self._placed.pop(order.cid, Purpose.ENTRY)
        if purpose is not Purpose.ENTRY and order.report.reason != WOULD_TRIGGER:
            yield (
                f"❌ ERROR: {purpose.value}_refused — the exchange refused the {purpose.value} order"
                f"{f' ({order.report.reason})' if order.report.reason else ''}. The bot looks at the account and tries "
                f"again; if that fails too, it says so"
            )

    def _closed(self, t: Trade) -> str:
        if t.reason == "stop_loss":
            return f"⛔ STOP LOSS: {self.pair} @ {price(t.exit_price)} | Loss: {money(-t.pnl)}"
        return f"🔴 CLOSED: {self.pair} @ {price(t.exit_price)} | P&L: {signed(t.pnl)} ({percent(t.pnl_pct)}%)"

    def _stopped(self, entry: Entry) -> Iterator[str]:
        """The bot stopped by itself."""
        if entry.before == entry.after or entry.after not in STOPPED:
            return
        for why in entry.picture.why:
            if why == "daily_loss_limit":
                yield f"🚨 DAILY LOSS LIMIT HIT: −{abs(entry.picture.day_pnl_pct):.2f}% | Trading halted"
                yield "👉 No entries until 00:00 UTC, /resume is refused until then. After that: look, then /resume"
            elif message := words.stopped(why, entry.picture):
                yield f"❌ ERROR: {why} — {message}"

    def _alarmed(self, entry: Entry) -> Iterator[str]:
        """Alarms that began, but for those that have just stopped the bot, and alarms that ended."""
        alarms = set(entry.picture.alarms)
        told = set(entry.picture.why) if entry.before != entry.after else set()
        for name in sorted(alarms - self._alarms - told):
            yield f"❌ ERROR: {name} — {words.ALARMS[name]}"
        for name in sorted(self._alarms - alarms):
            if name in words.SOLVED:
                yield f"✅ RECOVERED: {words.SOLVED[name]}"

    def _commanded(self, entry: Entry) -> Iterator[str]:
        """A person did it, and not in the chat: everybody in the chat is to know."""
        command = entry.input
        if not entry.accepted or (isinstance(command, Stop | Resume | Rearm | Resolve) and _in_the_chat(command.by)):
            return
        match command:
            case Stop(by=by) if entry.before != entry.after:
                yield f"🛑 HALTED by {by or 'a person'}: no entries, and what is held is sold. Lasts until /resume"
            case Resume(by=by) if entry.before != entry.after:
                yield f"▶️ RESUMED by {by or 'a person'}: {entry.after}"
            case Rearm(reason=reason, by=by):
                yield f"🔑 REARMED by {by or 'a person'}: {reason}. Still halted; /resume trades again"
            case Resolve(choice=choice, by=by):
                yield f"🧩 ORPHAN: {choice.value}, decided by {by or 'a person'}"


def _in_the_chat(by: str) -> bool:
    return by.startswith(ANSWERED)
