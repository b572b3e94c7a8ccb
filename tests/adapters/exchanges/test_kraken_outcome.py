"""What an answer of Kraken's proves, as a table; and how rows are read."""

import time
from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import Refused, Unresolved
from adapters.exchanges import kraken_reports as reports
from adapters.exchanges import kraken_rules as rules
from adapters.exchanges.kraken_outcome import LATER, NO, UNKNOWN_ORDER, Reply, classify, demand, read
from adapters.exchanges.outcome import Outcome
from fsm.ledger import WOULD_TRIGGER, Report, Status

D = Decimal
TXID = {"txid": ["OAAAAA-BBBBB-CCCCCC"]}
ACCEPTED, REFUSED, AGAIN, UNRESOLVED = Outcome


def said(*errors: str, result: Any = None, status: int = 200) -> Reply:
    return read(status, {"error": list(errors)} | ({} if result is None else {"result": result}))


@pytest.mark.parametrize(
    ("reply", "outcome", "reason"),
    [
        (said(result=TXID), ACCEPTED, ""),
        (said("WGeneral:Danger", result=TXID), ACCEPTED, ""),
        *((said(no), REFUSED, no) for no in NO),
        (said("EGeneral:Invalid arguments:volume"), REFUSED, "EGeneral:Invalid arguments:volume"),
        (said("EGeneral:Invalid arguments:Index unavailable"), REFUSED, "EGeneral"),
        (said("EOrder:Insufficient funds", "EOrder:Order minimum not met"), REFUSED, "EOrder:Insufficient funds; EO"),
        (said("WGeneral:Danger", "EOrder:Insufficient funds"), REFUSED, "EOrder:Insufficient funds"),
        (said("EOrder:Insufficient funds", status=400), REFUSED, "EOrder:Insufficient funds"),
        *((said(later), AGAIN, later) for later in LATER),
        (said("EService:Throttled: 99999999999"), AGAIN, "EService:Throttled"),
        (Reply(sent=False, why="OSError"), AGAIN, "not connected: OSError"),
        (Reply(sent=False, hold=3.0), AGAIN, "rate limit"),
        # nobody knows
        (said(), UNRESOLVED, "HTTP 200 without a result"),
        (said(result={}), UNRESOLVED, "HTTP 200 without txid"),
        (said(result={"txid": []}), UNRESOLVED, "HTTP 200 without txid"),
        (said(result={"descr": {}}), UNRESOLVED, "HTTP 200 without txid"),
        (said(result=[TXID]), UNRESOLVED, "HTTP 200 without txid"),
        (said(result=TXID, status=201), UNRESOLVED, "HTTP 201"),
        (said(result=TXID, status=307), UNRESOLVED, "HTTP 307"),
        (said("EService:Busy"), UNRESOLVED, "EService:Busy"),
        (said("EService:Unavailable"), UNRESOLVED, "EService:Unavailable"),
        (said("EService:Deadline elapsed"), UNRESOLVED, "EService:Deadline elapsed"),
        (said("EGeneral:Internal error"), UNRESOLVED, "EGeneral:Internal error"),
        (said("EGeneral:Internal error:31"), UNRESOLVED, "EGeneral:Internal error:31"),
        (said("EOrder:Unknown order"), UNRESOLVED, "EOrder:Unknown order"),
        (said("EOrder:Invalid order"), UNRESOLVED, "EOrder:Invalid order"),
        (said("EGeneral:Invalid argumentsX"), UNRESOLVED, "EGeneral:Invalid argumentsX"),
        (said("EGeneral:Invalid arguments:cl_ord_id not unique"), UNRESOLVED, "EGeneral:Invalid arguments:cl_ord_id"),
        (said("EOrder:Insufficient funds", "EService:Busy"), UNRESOLVED, "EOrder:Insufficient funds; EService:Busy"),
        (said("EOrder:Insufficient funds", "EAPI:Invalid nonce"), UNRESOLVED, "EOrder"),
        (said("EOrder:Insufficient funds", result=TXID), UNRESOLVED, "EOrder"),
        (said("EOrder:Insufficient funds", status=502), UNRESOLVED, "HTTP 502"),
        (said("Something new"), UNRESOLVED, "Something new"),
        (said("WGeneral:Danger"), UNRESOLVED, "HTTP 200 without a result"),
        (read(200, None), UNRESOLVED, "HTTP 200 without an answer of Kraken's"),
        (read(200, TXID), UNRESOLVED, "HTTP 200 without an answer"),
        (read(200, {"error": "EOrder:Insufficient funds"}), UNRESOLVED, "HTTP 200"),
        (read(200, {"error": [7], "result": TXID}), UNRESOLVED, "HTTP 200"),
        (read(502, None), UNRESOLVED, "HTTP 502"),
        (Reply(why="TimeoutError"), UNRESOLVED, "no answer: TimeoutError"),
    ],
    ids=str,
)
def test_what_an_answer_proves(reply: Reply, outcome: Outcome, reason: str) -> None:
    verdict = classify(reply, "txid")

    assert verdict.outcome is outcome
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    ("status", "outcome"), [(399, UNRESOLVED), (400, REFUSED), (499, REFUSED), (500, UNRESOLVED), (199, UNRESOLVED)]
)
def test_only_a_complete_answer_of_the_4xx_kind_is_a_refusal(status: int, outcome: Outcome) -> None:
    assert classify(said("EOrder:Insufficient funds", status=status)).outcome is outcome


def test_one_error_and_no_other() -> None:
    assert said(UNKNOWN_ORDER).says(UNKNOWN_ORDER)
    assert said(f"{UNKNOWN_ORDER}:O1").says(UNKNOWN_ORDER)
    assert not said("EOrder:Unknown position").says(UNKNOWN_ORDER)
    assert not said(UNKNOWN_ORDER, "EService:Busy").says(UNKNOWN_ORDER)
    assert not said("EService:Busy", UNKNOWN_ORDER).says(UNKNOWN_ORDER)
    assert not said().says(UNKNOWN_ORDER)


def test_evidence_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        said(UNKNOWN_ORDER).status = 200  # type: ignore[misc]


def test_how_long_to_wait() -> None:
    """By Kraken's pages of errors and rate limits: a counter melts by a point in 1-3 s, a lockout lasts 15 minutes."""
    assert {error: classify(said(error)).wait for error in LATER} == {
        "EAPI:Invalid nonce": 0.05,
        "EAPI:Rate limit exceeded": 5,
        "EOrder:Rate limit exceeded": 5,
        "EGeneral:Too many requests": 5,
        "EGeneral:Temporary lockout": 900,
        "EService:Throttled": 5,
        "EService:Market in cancel_only mode": 5,
        "EService:Market in limit_only mode": 5,
        "EService:Market in post_only mode": 5,
        "EGeneral:Invalid arguments:deadline": 0.1,
    }
    assert classify(Reply(sent=False, why="OSError")).wait == 0.25
    assert 50 < classify(said(f"EService:Throttled: {int(time.time()) + 60}")).wait <= 60
    assert classify(said("EService:Throttled: 1")).wait == 1
    assert classify(said("EService:Throttled")).wait == 5


def test_the_two_exceptions_of_this_border() -> None:
    assert demand(said(result=TXID), "txid") == TXID
    assert demand(said(result={})) == {}
    with pytest.raises(Refused) as refusal:
        demand(said("EOrder:Insufficient funds"))
    assert (refusal.value.reason, refusal.value.again) == ("EOrder:Insufficient funds", None)
    with pytest.raises(Refused) as refusal:
        demand(said("EAPI:Rate limit exceeded"))
    assert refusal.value.again == 5
    with pytest.raises(Unresolved):
        demand(said("EService:Busy"))


ROW = {
    "status": "closed",
    "vol": "0.05000000",
    "vol_exec": "0.05000000",
    "cost": "3200.00000",
    "fee": "12.80000",
    "oflags": "fciq",
    "opentm": 100.0,
    "descr": {"type": "buy", "pair": "XBTUSDT", "ordertype": "market", "close": "close position @ stop loss 62720.0"},
}
STOP = ROW | {"opentm": 101.0, "descr": {"type": "sell", "pair": "XBTUSDT", "ordertype": "stop-loss", "price": "62720"}}


@pytest.mark.parametrize(
    ("change", "report"),
    [
        ({}, Report(Status.FILLED, D("0.05"), D(3200), fee_quote=D("12.8"))),
        ({"vol_exec": "0.04999999"}, Report(Status.FILLED, D("0.04999999"), D(3200), fee_quote=D("12.8"))),
        ({"status": "open"}, Report(Status.OPEN, D("0.05"), D(3200), fee_quote=D("12.8"))),
        ({"status": "pending", "vol_exec": "0", "cost": "0", "fee": "0"}, Report(Status.OPEN)),
        ({"status": "closed", "vol_exec": "0", "cost": "0", "fee": "0"}, Report(Status.CANCELED)),
        ({"status": "canceled", "reason": "Deadline"}, Report(Status.CANCELED, D("0.05"), D(3200), D(0), D("12.8"))),
        ({"oflags": "fcib,nompp"}, Report(Status.FILLED, D("0.05"), D(3200), fee_base=D("0.0002"))),
    ],
)
def test_a_row_is_a_report(change: dict[str, Any], report: Report) -> None:
    assert reports.report(ROW | change) == report


@pytest.mark.parametrize(
    ("reason", "reference", "status", "why"),
    [
        ("User requested", None, Status.CANCELED, ""),
        ("User Canceled", "OENTRY", Status.CANCELED, ""),
        (None, None, Status.CANCELED, ""),
        ("Insufficient funds", None, Status.REJECTED, "Insufficient funds"),
        ("Insufficient funds", "OENTRY", Status.CANCELED, ""),
        ("Order would trigger immediately", None, Status.REJECTED, WOULD_TRIGGER),
        ("Order would trigger immediately", "OENTRY", Status.REJECTED, WOULD_TRIGGER),
    ],
)
def test_what_ended_without_a_trade(reason: str | None, reference: str | None, status: Status, why: str) -> None:
    nothing = {"status": "canceled", "vol_exec": "0", "cost": "0", "fee": "0", "reason": reason, "refid": reference}

    report = reports.report(ROW | nothing)

    assert (report.status, report.reason, report.filled) == (status, why, 0)


def test_an_unknown_status_is_not_guessed_at() -> None:
    with pytest.raises(Unresolved):
        reports.report(ROW | {"status": "resting"})


def test_stops_that_all_died_at_birth_are_one_refusal() -> None:
    dead = {"status": "canceled", "vol_exec": "0", "reason": "Order would trigger immediately", "refid": "O"}
    found = reports.children(dict.fromkeys(("OC", "OA", "OB"), STOP | dead))

    assert [child.cid for child in found] == ["OA", "OB", "OC"]
    assert [child.report.status for child in found] == [Status.CANCELED, Status.CANCELED, Status.REJECTED]


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        ({"refid": "OENTRY"}, True),
        ({"refid": "OENTRY", "cl_ord_id": "a" * 32}, True),  # whether it inherits that is not documented
        ({"refid": "OOTHER"}, False),
        ({}, True),
        ({"opentm": 130.0}, False),
        ({"opentm": 99.0}, False),
        ({"cl_ord_id": "a" * 32}, False),
        ({"userref": 7}, False),
        ({"descr": STOP["descr"] | {"price": "62720.1"}}, False),
        ({"descr": STOP["descr"] | {"pair": "ETHUSDT"}}, False),
        ({"descr": STOP["descr"] | {"ordertype": "limit"}}, False),
        ({"descr": STOP["descr"] | {"type": "buy"}}, False),
    ],
)
def test_whose_stop_it_is(change: dict[str, Any], ours: bool) -> None:
    assert reports.made_by(STOP | change, "OENTRY", ROW) is ours


def test_our_id_may_come_back_with_dashes() -> None:
    assert (
        reports.client_id({"cl_ord_id": "0123ABCD-0123-abcd-0123-0123456789ab"}) == "0123abcd0123abcd01230123456789ab"
    )
    assert reports.client_id({"cl_ord_id": None}) == ""


# AssetPairs as captured from the venue in November 2025 (nautilus_trader, http_asset_pairs.json), shortened
CAPTURED = {
    "XBTUSDT": {
        "altname": "XBTUSDT",
        "wsname": "XBT/USDT",
        "base": "XXBT",
        "quote": "USDT",
        "pair_decimals": 1,
        "lot_decimals": 8,
        "fees": [[0, 0.4], [10000, 0.35]],
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online",
    }
}


def test_the_rules_of_the_pair() -> None:
    found = rules.read(CAPTURED, "BTC/USDT")

    assert found.names == {"XBTUSDT", "XBT/USDT"}
    assert found.market.fee == D("0.004")
    assert rules.read(CAPTURED, "BTC/USDT", D("0.0012")).market.fee == D("0.0012")
    assert rules.read({"XBTUSDT": {**CAPTURED["XBTUSDT"], "fees": []}}, "BTC/USDT").market.fee == rules.TAKER_FEE
    assert rules.taker_fee({"fees": {"XBTUSDT": {"fee": "0.3500"}}}, "XBTUSDT") == D("0.0035")
    assert rules.on_tick(found, D("62720.19")) == D("62720.1")
    assert [rules.altname(pair) for pair in ("BTC/USDT", "DOGE/USD", "ETH/EUR")] == ["XBTUSDT", "XDGUSD", "ETHEUR"]


def test_a_balance_is_one_pot() -> None:
    """Coins in auto-earn are ours; a hold may be counted under the other name; what is staked cannot be sold."""
    found, earning = rules.balance(
        {
            "XXBT": {"balance": "0.0", "hold_trade": "0.05"},
            "XBT.F": {"balance": "0.0780", "hold_trade": "0"},
            "BTC.F": {"balance": "0.001", "hold_trade": "0"},
            "XBT.M": {"balance": "9", "hold_trade": "0"},
            "USDT": {"balance": "100.5", "hold_trade": "0.5"},
            "USDT.F": {"balance": "7"},
            "ZUSD": {"balance": "9", "hold_trade": "0"},
        },
        rules.read(CAPTURED, "BTC/USDT"),
    )

    assert (found.base, found.free_base, earning) == (D("0.079"), D("0.029"), D("0.079"))
    assert (found.cash, found.free_cash) == (D("107.5"), D(107))
