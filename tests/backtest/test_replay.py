"""What happens inside and between candles, worked out by hand."""

from __future__ import annotations

from array import array
from collections import deque
from decimal import ROUND_DOWN
from decimal import Decimal as D

import pytest

from adapters.backtest import History, Options, Result, replay, run_history
from adapters.simulator.feed import Regime
from fsm.book import Book
from fsm.limits import Limits

from .markets import FIVE_MINUTES, RESTLESS, START, WILD, by_hand, walk
from .scripted import trade

FREE = Options(fee_pct=D(0), slippage_pct=D(0))
FLAT = (100.0, 100.0, 100.0, 100.0)


def test_a_signal_is_traded_at_the_next_open(monkeypatch: pytest.MonkeyPatch) -> None:
    history = by_hand(FLAT, (101, 103, 101, 102), (104, 105, 103, 105), FLAT)
    result = trade(monkeypatch, history, {0: "BUY", 1: "SELL"}, FREE)
    (only,) = (r.trade for r in result.rounds)
    assert (only.entry_price, only.exit_price, only.reason) == (D(101), D(104), "signal")
    assert (only.opened_at, only.closed_at) == (START / 1000 + 300, START / 1000 + 600)
    assert [(s.bar_time, s.signal, s.price, s.verdict) for s in result.signals] == [
        (START, "BUY", D("100.0"), "opened"),
        (START + FIVE_MINUTES, "SELL", D("102.0"), "closed"),
    ]


def test_the_size_and_the_stop_are_the_bots_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 % of 10,000 risked over a stop of 2 %: 5,000 USDT at 100, the stop at 98."""
    (only,) = trade(monkeypatch, by_hand(FLAT, FLAT, FLAT, FLAT), {0: "BUY", 1: "SELL"}, FREE).rounds
    assert (only.trade.qty, only.stop) == (D(50), D(98))


def test_fees_and_slippage_are_taken_from_every_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bought at 100.02, sold at 99.98, and 0.1 % of either; the fee of the entry is taken in coins."""
    result = trade(monkeypatch, by_hand(FLAT, FLAT, FLAT), {0: "BUY", 1: "SELL"}, Options())
    (only,) = (r.trade for r in result.rounds)
    assert (only.entry_price, only.exit_price) == (D("100.02"), D("99.98"))
    bought = D("49.99000")  # 5,000 / 100.02, rounded down to the lot
    sold = D("49.94001")  # what is left after 0.1 %
    assert only.qty == bought
    fee = (sold * D("99.98") / 1000).quantize(D("1e-8"), ROUND_DOWN)
    assert only.pnl == sold * D("99.98") - bought * D("100.02") - fee
    assert result.cash == 10_000 + only.pnl


def test_a_stop_sells_where_the_price_first_touches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The candle falls to 90 and closes at 104: the stop at 98 sold at 98, not at the low and not at the close."""
    (only,) = trade(monkeypatch, by_hand(FLAT, FLAT, (100, 105, 90, 104), FLAT), {0: "BUY"}, FREE).rounds
    assert (only.trade.exit_price, only.trade.reason) == (D(98), "stop_loss")


def test_the_low_comes_before_the_high(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 110 and down to 97 in one candle: nobody knows the order, so it is the bad one."""
    (only,) = trade(monkeypatch, by_hand(FLAT, (100, 110, 97, 109), FLAT), {0: "BUY"}, FREE).rounds
    assert (only.trade.exit_price, only.trade.pnl) == (D(98), D(-100))


def test_the_low_comes_before_the_high_for_the_drawdown_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to the drawdown limit and up to the stop's upper leg in one candle."""
    limits = Limits(risk_pct=D(50), stop_pct=D(50), daily_loss_pct=D(90))
    options = Options(fee_pct=D(0), slippage_pct=D(0), limits=limits)
    (only,) = trade(monkeypatch, by_hand(FLAT, (100, 301, 84, 100), FLAT), {0: "BUY"}, options).rounds
    assert (only.trade.reason, only.trade.exit_price) == ("drawdown", D(84))


def test_a_touch_is_enough_and_a_cent_above_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    touched = trade(monkeypatch, by_hand(FLAT, (100, 100, 98, 100), FLAT), {0: "BUY"}, FREE)
    missed = trade(monkeypatch, by_hand(FLAT, (100, 100, 98.01, 100), FLAT), {0: "BUY"}, FREE)
    assert (len(touched.rounds), len(missed.rounds)) == (1, 0)
    assert missed.holding is not None
    assert missed.holding.qty == D(50)


def test_after_a_gap_the_stop_sells_at_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    (only,) = trade(monkeypatch, by_hand(FLAT, FLAT, (80, 100, 79, 99)), {0: "BUY"}, FREE).rounds
    assert (only.trade.exit_price, only.trade.pnl) == (D(80), D(-1000))


def test_a_gap_through_the_stop_is_known_before_the_signal_of_that_candle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SELL comes to a bot whose stop has sold: there is nothing left to sell."""
    result = trade(monkeypatch, by_hand(FLAT, FLAT, (80, 81, 79, 80), FLAT), {0: "BUY", 1: "SELL"}, FREE)
    assert [r.trade.reason for r in result.rounds] == ["stop_loss"]
    assert (result.signals[1].verdict, result.signals[1].reasons) == ("refused", ("nothing_to_sell",))


def test_a_new_entry_may_follow_in_the_candle_that_gapped_through_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    result = trade(monkeypatch, by_hand(FLAT, FLAT, (97, 98, 97, 97), FLAT), {0: "BUY", 1: "BUY"}, FREE)
    assert [s.verdict for s in result.signals] == ["opened", "opened"]
    assert result.holding is not None
    assert result.holding.entry_price == D(97)


def test_what_is_refused_says_by_which_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    result = trade(monkeypatch, by_hand(FLAT, FLAT, FLAT, FLAT), {0: "SELL", 1: "BUY", 2: "BUY"}, FREE)
    assert [(s.verdict, s.reasons) for s in result.signals] == [
        ("refused", ("nothing_to_sell",)),
        ("opened", ()),
        ("refused", ("position_already_open",)),
    ]


def test_the_last_candle_has_no_open_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    result = trade(monkeypatch, by_hand(FLAT, FLAT), {1: "BUY"}, FREE)
    assert [s.verdict for s in result.signals] == ["undecided"]


def test_across_a_missing_candle_an_entry_is_stale_and_an_exit_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    history = by_hand(FLAT, FLAT, FLAT, FLAT, FLAT)
    holed = history._replace(bars=[history.bars[0], *history.bars[2:]])
    late = trade(monkeypatch, holed, {0: "BUY"}, FREE)
    assert [s.reasons for s in late.signals] == [("stale_signal: 300 s old, at most 60 s",)]
    holed = history._replace(bars=[*history.bars[:2], *history.bars[3:]])
    out = trade(monkeypatch, holed, {0: "BUY", 1: "SELL"}, FREE)
    assert [s.verdict for s in out.signals] == ["opened", "closed"]


def test_a_losing_streak_pauses_until_the_operators_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two losses allowed: bought at 100 and sold at 99, twice; the third BUY is refused, the one tomorrow is not."""
    down = [(100.0, 100.0, 100.0, 100.0), (99.0, 99.0, 99.0, 99.0)] * 2
    history = by_hand(FLAT, *down, *[FLAT] * 290)
    says = {0: "BUY", 1: "SELL", 2: "BUY", 3: "SELL", 10: "BUY", 288: "BUY"}
    limits = Limits(streak=2, daily_loss_pct=D(90))
    options = Options(fee_pct=D(0), slippage_pct=D(0), limits=limits)
    result = trade(monkeypatch, history, says, options)
    assert [s.verdict for s in result.signals] == ["opened", "closed", "opened", "closed", "refused", "opened"]
    (paused,) = result.episodes
    assert (paused.state, paused.why, paused.end) == ("paused", ("losing_streak",), START / 1000 + 86_400)
    never = Options(fee_pct=D(0), slippage_pct=D(0), limits=limits, resume=False)
    assert trade(monkeypatch, history, says, never).signals[-1].reasons == ("not while paused: losing_streak",)


def test_the_drawdown_limit_kills_for_good_and_sells(monkeypatch: pytest.MonkeyPatch) -> None:
    """All the cash at 100 under a far stop: at 84 the account is 15 % under its peak, and that lasts."""
    limits = Limits(risk_pct=D(50), stop_pct=D(50), daily_loss_pct=D(90))
    options = Options(fee_pct=D(0), slippage_pct=D(0), limits=limits)
    history = by_hand(FLAT, FLAT, (100, 100, 84, 100), FLAT, FLAT)
    result = trade(monkeypatch, history, {0: "BUY", 3: "BUY"}, options)
    assert [(r.trade.reason, r.trade.exit_price) for r in result.rounds] == [("drawdown", D(84))]
    assert result.signals[1].reasons == ("not while killed: drawdown",)
    assert [e.state for e in result.episodes] == ["killed"]


def test_a_price_a_little_above_the_drawdown_limit_does_not_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(risk_pct=D(50), stop_pct=D(50), daily_loss_pct=D(90))
    options = Options(fee_pct=D(0), slippage_pct=D(0), limits=limits)
    result = trade(monkeypatch, by_hand(FLAT, FLAT, (100, 100, 85, 100), FLAT), {0: "BUY"}, options)
    assert result.rounds == ()


def test_equity_is_worth_at_each_close(monkeypatch: pytest.MonkeyPatch) -> None:
    result = trade(monkeypatch, by_hand(FLAT, (100, 101, 100, 101), (101, 103, 101, 103)), {0: "BUY"}, FREE)
    assert result.equity == array("d", [10_000, 10_050, 10_150])


def _same(left: Result, right: Result) -> None:
    assert left.rounds == right.rounds
    assert left.signals == right.signals
    assert left.episodes == right.episodes
    assert left.equity == right.equity
    assert (left.cash, left.coins, left.holding) == (right.cash, right.coins, right.holding)


@pytest.mark.parametrize("seed", range(6))
def test_sparing_the_core_changes_nothing(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """The same candles, once with the core told of every price of every candle."""
    history = walk(seed, 500, WILD if seed % 2 else RESTLESS, holes=seed == 2)
    hard = Limits(risk_pct=D(4), stop_pct=D("1.5"), daily_loss_pct=D(4), drawdown_pct=D(9 + seed))
    options = Options(limits=hard if seed > 2 else Limits())
    spared, book = _run(history, options)
    assert len(spared.rounds) > 1
    monkeypatch.setattr(replay.Replay, "_look_ahead_to_orders", lambda self: None)
    told, same_book = _run(history, options)
    _same(spared, told)
    assert book == same_book


def _run(history: History, options: Options) -> tuple[Result, Book]:
    run = replay.Replay(history, options)
    deque(run.run(), maxlen=0)
    return run.result(), run.bot.book


@pytest.mark.parametrize("cut", [200, 317, 450])
def test_the_future_changes_nothing_before_it(cut: int) -> None:
    """Another future after the same past: every signal, trade and value up to then is the same."""
    past, other = walk(8, 600), walk(9, 600)
    shift = past.bars[cut - 1].close - other.bars[cut - 1].close
    moved = [
        bar._replace(**{f: getattr(bar, f) + shift for f in ("open", "high", "low", "close")}) for bar in other.bars
    ]
    changed = History("changed", [*past.bars[:cut], *moved[cut:]], FIVE_MINUTES)
    now = past.bars[cut].time / 1000
    before, after = run_history(past), run_history(changed)
    assert before.equity[:cut] == after.equity[:cut]
    assert before.equity[cut:] != after.equity[cut:]
    until = [[r for r in run.rounds if r.trade.closed_at < now] for run in (before, after)]
    assert until[0] == until[1]
    decided = [[s for s in run.signals if s.bar_time < past.bars[cut - 1].time] for run in (before, after)]
    assert decided[0] == decided[1]
    assert decided[0]


def test_the_signal_of_a_candle_is_known_at_its_close_and_not_earlier() -> None:
    """The close of candle n may change signal n and nothing before; its verdict needs the open of candle n + 1."""
    history = walk(8, 400)
    signal = run_history(history).signals[5]
    at = next(i for i, bar in enumerate(history.bars) if bar.time == signal.bar_time)
    ends = run_history(history.part(0, at + 1))
    assert ends.signals[-1].bar_time == signal.bar_time
    assert ends.signals[-1].verdict == "undecided"
    assert run_history(history.part(0, at)).signals == ends.signals[:-1]


def test_the_same_candles_give_the_same_result() -> None:
    history = walk(3, 500)
    _same(run_history(history), run_history(history))


def test_a_stop_inside_the_spread_gets_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bought at 100.02, the stop would be at 100.00, where the price is: refused, and the stop has done its work."""
    options = Options(limits=Limits(stop_pct=D("0.01")))
    result = trade(monkeypatch, by_hand(FLAT, FLAT, FLAT), {0: "BUY"}, options)
    (only,) = (r.trade for r in result.rounds)
    assert (only.exit_price, only.reason, only.closed_at) == (D("99.98"), "stop_loss", only.opened_at)
    assert result.episodes == ()


def test_the_upper_leg_of_the_live_stop_is_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-way up to the venue's highest price, which is five times the last one: 3 x 100."""
    (only,) = trade(monkeypatch, by_hand(FLAT, (100, 301, 100, 200), FLAT), {0: "BUY"}, FREE).rounds
    assert (only.trade.exit_price, only.trade.reason) == (D(300), "take_profit")


@pytest.mark.parametrize("stop", ["0.01", "0.02", "0.05"])
def test_tiny_stops_leave_the_books_in_order(stop: str) -> None:
    options = Options(limits=Limits(stop_pct=D(stop), drawdown_pct=D(60), streak=1000))
    result = run_history(walk(1, 400, (Regime(0.001, 0.003, 25), Regime(-0.001, 0.003, 25))), options)
    assert len(result.rounds) > 2
    assert {r.trade.reason for r in result.rounds} <= {"stop_loss", "signal", "drawdown", "take_profit"}
