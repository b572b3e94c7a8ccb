"""The market goes away: the exchange seems unreachable, nothing is made up, and it goes on by itself afterwards."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator.http import Reply
from fsm.bot import State
from fsm.commands import Side

from .house import Clock, House, house, settings, until
from .recording import Replay, sold

pytestmark = pytest.mark.anyio
D = Decimal


async def lost(here: House, replay: Replay) -> None:
    replay.dead = True
    await until(lambda: here.venue.trouble is not None)
    await until(lambda: not here.venue.fresh)


async def back(here: House, replay: Replay) -> None:
    replay.dead = False
    await until(lambda: here.venue.fresh)


async def test_without_the_market_there_are_no_marks_and_no_entries(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        await lost(here, replay)
        here.marks.clear()
        here.signal(Side.BUY, "in the dark")
        await here.state(State.IDLE)
        await here.tick()
        (refused,) = [v for entry in here.store.reader.entries() for v in entry.verdicts]
        assert (refused.outcome, refused.reasons) == ("refused", ("exchange_unreachable", "below_min_notional"))
        assert here.marks == []
        assert not here.desk.connected
        assert not here.exchange.market.state.orders
        await back(here, replay)
        await here.tick()
        assert here.marks[-1].price == replay.bids[0][0]
        assert here.desk.connected
        here.signal(Side.BUY, "in the light")
        await here.state(State.IN_POSITION)
        await here.agrees()


async def test_an_order_that_cannot_see_the_market_is_not_executed(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        held, fills = here.exchange.balances()["BTC"], len(here.exchange.market.state.fills)
        replay.dead = True
        assert here.venue.fresh  # what was seen is still young enough for questions, but not for orders
        here.signal(Side.SELL, "out")
        await here.answers()
        for _ in range(5):
            await here.tick()
        assert here.exchange.balances()["BTC"] == held
        assert here.bot.coins == held
        await lost(here, replay)
        replay.at = 1
        await back(here, replay)
        await here.until(lambda: bool(here.booked()))
        out = here.exchange.market.state.fills[fills:]
        quantity = sum((fill.quantity for fill in out), D(0))
        assert sum((fill.amount for fill in out), D(0)) == sold(replay.bids, quantity)
        await here.agrees()


async def test_what_traded_during_the_outage_triggers_the_stop_afterwards(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        here.signal(Side.BUY, "in")
        await here.state(State.IN_POSITION)
        covered, fills = here.exchange.market.covered(), len(here.exchange.market.state.fills)
        await lost(here, replay)
        replay.at = 12
        assert here.exchange.market.covered() == covered
        await back(here, replay)
        await here.until(lambda: bool(here.booked()))
        stops = here.exchange.market.state.fills[fills:]
        assert sum((fill.amount for fill in stops), D(0)) == sold(replay.bids, covered)
        assert here.booked()[0].reason == "stop_loss"
        await here.agrees()


async def test_a_market_that_is_away_at_the_start_is_waited_for(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    replay.dead = True
    async with house(settings(venue, folder, replay.url), clock) as here:
        for _ in range(3):
            await here.tick()
        assert (here.venue.exchange, here.marks, here.bot.audited) == (None, [], False)
        assert here.venue.trouble is not None
        await back(here, replay)
        await here.ready()
        assert here.bot.cash == D(10_000)


NONSENSE = (
    Reply(body=b"<html>", content_type="text/html"),
    Reply(body=b"<html>", content_type="text/html", status=502),
    Reply.json([]),
    Reply.json({}),
    Reply.json(7),
    Reply.json({"error": ["EService:Unavailable"]}),
    Reply.json({"error": [], "result": {}}),
    Reply.json({"code": -1000, "msg": "An unknown error occurred"}, status=400),
)
BAD_SIDES = (
    {"bids": [["NaN", "1", 0]], "asks": [["99", "1", 0]]},
    {"bids": [["-1", "1", 0]], "asks": [["99", "1", 0]]},
    {"bids": [["98", "Infinity", 0]], "asks": [["99", "1", 0]]},
    {"bids": [["100", "1", 0]], "asks": [["99", "1", 0]]},
    {"bids": [[]], "asks": [["99", "1", 0]]},
    {"bids": 7, "asks": 7},
)


async def test_nonsense_is_as_good_as_silence(venue: str, replay: Replay, folder: Path, clock: Clock) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()
        moved = Reply(status=302, headers={"location": f"{replay.url}/elsewhere"}, body=b"{}")
        for nonsense in (*NONSENSE, moved):
            replay.instead = nonsense
            await until(lambda: here.venue.trouble is not None)
            replay.instead = None
            await until(lambda: here.venue.trouble is None)
        honest = replay.recording.books[0]
        for sides in BAD_SIDES:
            body = sides if venue == "binance" else {"error": [], "result": {"XBTUSDT": sides}}
            replay.recording.books[0] = (body, honest[1])
            await until(lambda: here.venue.trouble is not None)
            replay.recording.books[0] = honest
            await until(lambda: here.venue.trouble is None)
        assert here.exchange.market.price == replay.prices[-1]
        assert not any("elsewhere" in path for path, _ in replay.asked)
        replay.instead = NONSENSE[0]
        await until(lambda: not here.venue.fresh)
        assert await here.desk.mark() is None


async def test_a_venue_that_wants_silence_gets_it(venue: str, replay: Replay, folder: Path, clock: Clock) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        replay.instead = Reply.json({}, status=429, headers={"retry-after": "1"})
        await until(lambda: here.venue.trouble is not None)
        replay.instead, asked = None, len(replay.asked)
        await until(lambda: not here.venue.fresh)
        assert len(replay.asked) == asked
        await until(lambda: here.venue.fresh)
        assert here.venue.trouble is None
