"""The whole story at a recorded market, once for each venue."""

from decimal import Decimal
from pathlib import Path

import pytest

from fsm.bot import State
from fsm.commands import Side

from .house import Clock, House, house, settings, until
from .recording import Replay, sold

pytestmark = pytest.mark.anyio
D = Decimal
LAST = 12  # frame


async def shown(here: House, replay: Replay, frame: int) -> None:
    """Let the market go on, and the paper exchange see it."""
    replay.at = frame
    await until(lambda: here.exchange.market.state.cursor == replay.cursor)


async def test_an_entry_pays_the_asks_and_an_exit_gets_the_bids(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        assert here.bot.cash == D(10_000)
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        bought = here.bot.coins
        paid = sold(replay.asks, sum((f.quantity for f in here.exchange.market.state.fills), D(0)))
        fees = here.exchange.market.fees
        assert len(here.exchange.market.state.fills) > 1  # it walked the book
        charged = 10_000 - paid - here.bot.cash  # in quote; each fill's is rounded down
        if venue == "binance":
            assert (fees.taker, charged) == (D("0.001"), 0)
        else:
            assert (fees.taker, charged) == (D("0.004"), pytest.approx(paid * D("0.004"), abs=D("1e-6")))
        await shown(here, replay, 1)
        here.signal(Side.SELL, "out")
        await here.state(State.IDLE)
        (trade,) = here.booked()
        left = bought - here.bot.coins
        assert trade.exit_price == pytest.approx(sold(replay.bids, left) / left)
        await here.agrees()


async def test_a_stop_that_was_hit_while_the_bot_was_down_is_booked_at_the_bids_of_its_return(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        trigger = max(order.stop_price for order in here.exchange.market.open_orders() if order.waiting)
        covered = here.exchange.market.covered()
        assert covered == here.bot.coins or venue == "binance"
        fills = len(here.exchange.market.state.fills)

    replay.at = LAST
    assert min(replay.prices) < trigger
    assert replay.bids[0][0] < trigger * D("0.98")  # the fall went on: what was promised at the trigger is gone

    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.until(lambda: bool(here.booked()))  # the loss may be one that halts
        stops = here.exchange.market.state.fills[fills:]
        assert sum((fill.quantity for fill in stops), D(0)) == covered
        assert sum((fill.amount for fill in stops), D(0)) == sold(replay.bids, covered)
        (trade,) = here.booked()
        assert trade.reason == "stop_loss"
        assert trade.exit_price == pytest.approx(sold(replay.bids, covered) / covered)
        await here.agrees()


async def test_a_dip_that_is_over_when_the_bot_returns_has_triggered_the_stop_all_the_same(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    """Looking at the present price alone would miss it."""
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        covered = here.exchange.market.covered()
    recording = replay.recording
    recording.books[LAST] = (recording.books[0][0], recording.books[LAST][1])  # the old book after all these trades
    rows = recording.trades
    rows[-1] = [rows[0][0], *rows[-1][1:]] if venue == "kraken" else rows[-1] | {"p": rows[0]["p"]}
    replay.at = LAST
    assert replay.prices[-1] == replay.prices[0]

    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.until(lambda: bool(here.booked()))  # the loss may be one that halts
        (trade,) = here.booked()
        assert trade.reason == "stop_loss"
        assert trade.exit_price == pytest.approx(sold(replay.bids, covered) / covered)


async def test_a_restart_keeps_balances_orders_and_the_account(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    wanted = settings(venue, folder, replay.url, PAPER_BALANCE="25000")
    async with house(wanted, clock) as here:
        await here.ready()
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        before, balances, key = here.exchange.market.open_orders(), here.exchange.balances(), here.venue.api_key
        secret = here.venue.api_secret

    async with house(settings(venue, folder, replay.url, PAPER_BALANCE="99"), clock) as here:
        await here.ready()
        assert (here.exchange.market.open_orders(), here.exchange.balances()) == (before, balances)
        assert here.venue.api_key == key
        assert here.venue.api_secret != secret
        assert here.bot.state is State.IN_POSITION
        await here.agrees()
    assert (folder / "bot.paper.db").stat().st_mode & 0o777 == 0o600
