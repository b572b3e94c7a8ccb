"""Answers that the simulated Kraken does not give, and the real one may: no documentation rules them out."""

from typing import Any

import pytest

from adapters.exchanges import KrakenClient, Unresolved
from adapters.exchanges.kraken_finder import PAGES, SKEW, Finder
from adapters.exchanges.kraken_outcome import Reply, read
from adapters.exchanges.kraken_rules import read as read_rules
from adapters.exchanges.kraken_wire import Wire
from fsm.ledger import Status

pytestmark = pytest.mark.anyio

OURS = "0123456789abcdef0123456789abcdef"
DASHED = "01234567-89ab-cdef-0123-456789abcdef"
MONEY = {"vol": "0.05", "vol_exec": "0.05", "cost": "3200", "fee": "12.8", "oflags": "fciq", "status": "closed"}
CLOSE = "close position @ stop loss 62720.0"
BUY = {"type": "buy", "pair": "XBTUSDT", "ordertype": "market", "price": "0", "close": CLOSE}
PAIR = {"altname": "XBTUSDT", "base": "XXBT", "quote": "USDT", "pair_decimals": 1, "lot_decimals": 8, "ordermin": "1"}
SELL = {"type": "sell", "pair": "XBTUSDT", "ordertype": "stop-loss", "price": "62720.0", "close": ""}
ENTRY = MONEY | {"descr": BUY, "opentm": 100.0, "cl_ord_id": OURS}
STOP = MONEY | {"descr": SELL, "opentm": 100.5, "status": "open", "vol_exec": "0", "cost": "0", "fee": "0"}


class Scripted(Wire):
    """A wire whose venue says what a test tells it to."""

    def __init__(self, open_: dict[str, Any], closed: dict[str, Any], count: int | None = None) -> None:
        super().__init__("http://venue", "key", "c2VjcmV0", clock=lambda: 1000.0)
        self.open_, self.closed_, self.count = open_, closed, len(closed) if count is None else count
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(self, endpoint: str, **params: Any) -> Reply:
        self.asked.append((endpoint, params))
        if endpoint == "QueryOrders":
            rows = self.open_ | self.closed_
            return result({txid: rows[txid] for txid in params["txid"].split(",") if txid in rows})
        rows = self.open_ if endpoint == "OpenOrders" else self.closed_
        if "cl_ord_id" in params:
            rows = {
                t: r for t, r in rows.items() if str(r.get("cl_ord_id", "")).replace("-", "") == params["cl_ord_id"]
            }
        if endpoint == "OpenOrders":
            return result({"open": rows})
        page = dict(list(rows.items())[params["ofs"] :][:50])
        return result({"closed": page, "count": len(rows) if self.count == len(self.closed_) else self.count})


def result(body: Any) -> Reply:
    return read(200, {"error": [], "result": body})


def finder(wire: Wire) -> Finder:
    return Finder(wire, "USDT", lambda: 1000.0)


async def test_stops_that_inherit_our_id_are_not_taken_for_the_entry() -> None:
    """Neither while they are open, nor when they are done."""
    stop = STOP | {"refid": "OENTRY", "cl_ord_id": OURS}
    closed = stop | MONEY | {"descr": SELL}
    for open_, done in (({"OS": stop}, {"OENTRY": ENTRY}), ({}, {"OS": closed, "OENTRY": ENTRY})):
        found = await finder(Scripted(open_, done)).find(OURS)
        assert found is not None
        assert (found.report.status, found.report.filled) == (Status.FILLED, found.children[0].qty)
        assert [child.cid for child in found.children] == ["OS"]


async def test_an_id_that_comes_back_with_dashes() -> None:
    found = await finder(Scripted({}, {"OENTRY": ENTRY | {"cl_ord_id": DASHED}})).find(OURS)
    assert found is not None


async def test_stops_without_a_reference(caplog: pytest.LogCaptureFixture) -> None:
    stranger = STOP | {"opentm": 300.0}
    found = await finder(Scripted({"OS": STOP, "OX": stranger}, {"OENTRY": ENTRY})).find(OURS)

    assert found is not None
    assert [child.cid for child in found.children] == ["OS"]
    assert "without a reference" in caplog.text


async def test_a_search_begins_a_while_before_the_order_was_sent() -> None:
    wire = Scripted({}, {"OENTRY": ENTRY})
    here = finder(wire)
    assert await here.find("f" * 32) is None  # sent by another process: all of history
    here.sending(OURS)
    await here.find(OURS)

    starts = [params.get("start") for endpoint, params in wire.asked if endpoint == "ClosedOrders"]
    assert starts == [None, str(1000 - SKEW), str(100 - SKEW)]


async def test_a_list_without_end_is_a_doubt() -> None:
    with pytest.raises(Unresolved, match="longer"):
        await finder(Scripted({}, {"OENTRY": ENTRY}, count=50 * PAGES + 51)).find(OURS)


async def test_an_order_that_is_just_not_mentioned_is_a_doubt() -> None:
    with pytest.raises(Unresolved, match="does not show"):
        await finder(Scripted({}, {})).find("OSOME-THING-ELSE00")


async def test_what_cannot_be_read_is_a_doubt() -> None:
    for broken in ({"descr": {}}, {"cost": "much"}, {"vol_exec": None}, {"opentm": "then"}):
        with pytest.raises(Unresolved):
            await finder(Scripted({}, {"OENTRY": ENTRY | broken})).find(OURS)


async def test_open_stops_that_inherit_our_id_go_by_the_venues() -> None:
    rules = read_rules({"XBTUSDT": PAIR}, "BTC/USDT")
    wire = Scripted({"OS": STOP | {"refid": "OENTRY", "cl_ord_id": OURS}, "OT": STOP | {"cl_ord_id": OURS}}, {})
    client = KrakenClient(wire, "BTC/USDT", lambda: 1000.0)
    client._rules, client._rules_at = rules, 1000.0

    assert await client.open_orders() == ("OS", OURS)
