"""The reference strategy against values worked out by hand, and against the definitions spelled out the long way."""

from __future__ import annotations

import pytest

from adapters.strategy import USUAL, EmaCross, Lengths, Rsi, ema, rma
from tests.backtest.definition import reference
from tests.backtest.markets import walk

TINY = Lengths(fast=2, slow=3, rsi=2)


def signals(closes: list[float], lengths: Lengths = USUAL) -> list[tuple[int, str]]:
    strategy = EmaCross(lengths)
    return [(i, said) for i, price in enumerate(closes) if (said := strategy.close(price))]


def test_an_ema_starts_as_the_average_of_its_first_closes() -> None:
    line = ema(3)  # weight 2 / (3 + 1) = 0.5
    assert [line.add(x) for x in (1, 2, 6, 7, 1)] == [None, None, 3.0, 5.0, 3.0]


def test_wilders_average_moves_by_one_nth() -> None:
    line = rma(4)
    assert [line.add(x) for x in (4, 4, 8, 8, 2)] == [None, None, None, 6.0, 5.0]


def test_a_whole_signal_by_hand() -> None:
    """EMA 2 has weight 2/3, EMA 3 has 1/2; RSI 2 averages the first two changes.

    closes        10    8    6    9     10      4
    EMA 2          -    9    7    8.33   9.44   5.81
    EMA 3          -    -    8    8.5    9.25   6.625
    above          -    -    no   no     yes    no
    gain (RMA 2)   -    -    0    1.5    1.25   0.625
    loss           -    -    2    1      0.5    3.25
    RSI            -    -    0    60     71.4   16.1
    """
    assert signals([10, 8, 6, 9, 10, 4], TINY) == [(4, "BUY"), (5, "SELL")]
    rsi = Rsi(2)
    assert [rsi.add(x) for x in (10, 8, 6, 9, 10, 4)] == pytest.approx(
        [None, None, 0.0, 60.0, 100 - 100 / 3.5, 100 - 100 / (1 + 0.625 / 3.25)]
    )


def test_nothing_is_said_before_the_slow_average_exists() -> None:
    assert signals([100.0] * 5 + [50.0] * 5 + [200.0] * 5) == []


def test_the_first_candle_with_all_averages_has_nothing_before_it_to_cross_from() -> None:
    """EMA 3 exists from the third close on: above at once, but from nowhere."""
    assert signals([1, 2, 9], TINY) == []


def test_flat_prices_say_nothing_and_divide_by_nothing() -> None:
    assert signals([100.0] * 60) == []


def test_a_rise_after_a_fall_buys_once_and_a_fall_after_it_sells_once() -> None:
    fall, rise, drop = (
        [200.0 - i for i in range(30)],
        [170.0 + 2 * i for i in range(30)],
        [230.0 - 3 * i for i in range(30)],
    )
    said = signals(fall + rise + drop)
    assert [side for _, side in said] == ["BUY", "SELL"]
    assert 30 < said[0][0] < 60 < said[1][0]


def test_equality_is_not_above_so_the_cross_comes_one_candle_later() -> None:
    """Flat: both averages are equal (not above). The first higher close is the cross, and with no losses RSI is 100."""
    assert signals([100.0] * 30 + [101.0, 102.0]) == [(30, "BUY")]


def test_equality_is_not_below_either() -> None:
    assert signals([100.0] * 30 + [99.0, 98.0]) == [(30, "SELL")]


def test_touching_from_above_and_turning_up_again_is_a_cross() -> None:
    """EMA 2 and 3 meet exactly at the fourth close: not above; at the fifth it is above again: Pine's crossover."""
    strategy = EmaCross(TINY)
    strategy.fast.value, strategy.slow.value, strategy._spread = 12.0, 12.0, 0.0
    strategy.rsi.gain.value, strategy.rsi.loss.value, strategy.rsi._last = 1.0, 0.5, 12.0
    assert strategy.close(13.0) == "BUY"


def test_a_cross_without_the_strength_to_match_is_ignored() -> None:
    """A cross upwards on a weak RSI: the averages cross late, when the last closes already fall hard."""
    strategy = EmaCross()
    strategy._spread, strategy.rsi._last = -1.0, 100.0
    strategy.fast.value, strategy.slow.value = 100.0, 90.0
    strategy.rsi.gain.value, strategy.rsi.loss.value = 0.1, 5.0
    assert strategy.close(99.0) is None


@pytest.mark.parametrize(("gain", "side"), [(5.0, None), (5.1, "BUY")])
def test_rsi_of_exactly_fifty_is_not_strong(gain: float, side: str | None) -> None:
    strategy = EmaCross(TINY)
    strategy._spread, strategy.fast.value, strategy.slow.value = -1.0, 100.0, 90.0
    strategy.rsi.gain.value, strategy.rsi.loss.value, strategy.rsi._last = gain, 5.0, 100.0
    assert strategy.close(100.0) == side  # no change: both averages halve, their ratio stays


@pytest.mark.parametrize(("step", "value"), [(1.0, 100.0), (-1.0, 0.0), (0.0, 100.0)])
def test_rsi_at_its_ends(step: float, value: float) -> None:
    """Only gains, only losses, and neither: without losses Pine's RSI is 100."""
    rsi = Rsi(14)
    assert [rsi.add(100.0 + step * i) for i in range(16)][-2:] == [value, value]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_signals_are_those_of_the_definition(seed: int) -> None:
    """Spelled out over whole lists, as the manual writes it, on three generated series with candles missing."""
    closes = [float(bar.close) for bar in walk(seed, 3_000, holes=True).bars]
    said = signals(closes)
    assert len(said) > 50
    assert said == reference(closes)


def test_a_missing_candle_is_not_there_for_the_averages() -> None:
    """The same closes give the same signals, whatever time has passed between them."""
    whole, holed = walk(4, 600).bars, walk(4, 600, holes=True).bars
    assert [b.close for b in whole] != [b.close for b in holed]
    closes = [float(bar.close) for bar in holed]
    assert signals(closes) == reference(closes)


def test_how_the_averages_are_seeded_is_forgotten() -> None:
    """The manual's example starts an EMA from the first close; after ten times the length nobody can tell."""
    closes = [float(bar.close) for bar in walk(5, 2_000).bars]
    late = [signal for signal in signals(closes) if signal[0] >= 210]
    assert late == [signal for signal in reference(closes, seeded=False) if signal[0] >= 210]
