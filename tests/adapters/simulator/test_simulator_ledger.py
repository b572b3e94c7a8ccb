"""The venue's memory: it survives its process, and it is the judge of how long a position stood naked."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from adapters.simulator import (
    Depth,
    Event,
    Ledger,
    Naked,
    OrderRequest,
    OrderType,
    Side,
    SimulatedExchange,
    Status,
    naked_seconds,
)

D = Decimal


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


def open_venue(path: Path | None, clock: Clock) -> SimulatedExchange:
    return SimulatedExchange.create(
        price=D(64000), database=path, clock=clock, depth=Depth(spread=D(0)), balances={"USDT": D(10000)}
    )


def protect(venue: SimulatedExchange, quantity: str) -> None:
    amount = D(quantity)
    venue.market.place_oco(
        OrderRequest(side=Side.SELL, type=OrderType.LIMIT_MAKER, quantity=amount, price=D(66000), client_id="profit"),
        OrderRequest(side=Side.SELL, type=OrderType.STOP_LOSS, quantity=amount, stop_price=D(62000), client_id="stop"),
        "list",
    )


def buy(venue: SimulatedExchange, quantity: str) -> None:
    venue.market.place(OrderRequest(side=Side.BUY, type=OrderType.MARKET, quantity=D(quantity), client_id="entry"))


def test_a_restarted_venue_knows_everything(tmp_path: Path) -> None:
    clock = Clock()
    venue = open_venue(tmp_path / "venue.db", clock)
    buy(venue, "0.05")
    protect(venue, "0.0499")
    venue.move(D(63500))
    before = venue.market.state
    venue.close()

    again = open_venue(tmp_path / "venue.db", clock)

    assert again.market.state == before
    assert again.market.locked("BTC") == D("0.0499")
    again.move(D(61000))
    assert again.market.state.orders[2].status is Status.FILLED
    assert again.market.state.lists[1].done
    again.close()


def test_what_was_wiped_stays_forgotten(tmp_path: Path) -> None:
    venue = open_venue(tmp_path / "venue.db", Clock())
    buy(venue, "0.05")
    protect(venue, "0.0499")
    venue.market.wipe({"USDT": D(500)})
    buy(venue, "0.001")
    before = venue.market.state
    venue.close()

    again = open_venue(tmp_path / "venue.db", Clock())

    assert again.market.state == before
    assert (len(before.orders), before.lists, len(before.fills)) == (1, {}, 1)
    assert again.ledger.events()[-1].kind == "filled"
    again.close()


SERVER = """
import asyncio, sys
from pathlib import Path
from decimal import Decimal
from adapters.simulator import SimulatedExchange, serve

async def main():
    venue = SimulatedExchange.create(price=Decimal(64000), database=Path(sys.argv[1]))
    async with serve(venue) as url:
        print(url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    database = tmp_path / "venue.db"
    process = subprocess.Popen([sys.executable, "-c", SERVER, database], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process, httpx.Client(base_url=process.stdout.readline().strip()) as http:
        acknowledged = [
            http.post("/control/trades", json={"side": "BUY", "quantity": "0.001"}).json()["id"] for _ in range(20)
        ]
        os.kill(process.pid, signal.SIGKILL)

    state = Ledger(database).load()

    assert state
    assert acknowledged == list(state.orders) == list(range(1, 21))
    assert all(order.status is Status.FILLED for order in state.orders.values())
    assert len(state.fills) == 20


def test_naked_time_is_read_from_the_ledger() -> None:
    clock = Clock()
    venue = open_venue(None, clock)
    buy(venue, "0.05")
    clock.time += 2
    protect(venue, "0.04995")
    clock.time += 100
    venue.market.cancel(2)
    clock.time += 3
    protect(venue, "0.04995")
    clock.time += 100
    venue.move(D(61000))
    clock.time += 100

    assert venue.naked() == Naked(total=5.0, longest=3.0)
    venue.close()


def test_a_stop_limit_that_rests_in_a_gap_protects_nothing() -> None:
    clock = Clock()
    venue = open_venue(None, clock)
    venue.market.transfer("BTC", D("0.05"))
    stop = OrderRequest(
        side=Side.SELL, type=OrderType.STOP_LOSS_LIMIT, quantity=D("0.05"), price=D(61900), stop_price=D(62000)
    )
    venue.market.place(stop)
    clock.time += 10
    venue.move(D(60000))
    clock.time += 7

    assert venue.naked() == Naked(total=7.0, longest=7.0)
    venue.close()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(0, "0.00007", "0")], Naked(0, 0)),  # dust: 4.48 USDT
        ([(0, "0.00008", "0")], Naked(10, 10)),
        ([(0, "0.1", "0.1"), (4, "0.1", "0.09995")], Naked(0, 0)),  # the uncovered rest is dust
        ([(0, "0.1", "0"), (1, "0.1", "0.05"), (3, "0.1", "0.1")], Naked(3, 3)),  # half covered is not covered
        ([(0, "0.1", "0"), (1, "0.1", "0.1"), (2, "0.1", "0"), (4, "0", "0")], Naked(3, 2)),
    ],
)
def test_the_definition_of_naked(steps: list[tuple[int, str, str]], expected: Naked) -> None:
    events = [
        Event(time=second * 1000, kind="", held=D(held), covered=D(covered), price=D(64000))
        for second, held, covered in steps
    ]

    assert naked_seconds(events, now=10_000) == expected


def test_coins_that_were_never_the_bots_do_not_count() -> None:
    events = [Event(time=0, kind="", held=D(1), covered=D(0), price=D(64000))]

    assert naked_seconds(events, now=5000, baseline=D(1)) == Naked(0, 0)
