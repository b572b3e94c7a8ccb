"""The matching core alone: money is conserved, the book is walked, locks follow the orders."""

import random
from decimal import Decimal

import pytest

from adapters.simulator import (
    Depth,
    Fees,
    Market,
    NullJournal,
    OrderRequest,
    OrderType,
    Refusal,
    RefusedError,
    Side,
    State,
    Status,
    TimeInForce,
)
from adapters.simulator.book import Book

D = Decimal


def market(*, fees: Fees | None = None, depth: Depth | None = None, **totals: str) -> Market:
    return Market(
        State(price=D(64000), totals={"BTC": D(0), "USDT": D(0)} | {name: D(total) for name, total in totals.items()}),
        base="BTC",
        quote="USDT",
        clock=lambda: 1_700_000_000.0,
        journal=NullJournal(),
        fees=fees,
        depth=depth or Depth(spread=D(0)),
    )


def buy(quantity: str = "0.01", **more: object) -> OrderRequest:
    return OrderRequest(side=Side.BUY, type=OrderType.MARKET, quantity=D(quantity), **more)  # type: ignore[arg-type]


def sell(quantity: str, kind: OrderType = OrderType.MARKET, price: str = "0", stop: str = "0") -> OrderRequest:
    return OrderRequest(side=Side.SELL, type=kind, quantity=D(quantity), price=D(price), stop_price=D(stop))


def limit_buy(price: str, tif: TimeInForce, quantity: str = "0.12") -> OrderRequest:
    return OrderRequest(side=Side.BUY, type=OrderType.LIMIT, quantity=D(quantity), price=D(price), time_in_force=tif)


def test_a_large_order_walks_the_book() -> None:
    venue = market(USDT="20000", depth=Depth(spread=D("0.02"), gap=D("0.10"), size=D("0.05")))

    order = venue.place(buy("0.12"))

    assert [(fill.price, fill.quantity) for fill in venue.state.fills] == [
        (D("64000.01"), D("0.05")),
        (D("64000.11"), D("0.05")),
        (D("64000.21"), D("0.02")),
    ]
    assert order.quote_executed == sum(fill.amount for fill in venue.state.fills)


def test_taken_liquidity_returns_with_the_next_price() -> None:
    venue = market(USDT="20000", depth=Depth(spread=D(0), size=D("0.05")))

    venue.place(buy("0.05"))
    venue.place(buy("0.05"))
    venue.move(D(64000))
    venue.place(buy("0.05"))

    assert [fill.price for fill in venue.state.fills] == [D(64000), D("64000.1"), D(64000)]


def test_an_empty_book_expires_a_market_order_with_what_it_got() -> None:
    venue = market(USDT="20000", depth=Depth(spread=D(0), size=D("0.05"), levels=2))

    order = venue.place(buy("0.2"))

    assert (order.status, order.executed) == (Status.EXPIRED, D("0.1"))


def test_an_amount_buys_whole_lots_and_never_costs_more() -> None:
    venue = market(USDT="1000")

    order = venue.place(OrderRequest(side=Side.BUY, type=OrderType.MARKET, quote_quantity=D(100)))

    assert (order.status, order.quantity, order.executed) == (Status.FILLED, D("0.00156"), D("0.00156"))
    assert venue.purse.totals["USDT"] == D(1000) - D("99.84")


@pytest.mark.parametrize(
    ("tif", "status", "executed"),
    [
        (TimeInForce.FOK, Status.EXPIRED, "0"),
        (TimeInForce.IOC, Status.EXPIRED, "0.1"),
        (TimeInForce.GTC, Status.PARTIALLY_FILLED, "0.1"),
    ],
)
def test_a_limit_that_the_book_cannot_fill(tif: TimeInForce, status: Status, executed: str) -> None:
    venue = market(USDT="20000", depth=Depth(spread=D(0), gap=D("0.10"), size=D("0.05")))

    order = venue.place(limit_buy("64000.10", tif))

    assert (order.status, order.executed) == (status, D(executed))
    assert venue.locked("USDT") == (D("0.02") * D("64000.10") if order.open else 0)


def test_fills_are_paid_in_the_discount_asset_while_it_lasts() -> None:
    """Binance, "Commission FAQ": one order may be charged in two assets."""
    venue = market(
        USDT="20000", BNB="0.004", fees=Fees(discount_price=D(600)), depth=Depth(spread=D(0), size=D("0.05"))
    )

    venue.place(buy("0.1"))

    assert [(fill.commission, fill.commission_asset) for fill in venue.state.fills] == [
        (D("0.004"), "BNB"),
        (D("0.00005"), "BTC"),
    ]


def test_a_stop_that_gaps_sells_at_the_gapped_price() -> None:
    venue = market(BTC="0.1")
    stop = venue.place(sell("0.1", OrderType.STOP_LOSS, stop="62000"))

    venue.move(D("62000.01"))
    assert stop.waiting
    venue.move(D(58000))

    assert (stop.status, stop.quote_executed) == (Status.FILLED, D("5799.995"))
    assert venue.purse.totals == {"BTC": D(0), "USDT": D("5799.995") * D("0.999")}


def test_a_stop_in_a_thin_market_expires_with_the_rest_unsold() -> None:
    venue = market(BTC="0.1")
    listed = venue.place_oco(
        sell("0.1", OrderType.LIMIT_MAKER, price="66000"), sell("0.1", OrderType.STOP_LOSS, stop="62000")
    )
    venue.thin = D("0.04")

    venue.move(D(61000))

    stop, profit = venue.legs(listed.id)
    assert (stop.status, stop.executed, profit.status) == (Status.EXPIRED, D("0.04"), Status.EXPIRED)
    assert listed.done
    assert venue.free("BTC") == D("0.06")


def test_money_in_and_out() -> None:
    venue = market(BTC="0.1", USDT="100")
    venue.place(sell("0.1", OrderType.STOP_LOSS, stop="62000"))

    venue.transfer("USDT", D(50))
    with pytest.raises(RefusedError) as refused:
        venue.transfer("BTC", D("-0.1"))

    assert refused.value.refusal is Refusal.FUNDS
    assert venue.purse.totals == {"BTC": D("0.1"), "USDT": D(150)}


def test_a_book_near_zero_has_no_worthless_bids() -> None:
    levels = list(Book(D("0.25"), Depth(spread=D(0), gap=D("0.10")), D("0.01")).levels(Side.SELL))

    assert [level.price for level in levels] == [D("0.25"), D("0.15"), D("0.05")]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_the_books_balance(seed: int) -> None:
    chance = random.Random(seed)
    venue = market(USDT="20000", depth=Depth(size=D("0.02"), levels=8))
    for _ in range(150):
        hostile_move(venue, chance)

        signs = {Side.BUY: 1, Side.SELL: -1}
        fills = venue.state.fills
        base = sum(signs[fill.side] * fill.quantity for fill in fills)
        paid = sum(signs[fill.side] * fill.amount for fill in fills)
        for asset, expected in (("BTC", base), ("USDT", 20000 - paid)):
            fees = sum(fill.commission for fill in fills if fill.commission_asset == asset)
            assert venue.purse.totals[asset] == expected - fees
            assert 0 <= venue.locked(asset) <= venue.purse.totals[asset]
        for listed in venue.state.lists.values():
            legs = venue.legs(listed.id)
            assert sum(leg.executed > 0 for leg in legs) <= 1
            assert listed.done == (not any(leg.open for leg in legs))
    assert venue.state.lists
    assert {Status.FILLED, Status.EXPIRED, Status.CANCELED} <= {order.status for order in venue.state.orders.values()}


def hostile_move(venue: Market, chance: random.Random) -> None:
    price, half = venue.price, (venue.free("BTC") / 2).quantize(D("0.00001"))
    try:
        match chance.choice(["buy", "buy", "sell", "oco", "oco", "stop", "cancel", "thin", "move", "move", "move"]):
            case "buy":
                venue.place(buy(str(chance.randint(1, 200) * D("0.001"))))
            case "sell":
                venue.place(sell(str(max(half, D("0.001")))))
            case "oco" if half > 0:
                above = sell(str(half), OrderType.LIMIT_MAKER, price=str(price + 300))
                venue.place_oco(above, sell(str(half), OrderType.STOP_LOSS, stop=str(price - 300)))
            case "stop" if half > 0:
                limit = str(price - chance.choice([200, 400]))
                venue.place(sell(str(half), OrderType.STOP_LOSS_LIMIT, price=limit, stop=str(price - 300)))
            case "cancel" if venue.open_orders():
                venue.cancel(chance.choice(venue.open_orders()).id)
            case "thin":
                venue.thin = D("0.01")
            case "move":
                venue.move(price + chance.randint(-500, 500))
    except RefusedError:
        pass
