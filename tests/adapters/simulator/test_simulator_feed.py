"""The market that moves by itself: reproducible, plausible, and with turns in it."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from adapters.simulator import Candle, OrderRequest, OrderType, RandomWalk, Side, SimulatedExchange, Status

pytestmark = pytest.mark.anyio

D = Decimal
MOMENT = 1_767_225_600_000


def ema(values: Sequence[float], length: int) -> list[float]:
    smooth, result = values[0], []
    for value in values:
        smooth += (value - smooth) * 2 / (length + 1)
        result.append(smooth)
    return result


def test_a_seed_is_a_history() -> None:
    assert RandomWalk(7).history(300) == RandomWalk(7).history(300)
    assert RandomWalk(7).history(300) != RandomWalk(8).history(300)


def test_a_history_never_changes_between_versions() -> None:
    """Demonstrations and benchmarks quote seeds; whoever changes the generator must mean it."""
    last = RandomWalk(1).history(1000)[-1]

    assert (last.open_time, last.close) == (MOMENT + 999 * 300_000, D("60915.72"))


@pytest.mark.parametrize("seed", range(5))
def test_candles_are_possible_and_join(seed: int) -> None:
    candles = RandomWalk(seed).history(500)

    for before, after in pairwise(candles):
        assert after.open_time == before.close_time + 1
        assert after.open == before.close
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.low % D("0.01") == candle.volume % D("0.00001") == 0
    assert candles[0].open == 64000


@pytest.mark.parametrize("seed", range(5))
def test_averages_cross_several_times_a_day(seed: int) -> None:
    closes = [float(candle.close) for candle in RandomWalk(seed).history(600)]
    above = [fast > slow for fast, slow in zip(ema(closes, 9), ema(closes, 21), strict=True)]

    assert 10 <= sum(before != after for before, after in pairwise(above)) <= 120


def test_the_path_touches_every_corner_in_order() -> None:
    rising = Candle(0, D(100), D(110), D(90), D(105), D(1))
    falling = Candle(0, D(100), D(110), D(90), D(95), D(1))

    for candle, corners in ((rising, [100, 90, 110, 105]), (falling, [100, 110, 90, 95])):
        path = list(candle.path())
        places = [path.index(D(corner)) for corner in corners]
        assert places == sorted(places)
        assert (path[0], path[-1], len(path)) == (candle.open, candle.close, 10)


async def test_playing_moves_the_market_and_triggers_stops_inside_a_candle(venue: SimulatedExchange) -> None:
    venue.market.transfer("BTC", D("0.01"))
    venue.market.place(OrderRequest(side=Side.SELL, type=OrderType.STOP_LOSS, quantity=D("0.01"), stop_price=D(63000)))
    candles = [Candle(MOMENT, D(64000), D(64500), D(62900), D(64400), D(9))]

    closed = [candle async for candle in venue.play(candles, per_second=1000)]

    assert closed == candles == venue.candles
    assert venue.market.price == 64400
    assert venue.market.state.orders[1].status is Status.FILLED
    assert D(62900) <= venue.market.state.fills[0].price <= D(63000)


async def test_candles_are_served_as_klines(client: Any, venue: SimulatedExchange) -> None:
    venue.candles.extend(RandomWalk(3).history(300))

    rows = await client.fetch_ohlcv("BTC/USDT", "5m", limit=10)
    ticker = await client.fetch_ticker("BTC/USDT")

    assert [row[0] for row in rows] == [candle.open_time for candle in venue.candles[-10:]]
    assert rows[-1][4] == float(venue.candles[-1].close)
    assert ticker["open"] == float(venue.candles[-288].open)
