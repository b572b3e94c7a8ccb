"""What a paper order may take: what is offered, once, and nothing that is not there."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.paper import market
from adapters.simulator import Level, OrderRequest, OrderType, Side, Sight, Status
from adapters.simulator.live import LiveBook

from .house import QUICK, Clock, settings, until
from .recording import Replay, sold

D = Decimal


def levels(*rows: tuple[int, str]) -> tuple[Level, ...]:
    return tuple(Level(D(price), D(quantity)) for price, quantity in rows)


def seen(*rows: tuple[int, str]) -> Sight:
    return Sight(bids=levels(*rows), asks=())


def offered(book: LiveBook) -> list[tuple[Decimal, Decimal]]:
    return [(level.price, level.quantity) for level in book.levels(Side.SELL)]


def sell(book: LiveBook, quantity: str) -> None:
    book.take(Side.SELL, book.walk(Side.SELL, D(quantity)))


def test_what_was_taken_stays_taken_until_the_level_changes() -> None:
    book = LiveBook()
    book.renew(seen((100, "2"), (99, "3")))
    sell(book, "2.5")
    assert offered(book) == [(99, D("2.5"))]
    book.renew(seen((100, "2"), (99, "3")))
    assert offered(book) == [(99, D("2.5"))]
    sell(book, "0.5")
    assert offered(book) == [(99, D("2"))]
    book.renew(seen((100, "2.1"), (99, "3")))
    assert offered(book) == [(100, D("2.1")), (99, D("2"))]
    book.renew(seen((99, "1")))
    assert offered(book) == [(99, D("1"))]


def test_a_level_that_went_and_came_back_is_a_new_one() -> None:
    book = LiveBook()
    book.renew(seen((100, "2"), (99, "3")))
    sell(book, "2")
    book.renew(seen((101, "1"), (99, "3")))
    book.renew(seen((100, "2"), (99, "3")))
    assert offered(book) == [(100, D(2)), (99, D(3))]


def test_what_a_shallow_look_does_not_reach_is_remembered() -> None:
    book = LiveBook()
    book.renew(seen((100, "2"), (99, "3"), (98, "5")))
    sell(book, "6")
    book.renew(seen((100, "2")))
    assert offered(book) == []
    book.renew(seen((100, "2"), (99, "3"), (98, "5")))
    assert offered(book) == [(98, D(4))]


def test_a_look_at_trades_alone_leaves_the_book_as_it_is() -> None:
    book = LiveBook()
    assert book.best(Side.BUY) is None
    book.renew(seen((100, "2")))
    book.renew(Sight())
    assert offered(book) == [(100, D(2))]


@pytest.mark.anyio
async def test_where_the_depth_ends_the_rest_of_an_order_expires(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK) as paper:
        exchange = paper.exchange
        assert exchange is not None
        exchange.market.transfer("BTC", D(100))
        there = list(exchange.market.book.levels(Side.SELL))
        order = exchange.market.place(OrderRequest(side=Side.SELL, type=OrderType.MARKET, quantity=D(50)))
        assert (order.status, order.executed) == (Status.EXPIRED, sum(level.quantity for level in there))
        assert order.quote_executed == sum(level.price * level.quantity for level in there)
        assert exchange.market.state.fills[-1].price == there[-1].price


@pytest.mark.anyio
async def test_the_next_look_at_the_same_book_gives_nothing_back(
    venue: str, replay: Replay, folder: Path, clock: Clock
) -> None:
    async with market(settings(venue, folder, replay.url), clock, pace=QUICK) as paper:
        exchange = paper.exchange
        assert exchange is not None
        exchange.market.transfer("BTC", D(1))
        order = OrderRequest(side=Side.SELL, type=OrderType.MARKET, quantity=D("0.05"))
        first = exchange.market.place(order)
        looks = len(replay.asked)
        await until(lambda: len(replay.asked) > looks + 4)
        second = exchange.market.place(order)
        assert first.quote_executed == sold(replay.bids, D("0.05"))
        assert first.quote_executed + second.quote_executed == sold(replay.bids, D("0.1"))
        replay.at = 1
        await until(lambda: exchange.market.state.cursor == replay.cursor)
        third = exchange.market.place(order)
        assert third.quote_executed == sold(replay.bids, D("0.05"))
