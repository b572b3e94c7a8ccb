"""What the feed asks, what it remembers, and that both survive a crash together."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from adapters.paper import Pace, binance, kraken, market
from adapters.settings import ConfigurationError
from adapters.simulator import (
    Fill,
    Ledger,
    OrderRequest,
    OrderType,
    Phase,
    Side,
    SimulatedExchange,
    SimulatedKraken,
    Status,
)
from adapters.simulator.http import Reply
from fsm.bot import State
from fsm.commands import Side as Signalled

from .house import QUICK, Clock, house, settings, until
from .recording import Replay, sold

pytestmark = pytest.mark.anyio
D = Decimal
LAST = 12


def protect(exchange: SimulatedExchange | None, quantity: str = "0.1") -> int:
    """A stop 1 % below the market, and the coins for it; its number."""
    assert exchange is not None
    exchange.market.transfer("BTC", D(quantity))
    trigger = (exchange.market.price * D("0.99")).quantize(D(1))
    stop = OrderRequest(side=Side.SELL, type=OrderType.STOP_LOSS, quantity=D(quantity), stop_price=trigger)
    return exchange.market.place(stop).id


async def test_the_cursor_and_what_its_trades_caused_are_one_transaction(
    venue: str, replay: Replay, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails while the fill of a stop is written: nothing of it counts, until all of it is written."""
    wanted = settings(venue, folder, replay.url)
    async with market(wanted, clock, pace=QUICK) as paper:
        number, before = protect(paper.exchange), replay.cursor
        store = Ledger._store

        def full(ledger: Ledger, table: str, rows: Iterable[object]) -> None:
            found = list(rows)
            if any(isinstance(row, Fill) for row in found):
                raise OSError("no room")
            store(ledger, table, found)

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "_store", full)
            replay.at = LAST
            await until(lambda: paper.trouble is not None)
            ledger = Ledger(folder / "bot.paper.db")
            state = ledger.load()
            ledger.close()
        assert state is not None
        assert (state.cursor, state.orders[number].status, state.fills) == (before, Status.NEW, [])
        await until(lambda: paper.trouble is None)
        assert paper.exchange is not None
        state = paper.exchange.market.state
        assert (state.cursor, state.orders[number].status) == (replay.cursor, Status.FILLED)
        assert state.orders[number].quote_executed == sold(replay.bids, D("0.1"))


async def test_an_order_that_cannot_be_written_down_has_not_happened(
    venue: str, replay: Replay, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(settings(venue, folder, replay.url), clock) as here:
        await here.ready()

        def full(ledger: Ledger, table: str, rows: Iterable[object]) -> None:
            raise OSError("no room")

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "_store", full)
            here.signal(Signalled.BUY, "in")
            await here.answers()
        await here.state(State.IDLE)
        assert here.exchange.balances()["USDT"] == D(10_000)
        here.signal(Signalled.BUY, "again")
        await here.state(State.IN_POSITION)
        await here.agrees()


async def test_many_missed_trades_come_page_by_page_and_the_stop_sells_into_the_present_bids(
    venue: str, replay: Replay, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK) as paper:
        number = protect(paper.exchange)
    replay.at, replay.page = LAST, 10
    monkeypatch.setattr(binance, "LIMIT", 10)
    monkeypatch.setattr(kraken, "LIMIT", 10)
    replay.asked.clear()
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK) as paper:
        assert paper.exchange is not None
        order = paper.exchange.market.state.orders[number]
        assert (order.status, order.quote_executed) == (Status.FILLED, sold(replay.bids, D("0.1")))
        paths = [path.rsplit("/", 1)[1].lower() for path, _ in replay.asked]
        pages, first_book = paths.index("depth"), paths.index("depth")
        assert pages > 0
        assert len(replay.prices) > 100
        assert paths.index("depth", first_book + 1) > first_book + 1  # between the two, pages without a book


async def test_a_long_absence_does_not_hold_up_the_start(
    venue: str, replay: Replay, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings(venue, folder, replay.url)
    async with market(wanted, clock, pace=QUICK) as paper:
        number = protect(paper.exchange)
    replay.at, replay.page = LAST, 10
    monkeypatch.setattr(binance, "LIMIT", 10)
    monkeypatch.setattr(kraken, "LIMIT", 10)
    async with market(wanted, clock, pace=replace(QUICK, page=60.0, patience=0.5)) as paper:
        assert paper.exchange is not None
        assert (paper.fresh, paper.exchange.market.state.orders[number].open) == (False, True)
        assert paper.trouble is not None
    async with market(wanted, clock, pace=QUICK) as paper:
        await until(lambda: paper.fresh)
        assert paper.exchange is not None
        assert not paper.exchange.market.state.orders[number].open


async def test_a_stop_that_triggers_is_shown_more_of_the_book_than_a_regular_look(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK) as paper:
        number = protect(paper.exchange, "3")  # a hundred levels hold two
        assert paper.exchange is not None
        order = paper.exchange.market.state.orders[number]
        replay.at = LAST
        await until(lambda: not order.open)
        assert (order.status, order.quote_executed) == (Status.FILLED, sold(replay.bids, D(3)))


async def test_rules_fees_and_status_are_the_venues_own(venue: str, replay: Replay, folder: Path, clock: Clock) -> None:
    """And they are read again: a pair that stops trading stops here too."""
    pace = replace(QUICK, terms=0.0)
    async with market(settings(venue, folder, replay.url), clock, pace=pace) as paper:
        exchange = paper.exchange
        assert exchange is not None
        assert exchange.market.state.phase is Phase.TRADING
        terms = replay.recording.terms
        if venue == "kraken":
            pair = terms["/0/public/AssetPairs"]["result"]["XBTUSDT"]
            pair |= {"status": "cancel_only", "ordermin": "0.002", "fees": [[0, 0.26]], "tick_size": "0.5"}
        else:
            (symbol,) = terms["/api/v3/exchangeInfo"]["symbols"]
            symbol["status"] = "BREAK"
            symbol["filters"][0]["tickSize"] = "0.50"
            symbol["filters"][1]["minQty"] = "0.002"
        await until(lambda: exchange.market.state.phase is not Phase.TRADING)
        assert exchange.market.state.phase is (Phase.CANCEL_ONLY if venue == "kraken" else Phase.BREAK)
        assert (exchange.rules.tick, exchange.market.tick, exchange.rules.min_quantity) == (0.5, 0.5, D("0.002"))
        if isinstance(exchange, SimulatedKraken):
            assert (exchange.pair.order_min, exchange.market.fees.taker) == (D("0.002"), D("0.0026"))
            assert exchange.market.purse.fees is exchange.market.fees
    async with market(settings(venue, folder, replay.url), clock, pace=pace) as paper:
        assert paper.exchange is not None
        assert paper.exchange.rules.min_quantity == D("0.002")


async def test_where_nothing_rests_missed_trades_are_skipped(
    venue: str, replay: Replay, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK):
        pass
    replay.at, replay.page = LAST, 10
    monkeypatch.setattr(binance, "LIMIT", 10)
    monkeypatch.setattr(kraken, "LIMIT", 10)
    replay.asked.clear()
    async with market(settings(venue, folder, replay.url), clock, pace=Pace(between=60)) as paper:
        assert paper.exchange is not None
        assert paper.exchange.market.price == replay.prices[-1]
        assert paper.exchange.market.state.cursor == replay.cursor
        assert sum("rades" in path for path, _ in replay.asked) == 3  # the newest twice, one page


async def test_a_stop_is_triggered_by_no_trade_that_was_before_it(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    """A request that acts brings a look with it, and only then is executed."""
    async with market(settings(venue, folder, replay.url), clock, pace=Pace(between=60)) as paper:
        replay.at = LAST
        exchange = paper.exchange
        assert exchange is not None
        cursor = exchange.market.state.cursor
        assert cursor != replay.cursor
        path = "/api/v3/order" if venue == "binance" else "/0/private/AddOrder"
        await _post(paper.url + path)
        assert exchange.market.state.cursor == replay.cursor


async def test_an_unknown_pair_is_told_at_the_start(venue: str, replay: Replay, folder: Path, clock: Clock) -> None:
    replay.instead = (
        Reply.json({"error": ["EQuery:Unknown asset pair"]})
        if venue == "kraken"
        else Reply.json({"code": -1121, "msg": "Invalid symbol."}, status=400)
    )
    with pytest.raises(ConfigurationError, match=r"TRADING_PAIR: .* has no BTC/USDT"):
        async with market(settings(venue, folder, replay.url), clock, pace=QUICK):
            pass


async def _post(url: str) -> None:
    async with httpx.AsyncClient() as http:
        await http.post(url)
