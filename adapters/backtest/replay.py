"""History, candle by candle, through the very core that trades live.

Law: a signal is decided on a closed candle and traded at the open of the next one.
Law: inside a candle the worst comes first: open, low, high, close. A stop sells where the price first touches it; after
a gap it sells at the open.
Law: the core only hears of moments in which something can happen to it: a signal, a new day, a price that reaches an
order or the drawdown limit, anything it still waits for. Between them it would only have been told the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

from fsm.book import DAY
from fsm.bot import Bot, State
from fsm.commands import AnyCommand, Resume, Side, Signal
from fsm.effects import AnyEffect
from fsm.events import AnyEvent, Booted
from fsm.guards import engaged, guarded
from fsm.ledger import ZERO
from fsm.step import Decision, step

from ..strategy import EmaCross
from .bars import Bar, History
from .chronicle import Chronicle
from .options import Options
from .result import RawSignal, Result
from .venue import Venue

FAR = Decimal("Infinity")


class Journal(Protocol):
    """Where decisions are written, if they are."""

    def append(self, d: Decision) -> None: ...


class Replay:
    """One run. The bot's clock is the candles'."""

    def __init__(
        self, history: History, options: Options, journal: Journal | None = None, tag: str = "00000000"
    ) -> None:
        """`tag`: 8 hex digits, the first part of every client order id."""
        first = history.bars[0]
        self.history, self.options = history, options
        self.now, self.bot = first.time / 1000, Bot()
        self.venue = Venue(options, first.open, lambda: self.now)
        self.chronicle = Chronicle(options, history)
        self._journal, self._tag = journal, tag
        self._quarter = history.interval / 4000  # seconds between open, low, high and close
        self._low, self._high = FAR, ZERO  # a price between these changes nothing
        self._day = int(self.now // DAY)

    def run(self) -> Iterator[int]:
        """Goes on by one candle at a time; yields how many are done."""
        strategy, equity = EmaCross(self.options.lengths), self.chronicle.equity
        self._fire(Booted(at=self.now, pair=self.options.pair, limits=self.options.limits, tag=self._tag))
        signal, previous = None, None
        for done, bar in enumerate(self.history.bars, 1):
            self._trade(bar, previous, signal)
            close = float(bar.close)
            equity.append(float(self.venue.cash) + float(self.venue.coins) * close)
            side = strategy.close(close)
            signal = self.chronicle.heard(bar, side) if side else None
            previous = bar
            yield done

    def result(self) -> Result:
        """Raises RuntimeError if the bot's books are not the venue's: then nothing here may be believed."""
        if not self._knows_all():
            raise RuntimeError(f"the bot counts {self.bot.cash}, the venue {self.venue.cash}: this is a bug")
        return self.chronicle.result(self.bot, self.now)

    def _trade(self, bar: Bar, previous: Bar | None, signal: RawSignal | None) -> None:
        """One candle. Most of them touch nothing, and the core is not disturbed for them."""
        day = bar.time // 86_400_000
        if signal is None and day == self._day and self._low < bar.low and bar.high < self._high:
            return
        opens = bar.time / 1000
        if day != self._day and previous:
            self._reach(previous.time / 1000 + 3 * self._quarter, previous.close)
        if signal or day != self._day or self._matters(bar.open):
            self._reach(opens, bar.open)
        if day != self._day:
            self._new_day(day)
        if signal:
            self._signal(signal)
        stop = self.venue.stop()
        if stop is not None and bar.low <= stop:
            self._reach(opens + self._quarter, stop)
        for part, price in enumerate((bar.low, bar.high, bar.close), 1):
            if self._matters(price):
                self._reach(opens + part * self._quarter, price)

    def _matters(self, price: Decimal) -> bool:
        return not self._low < price < self._high

    def _reach(self, at: float, price: Decimal) -> None:
        """The price is here now, and stays while the bot still has something to learn or to do."""
        self.now = max(self.now, at)
        self.venue.move(price)
        self._fire(self.venue.mark())
        while not self._settled() and self.now + 1 < at + self._quarter:
            self.now += 1
            self._fire(self.venue.mark())
        self._look_ahead_to_orders()

    def _new_day(self, day: int) -> None:
        self._day = day
        if self.options.resume and self.bot.state in (State.PAUSED, State.HALTED):
            self._fire(Resume(at=self.now, by="the backtest's operator"))

    def _signal(self, raw: RawSignal) -> None:
        closed = (raw.bar_time + self.history.interval) / 1000
        signal = Signal(
            at=self.now,
            side=Side(raw.signal),
            signal_id=raw.signal_id,
            stamp=closed,
            symbol=self.options.pair,
            price=raw.price,
            strategy=self.chronicle.strategy,
        )
        self._fire(signal)
        self._look_ahead_to_orders()

    def _fire(self, input: AnyCommand | AnyEvent) -> None:
        """Decide, write it down, perform the effects, and so on with their answers, until there is nothing to do."""
        effects = deque[AnyEffect]()
        self._decide(input, effects)
        while effects:
            self._decide(self.venue.perform(effects.popleft()), effects)

    def _decide(self, input: AnyCommand | AnyEvent, effects: deque[AnyEffect]) -> None:
        decision = step(self.bot, input)
        if self._journal is not None and decision.newsworthy:
            self._journal.append(decision)
        self.bot = decision.bot
        effects.extend(decision.effects)
        self.chronicle.note(decision)
        if decision.trades:
            self.venue.forget()

    def _knows_all(self) -> bool:
        return self.bot.cash == self.venue.cash and self.bot.coins == self.venue.coins

    def _settled(self) -> bool:
        """Nothing is under way, in the bot's books or in the venue's, and no drawdown waits to be confirmed."""
        bot = self.bot
        calm = bot.signal is None and bot.suspect is None and (not engaged(bot) or guarded(bot))
        return calm and self._knows_all() and (bot.sunk_at is None or bot.state is State.KILLED)

    def _look_ahead_to_orders(self) -> None:
        """Between which prices nothing can happen: no order is touched, no drawdown limit reached."""
        if not self._settled():
            self._low, self._high = FAR, ZERO
            return
        self._low = max(self.venue.stop() or ZERO, self._drowning())
        self._high = self.venue.target() or FAR

    def _drowning(self) -> Decimal:
        """The price at which the open loss would reach the drawdown limit; a little above, for what selling costs."""
        bot, slip = self.bot, self.options.slippage_pct / 100
        if bot.coins <= 0 or bot.state is State.KILLED:
            return ZERO
        floor = bot.book.peak * (100 - bot.limits.drawdown_pct) / 100
        return (floor - bot.cash) / bot.coins / (1 - slip) + self.options.tick / (1 - slip)
