"""The conditional close: one secondary order for every fill, each on its own from then on."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.simulator import Depth, Fate, Passed, Phase, SimulatedKraken, Status, serve
from tests.adapters.simulator.conftest import RawKraken

pytestmark = pytest.mark.anyio

D = Decimal
BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.12"}
STOP = {"close[ordertype]": "stop-loss", "close[price]": "62000"}
SELL = {"pair": "XBTUSDT", "type": "sell", "ordertype": "market", "volume": "0.12"}
FIRST = "OSIMUL-ORDER-000001"


async def children(raw: RawKraken) -> dict[str, Any]:
    rows: dict[str, Any] = (await raw("OpenOrders"))["open"]
    return {txid: row for txid, row in rows.items() if row["refid"] == FIRST}


async def test_every_level_of_the_book_makes_a_stop_of_its_size(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **STOP, cl_ord_id="entry")

    found = await children(raw_kraken)

    assert [row["vol"] for row in found.values()] == ["0.02000000", "0.05000000", "0.05000000"]
    assert {row["descr"]["ordertype"] for row in found.values()} == {"stop-loss"}
    assert {row["trigger"] for row in found.values()} == {"last"}
    assert not any("cl_ord_id" in row for row in found.values())
    assert kraken.market.covered() == D("0.12")
    assert kraken.naked().total == 0


async def test_they_are_independent(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    """Selling does not cancel them, and cancelling one leaves the others."""
    await raw_kraken("AddOrder", **BUY, **STOP)
    one, *others = await children(raw_kraken)

    assert await raw_kraken("AddOrder", **SELL) == "EOrder:Insufficient funds"
    await raw_kraken("CancelOrder", txid=one)

    assert list(await children(raw_kraken)) == others
    assert kraken.market.free("BTC") == D("0.02")


async def test_they_trigger_together_and_walk_the_book(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.market.depth = Depth(spread=D(0), gap=D(1))
    kraken.move(D(64000))
    await raw_kraken("AddOrder", **BUY, **STOP)
    kraken.move(D("62000.1"))
    assert len(await children(raw_kraken)) == 3

    kraken.move(D(61900))
    rows = (await raw_kraken("ClosedOrders", trades=True))["closed"]
    sold = [row for row in rows.values() if row["refid"] == FIRST]

    assert [row["misc"] for row in sold] == ["stopped"] * 3
    assert {row["status"] for row in sold} == {"closed"}
    assert {row["price"] for row in sold} == {"61900.00000", "61899.00000", "61898.00000"}
    assert kraken.balances()["BTC"] == 0


async def test_a_resting_primary_makes_its_stop_when_it_fills(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    limit = BUY | {"ordertype": "limit", "price": "63000", "volume": "0.1"}
    await raw_kraken("AddOrder", **limit, **STOP)
    assert kraken.market.locked("USDT") == D("6325.2")
    assert await children(raw_kraken) == {}

    kraken.move(D(63000))

    assert [row["vol"] for row in (await children(raw_kraken)).values()] == ["0.10000000"]
    assert kraken.balances() == {"BTC": D("0.1"), "USDT": D(10000) - D("6300") * D("1.0025")}


async def test_a_limit_order_can_be_the_secondary(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken(
        "AddOrder", **BUY | {"volume": "0.05"}, **STOP | {"close[ordertype]": "limit", "close[price]": "65000"}
    )

    assert [row["descr"]["order"] for row in (await children(raw_kraken)).values()] == [
        "sell 0.05000000 XBTUSDT @ limit 65000.0"
    ]
    kraken.move(D(65000))
    assert kraken.balances() == {"BTC": D(0), "USDT": D("6787.2") + D(3250) * D("0.9975")}


async def test_a_fee_in_base_leaves_too_little_for_the_stop(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY | {"volume": "0.05"}, **STOP, oflags="fcib")

    row = (await raw_kraken("QueryOrders", txid="OSIMUL-ORDER-000002"))["OSIMUL-ORDER-000002"]

    assert kraken.balances()["BTC"] == D("0.0498")
    assert (row["status"], row["reason"]) == ("canceled", "Insufficient funds")
    assert kraken.naked().total >= 0
    assert kraken.market.covered() == 0


@pytest.mark.parametrize(
    ("policy", "status", "misc", "held"),
    [(Passed.CANCELED, "canceled", "", D("0.05")), (Passed.TRIGGERED, "closed", "stopped", D(0))],
)
async def test_a_stop_above_the_market(
    raw_kraken: RawKraken, kraken: SimulatedKraken, policy: Passed, status: str, misc: str, held: Decimal
) -> None:
    kraken.market.passed = policy
    await raw_kraken("AddOrder", **BUY | {"volume": "0.05"}, **STOP | {"close[price]": "64000"})

    row = (await raw_kraken("QueryOrders", txid="OSIMUL-ORDER-000002"))["OSIMUL-ORDER-000002"]

    assert (row["status"], row["misc"], row["refid"]) == (status, misc, FIRST)
    assert kraken.balances()["BTC"] == held


async def test_a_stop_of_its_own_above_the_market(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    """It gets an id like any other order, and is gone."""
    kraken.market.transfer("BTC", D("0.12"))
    (txid,) = (await raw_kraken("AddOrder", **SELL | {"ordertype": "stop-loss", "price": "64000"}))["txid"]

    row = (await raw_kraken("QueryOrders", txid=txid))[txid]

    assert (row["status"], row["reason"]) == ("canceled", "Order would trigger immediately")
    assert kraken.market.free("BTC") == D("0.12")


async def test_a_stop_may_fail_to_appear_or_die_at_birth(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.market.fates.extend([Fate.MISSING, Fate.CANCELED])
    await raw_kraken("AddOrder", **BUY, **STOP)

    found = {row["status"]: row["vol"] for row in (await raw_kraken("ClosedOrders"))["closed"].values() if row["refid"]}

    assert [row["vol"] for row in (await children(raw_kraken)).values()] == ["0.02000000"]
    assert found == {"canceled": "0.05000000"}
    assert kraken.market.covered() == D("0.02")


async def test_holds_can_be_switched_off(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    """Accounts of real accounts differ on whether a waiting stop holds anything."""
    kraken.market.purse.hold_stops = False
    await raw_kraken("AddOrder", **BUY, **STOP)

    assert (await raw_kraken("BalanceEx"))["XXBT"]["hold_trade"] == "0.00000000"
    assert "txid" in await raw_kraken("AddOrder", **SELL)
    kraken.move(D(61000))

    rows = (await raw_kraken("ClosedOrders"))["closed"].values()
    assert [row["reason"] for row in rows if row["refid"]] == ["Insufficient funds"] * 3
    assert kraken.balances()["BTC"] == 0


async def test_a_halted_market_neither_cancels_nor_triggers(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("AddOrder", **BUY, **STOP)
    kraken.market.set_phase(Phase.HALT)
    kraken.move(D(61000))

    assert await raw_kraken("CancelOrder", txid="OSIMUL-ORDER-000002") == "EService:Unavailable"
    assert len(await children(raw_kraken)) == 3
    kraken.market.set_phase(Phase.TRADING)
    assert await children(raw_kraken) == {}


async def test_a_restarted_venue_knows_everything(tmp_path: Path) -> None:
    def reopen() -> SimulatedKraken:
        return SimulatedKraken.create(price=D(64000), database=tmp_path / "venue.db", depth=Depth(spread=D(0)))

    venue = reopen()
    async with serve(venue) as url, httpx.AsyncClient(base_url=url) as http:
        await RawKraken(http)("AddOrder", **BUY | {"userref": -5}, **STOP, oflags="nompp")
        before = await RawKraken(http)("OpenOrders", nonce=2000)
    state, venue_balances = venue.market.state, venue.balances()
    venue.close()

    again = reopen()
    async with serve(again) as url, httpx.AsyncClient(base_url=url) as http:
        raw = RawKraken(http)
        assert await raw("OpenOrders") == before
        entry = (await raw("QueryOrders", txid=FIRST))[FIRST]

    assert again.market.state == state
    assert again.balances() == venue_balances
    assert (entry["userref"], entry["oflags"]) == (-5, "nompp,fciq")
    again.move(D(61000))
    assert {order.status for order in again.market.state.orders.values()} == {Status.FILLED}
    again.close()
