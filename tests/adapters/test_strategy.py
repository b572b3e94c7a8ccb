"""The reference strategy against values worked out by hand."""

from __future__ import annotations

import pytest

from adapters.strategy import EmaCross, ema, rma


def test_an_ema_starts_as_the_average_of_its_first_closes() -> None:
    line = ema(3)  # weight 2 / (3 + 1) = 0.5
    assert [line.add(x) for x in (1, 2, 6, 7, 1)] == [None, None, 3.0, 5.0, 3.0]


def test_wilders_average_moves_by_one_nth() -> None:
    line = rma(4)
    assert [line.add(x) for x in (4, 4, 8, 8, 2)] == [None, None, None, 6.0, 5.0]


def signals(closes: list[float]) -> list[tuple[int, str]]:
    strategy = EmaCross()
    return [(i, said) for i, price in enumerate(closes) if (said := strategy.close(price))]


def test_nothing_is_said_before_the_slow_average_exists() -> None:
    assert signals([100.0] * 5 + [50.0] * 5 + [200.0] * 5) == []


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


def test_a_cross_without_the_strength_to_match_is_ignored() -> None:
    """A cross upwards on a weak RSI: the averages cross late, when the last closes already fall hard."""
    strategy = EmaCross()
    strategy._spread, strategy._last = -1.0, 100.0
    strategy.fast.value, strategy.slow.value = 100.0, 90.0
    strategy.gain.value, strategy.loss.value = 0.1, 5.0
    assert strategy.close(99.0) is None


@pytest.mark.parametrize(("price", "rsi"), [(101.0, 100.0), (99.0, 0.0)])
def test_rsi_at_its_ends(price: float, rsi: float) -> None:
    strategy = EmaCross()
    value = None
    for i in range(16):
        value = strategy._rsi(100.0 + (price - 100.0) * i)
    assert value == rsi
