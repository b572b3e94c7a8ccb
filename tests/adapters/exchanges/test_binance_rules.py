"""What Binance's filters mean for us, and the prices of a protective order."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.exchanges import Refused, Unresolved, rules, stops
from adapters.exchanges.reports import report
from adapters.exchanges.rules import plain
from fsm.ledger import WOULD_TRIGGER, Status

CID = "0123456789abcdef0123456789abcdef"


def info(**changes: Any) -> dict[str, Any]:
    filters: list[dict[str, Any]] = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001000"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "80", "stepSize": "0.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "bidMultiplierDown": "0.2",
         "askMultiplierUp": "5", "askMultiplierDown": "0.2"},
    ]  # fmt: skip
    replaced = changes.pop("filters", {})
    kept = [replaced.get(row["filterType"], row) for row in filters]
    kept += [row for kind, row in replaced.items() if row and kind not in {f["filterType"] for f in filters}]
    symbol = {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"],
        "ocoAllowed": True,
        "filters": [row for row in kept if row],
    }
    return {"symbols": [symbol | changes]}


def known(**changes: Any) -> rules.Rules:
    return rules.read(info(**changes), "BTCUSDT")


def test_the_market_of_a_symbol() -> None:
    market = known().market
    assert (market.lot, market.tick, market.min_qty) == (Decimal("0.00001"), Decimal("0.01"), Decimal("0.00001"))
    assert (market.min_notional, market.fee, market.attached, market.locks) == (5, Decimal("0.001"), False, True)


@pytest.mark.parametrize(("oto", "opo", "attached"), [(True, True, True), (True, False, False), (False, True, False)])
def test_an_entry_can_pay_for_its_stop_where_both_flags_say_so(oto: bool, opo: bool, attached: bool) -> None:
    body = info(otoAllowed=oto, opoAllowed=opo)
    assert rules.read(body, "BTCUSDT", atomic=True).market.attached is attached
    assert rules.read(body, "BTCUSDT").market.attached is False


def test_market_orders_may_have_a_coarser_lot() -> None:
    coarse = {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "80", "stepSize": "0.001"}
    market = known(filters={"MARKET_LOT_SIZE": coarse}).market
    assert (market.lot, market.min_qty) == (Decimal("0.001"), Decimal("0.001"))


def test_older_symbols_have_older_filters() -> None:
    old = known(
        filters={
            "NOTIONAL": None,
            "MIN_NOTIONAL": {"filterType": "MIN_NOTIONAL", "minNotional": "10"},
            "PERCENT_PRICE_BY_SIDE": None,
            "PERCENT_PRICE": {"filterType": "PERCENT_PRICE", "multiplierUp": "1.2", "multiplierDown": "0.8"},
        }
    )
    assert (old.market.min_notional, old.ceiling, old.floor) == (10, Decimal("1.2"), Decimal("0.8"))


def test_what_is_no_symbol_is_an_error() -> None:
    with pytest.raises(KeyError):
        rules.read({"symbols": []}, "BTCUSDT")


def test_the_fee_is_the_sum_of_all_its_kinds() -> None:
    rate = {"maker": "0.0008", "taker": "0.001", "buyer": "0.0001", "seller": "0.0002"}
    nothing = dict.fromkeys(rate, "0")
    body = {"standardCommission": rate, "taxCommission": nothing | {"taker": "0.0003"}, "specialCommission": nothing}
    assert rules.taker_fee(body) == Decimal("0.0015")


@pytest.mark.parametrize(
    ("up", "highest", "price"), [("5", "1000000", 192000), ("1.2", "1000000", 70400), ("5", "100000", 82000)]
)
def test_the_upper_leg_is_half_way_to_the_ceiling(up: str, highest: str, price: int) -> None:
    percent = {"filterType": "PERCENT_PRICE_BY_SIDE", "askMultiplierUp": up, "askMultiplierDown": "0.2"}
    top = {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": highest, "tickSize": "0.01"}
    found = rules.far_above(known(filters={"PERCENT_PRICE_BY_SIDE": percent, "PRICE_FILTER": top}), Decimal(64000))
    assert found == price


@pytest.mark.parametrize(
    ("down", "qty", "limit"),
    [
        ("0.2", "0.05", "37760"),  # half-way between 62720 and 12800
        ("0.9", "0.05", "60160"),
        ("0.2", "0.0001", "50000"),  # deeper, it would be worth less than 5
        ("0.2", "0.00001", "62720"),  # never above its trigger
    ],
)
def test_a_limit_stop_is_deep_but_allowed(down: str, qty: str, limit: str) -> None:
    percent = {"filterType": "PERCENT_PRICE_BY_SIDE", "askMultiplierUp": "5", "askMultiplierDown": down}
    found = known(filters={"PERCENT_PRICE_BY_SIDE": percent})
    assert rules.far_below(found, Decimal(64000), Decimal(62720), Decimal(qty)) == Decimal(limit)


def test_the_stop_that_a_symbol_takes() -> None:
    assert stops.stop_type(known()) == "STOP_LOSS"
    assert stops.stop_type(known(orderTypes=["MARKET", "STOP_LOSS_LIMIT"])) == "STOP_LOSS_LIMIT"


def test_ids_of_legs_lead_back_to_their_order() -> None:
    assert stops.owner(CID + "A") == stops.owner(CID + "B") == stops.owner(CID) == CID
    assert stops.owner("web_1B") == "web_1B"
    assert stops.owner(CID + "C") == CID + "C"


@pytest.mark.parametrize(
    ("refusal", "alone"),
    [
        (Refused("-1013 Filter failure: PERCENT_PRICE_BY_SIDE", -1013), True),
        (Refused("-1013 Filter failure: MAX_NUM_ORDER_LISTS", -1013), True),
        (Refused("-1158 Order type not supported in OCO.", -1158), True),
        (Refused("-2010 The relationship of the prices for the orders is not correct.", -2010), True),
        (Refused("-2010 Order would immediately match and take.", -2010), True),
        (Refused("-2010 OCO orders are not supported for this symbol", -2010), True),
        (Refused("-2010 Account has insufficient balance for requested action.", -2010), False),
        (Refused(WOULD_TRIGGER, -2010), False),
        (Refused("-1022 Signature", -1022), False),
        (Refused("-2015 Invalid API-key", -2015), False),
        (Refused("rate limit", -1013, again=1.0), False),
        (Refused("not connected", None, again=0.2), False),
    ],
    ids=lambda value: getattr(value, "reason", None),
)
def test_which_refusals_are_the_lists_own(refusal: Refused, alone: bool) -> None:
    assert stops.stop_may_stand_alone(refusal) is alone


@pytest.mark.parametrize(
    ("number", "text"), [("62720.00", "62720"), ("1E-5", "0.00001"), ("1E+2", "100"), ("100", "100"), ("0.050", "0.05")]
)
def test_numbers_on_the_wire(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["NEW"], Status.OPEN),
        (["PENDING_NEW"], Status.OPEN),
        (["PARTIALLY_FILLED"], Status.OPEN),
        (["CANCELED"], Status.CANCELED),
        (["EXPIRED"], Status.CANCELED),
        (["EXPIRED_IN_MATCH"], Status.CANCELED),
        (["REJECTED"], Status.REJECTED),
        (["EXPIRED", "NEW"], Status.OPEN),
        (["CANCELED", "CANCELED"], Status.CANCELED),
        (["REJECTED", "EXPIRED"], Status.CANCELED),
    ],
)
def test_words_of_the_venue(words: list[str], status: Status) -> None:
    orders = [{"status": word, "origQty": "1", "executedQty": "0"} for word in words]
    assert report(orders, (), "BTC", "USDT").status is status


def test_an_unknown_word_is_doubt() -> None:
    with pytest.raises(Unresolved):
        report([{"status": "BREWING", "origQty": "1", "executedQty": "0"}], (), "BTC", "USDT")
