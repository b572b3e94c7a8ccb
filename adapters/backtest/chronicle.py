"""What of a run is remembered: signals and their verdicts, trades, breakers, equity."""

from __future__ import annotations

from array import array

from fsm.bot import Bot, State
from fsm.commands import Signal
from fsm.ledger import Purpose
from fsm.step import Decision

from .bars import Bar, History
from .options import Options
from .result import Episode, Holding, RawSignal, Result, Round

BREAKERS = (State.PAUSED, State.HALTED, State.KILLED)


class Chronicle:
    """Listens to every decision of a run."""

    def __init__(self, options: Options, history: History) -> None:
        self.strategy = f"ema-{options.lengths.fast}-{options.lengths.slow}"
        self.equity = array("d")
        self._options, self._history = options, history
        self._signals: dict[str, RawSignal] = {}
        self._rounds: list[Round] = []
        self._episodes: list[Episode] = []
        self._breaker: tuple[State, float, tuple[str, ...]] | None = None

    def heard(self, bar: Bar, side: str) -> RawSignal:
        """The strategy spoke at the close of this candle. The id is the one that the Pine script builds."""
        symbol, minutes = self._options.pair.replace("/", ""), self._history.interval // 60_000
        signal_id = f"{self.strategy}|{symbol}|{minutes}|{bar.time}|{side}"
        raw = RawSignal(bar_time=bar.time, signal=side, price=bar.close, signal_id=signal_id)
        self._signals[signal_id] = raw
        return raw

    def note(self, d: Decision) -> None:
        """One decision of the core."""
        if isinstance(d.input, Signal) and not d.accepted:
            self._judge(d.input.signal_id, "refused", d.reasons)
        for verdict in d.verdicts:
            self._judge(verdict.signal_id, verdict.outcome, verdict.reasons)
        for trade in d.trades:
            orders = d.before.ledger.orders
            self._rounds.append(
                Round(trade, next((o.trigger for o in orders if o.purpose is Purpose.STOP and o.trigger), None))
            )
        if d.bot.state is not d.before.state:
            self._change(d.bot)

    def result(self, bot: Bot, now: float) -> Result:
        """Everything, when the last candle has closed."""
        end = self._history.end / 1000
        if self._breaker:
            self._close_episode(end)
        price = bot.ledger.entry_price
        opened = next((o.at for o in bot.ledger.filled(Purpose.ENTRY)), now)
        return Result(
            history=self._history,
            options=self._options,
            signals=tuple(self._signals.values()),
            rounds=tuple(self._rounds),
            episodes=tuple(self._episodes),
            equity=self.equity,
            cash=bot.cash,
            coins=bot.coins,
            holding=Holding(bot.ledger.position, price, opened) if price else None,
        )

    def _judge(self, signal_id: str, verdict: str, reasons: tuple[str, ...]) -> None:
        raw = self._signals[signal_id]
        raw.verdict, raw.reasons = verdict, reasons

    def _change(self, bot: Bot) -> None:
        if self._breaker:
            self._close_episode(bot.now)
        self._breaker = (bot.state, bot.now, bot.why) if bot.state in BREAKERS else None

    def _close_episode(self, end: float) -> None:
        if self._breaker:
            state, start, why = self._breaker
            self._episodes.append(Episode(state.value, start, end, why))
