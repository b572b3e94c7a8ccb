"""What must hold after every single step, whatever the world did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal as D

from fsm.bot import Bot, State
from fsm.commands import Command, Rearm, Resume, Side, Signal, Stop
from fsm.effects import Cancel, Place
from fsm.events import Assessed, Booted, Marked
from fsm.guards import engaged, flat, guarded, quiet
from fsm.ledger import ZERO, Purpose
from fsm.step import Decision

ENTRY, STOP, EXIT = Purpose
CLOSED = (State.HALTED, State.KILLED)
ALARMING = 15.0  # seconds without a confirmed stop that a person hears of
CONFIRM = 5.0  # seconds between the marks that make an open drawdown real


@dataclass(slots=True)
class Laws:
    """Watches every decision. Keeps its own memory of what it needs, so that the bot cannot talk itself out."""

    meddled: bool = False  # somebody else traded on the account: an orphan is no false alarm
    wiped: bool = False  # the test network began anew
    accepted: Counter[str] = field(default_factory=Counter)  # signals, by id
    answered: Counter[str] = field(default_factory=Counter)  # verdicts, by signal id
    entries: dict[str, str] = field(default_factory=dict)  # client order id of an entry: its signal
    placed: set[str] = field(default_factory=set)
    sunk: list[float] = field(default_factory=list)  # the latest marks in a row that were beyond the drawdown limit
    pnl: D = ZERO  # of all trades told
    untold: D = ZERO  # of ledgers closed without a round trip: nothing bought, or nothing sold
    stats: Counter[str] = field(default_factory=Counter)

    def watch(self, d: Decision) -> None:
        self._promises(d.bot)
        self._ways_out(d)
        self._answers(d)
        self._breakers(d)
        self._effects(d)
        self._verdicts(d)
        self._money(d)

    def _promises(self, b: Bot) -> None:
        """The seven states."""
        rest = flat(b) and quiet(b)
        match b.state:
            case State.IDLE:
                assert rest, "idle, but not at rest"
                assert not b.ledger.orders, "idle, but a trade is not closed"
            case State.VALIDATING:
                assert rest, "validating, but something is live"
                assert b.signal, "validating nothing"
            case State.IN_POSITION:
                assert guarded(b), "in_position, but not guarded"
            case State.PAUSED:
                assert rest, "paused, but not at rest"
        assert self.wiped or not b.wiped, "a wipe, where none was"
        assert b.why or b.state not in (*CLOSED, State.PAUSED), f"{b.state}, and nobody knows why"
        told = b.bare_since is None or b.now - b.bare_since < ALARMING or b.bare_told
        assert told, "naked for long, and silent"
        assert len(b.ledger.live(ENTRY)) <= 1, "two entries in flight"
        assert self.meddled or not (b.orphan or b.strays), "a false alarm: nobody touched the account"
        assert not set(b.strays) & set(b.book.foreign_orders), "an order we were told to keep is an orphan again"

    def _ways_out(self, d: Decision) -> None:
        was, state = d.before.state, d.bot.state
        if was is State.KILLED and state is not State.KILLED:
            assert isinstance(d.input, Rearm), "rose from the dead"
            assert state is State.HALTED, "rearmed into business"
        if was is State.HALTED and state not in CLOSED:
            assert isinstance(d.input, Resume), "left halted without /resume"
        if isinstance(d.input, Stop) and was is not State.KILLED:
            assert state in CLOSED, "/stop did not halt at once"

    def _answers(self, d: Decision) -> None:
        """A refusal has a reason, an event has none, and a SELL is taken whenever there is something to sell."""
        if not isinstance(d.input, Command):
            assert d.accepted, "an event was refused"
            return
        assert d.accepted or d.reasons, "refused without a reason"
        if isinstance(d.input, Stop) and d.accepted:
            assert d.bot.leave or not engaged(d.bot), "stopped, and still in"
        if isinstance(d.input, Signal) and d.accepted:
            self._taken(d, d.input)
        if isinstance(d.input, Signal) and d.input.side is Side.SELL and not d.accepted:
            idle = not engaged(d.before) and d.before.state is not State.VALIDATING
            known = "duplicate_signal" in d.reasons or d.input.symbol != d.bot.pair
            assert idle or known or d.before.leave or d.before.state is State.KILLED, f"a SELL was refused: {d.reasons}"

    @staticmethod
    def _taken(d: Decision, signal: Signal) -> None:
        limits = d.bot.limits
        if signal.side is Side.SELL:
            assert signal.symbol == d.bot.pair, "sold for another pair's signal"
        else:
            assert abs(d.bot.now - signal.stamp) <= limits.max_age, "an old BUY was taken"
            assert d.bot.now - d.bot.book.lost_at >= limits.cooldown, "no pause after a loss"
            assert d.before.audited, "a BUY was taken before the account was known"

    def _breakers(self, d: Decision) -> None:
        b, book = d.bot, d.bot.book
        limit = book.peak * (100 - b.limits.drawdown_pct) / 100
        if isinstance(d.input, Marked):
            self.sunk = [*self.sunk, b.now] if book.peak > 0 and b.equity <= limit else []
        if isinstance(d.input, Booted):
            self.sunk = []
        if not b.ledger.orders:
            self.sunk = []
            assert b.cash > limit or not book.peak or b.state is State.KILLED, "a realised drawdown did not kill"
        lasting = bool(self.sunk) and self.sunk[-1] - self.sunk[0] >= CONFIRM
        assert not lasting or b.wiped or b.state is State.KILLED, "an open drawdown did not kill"
        if b.state is State.KILLED and d.before.state is not State.KILLED and b.ledger.orders:
            assert lasting, "killed by one print"
        if b.state in (State.IDLE, State.VALIDATING, State.PAUSED):
            floor = -book.day_open * b.limits.daily_loss_pct / 100
            assert book.day_pnl > floor or not book.day_open, "the daily loss did not halt"
            judged = b.state is State.VALIDATING  # a restart may bring narrower limits; then no entry leaves
            assert book.streak < b.limits.streak or b.state is State.PAUSED or judged, "a losing streak did not pause"

    def _effects(self, d: Decision) -> None:
        for e in d.effects:
            self.stats[f"{type(e).__name__} {getattr(e, 'purpose', '')}".strip()] += 1
            if isinstance(e, Place):
                assert e.cid not in self.placed, "a client order id was used twice"
                self.placed.add(e.cid)
                if e.purpose is ENTRY:
                    self._entry(d, e)
                if e.purpose is STOP and e.trigger is not None and (paid := d.bot.ledger.entry_price):
                    assert e.trigger <= paid * (100 - d.bot.limits.stop_pct) / 100, "a stop too near to the market"
            if isinstance(e, Cancel) and (order := d.bot.ledger.get(e.cid)) and order.purpose is STOP:
                assert d.bot.trading, "a stop was cancelled while the venue takes cancels only"

    def _entry(self, d: Decision, e: Place) -> None:
        """An entry leaves only from validating, on facts fetched for its own signal, with nothing against it."""
        facts, signal, was = d.input, d.before.signal, d.before
        assert was.state is State.VALIDATING, f"an entry left in {was.state}"
        assert d.bot.state is State.ORDERING, f"an entry led to {d.bot.state}"
        assert isinstance(facts, Assessed), "an entry without facts"
        assert signal is not None, "an entry without a signal"
        assert facts.signal_id == signal.signal_id, "judged on another signal's facts"
        assert signal.symbol == d.bot.pair, "bought something else"
        assert facts.reachable, "the venue was out of reach"
        assert facts.listed, "the pair is not listed"
        assert facts.trading, "the venue does not trade"
        assert d.bot.audited, "nothing is known of the account yet"
        assert d.bot.book.streak < d.bot.limits.streak, "an entry in a losing streak"
        assert e.qty * facts.price >= facts.market.min_notional, "too small"
        assert facts.base - was.coins - was.book.foreign < facts.market.min_notional / facts.price, "coins lay there"
        assert e.qty * facts.price * (1 + facts.market.fee) <= facts.cash, "more than the cash can pay"
        risk = e.qty * facts.price * d.bot.limits.stop_pct / 100
        assert risk <= d.bot.equity * d.bot.limits.risk_pct / 100, "more at risk than allowed"
        self.entries[e.cid] = signal.signal_id

    def _verdicts(self, d: Decision) -> None:
        if isinstance(d.input, Signal) and d.accepted:
            self.accepted[d.input.signal_id] += 1
        for v in d.verdicts:
            self.answered[v.signal_id] += 1
            self.stats[f"verdict {v.outcome} {', '.join(v.reasons)}"] += 1
            assert self.answered[v.signal_id] <= self.accepted[v.signal_id], f"one verdict too many: {v}"

    def _money(self, d: Decision) -> None:
        """What is realised in a step is what its trades say."""
        told = sum((t.pnl for t in d.trades), ZERO)
        realised = d.bot.book.realised - d.before.book.realised
        if d.trades:
            assert told == realised, f"trades say {told}, the book says {realised}"
        else:
            self.untold += realised
        self.pnl += told
