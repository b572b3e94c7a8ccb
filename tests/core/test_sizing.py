"""How much, and where the stop belongs."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fsm.book import Book
from fsm.bot import Bot
from fsm.events import Assessed, Market
from fsm.limits import Limits
from fsm.sizing import down, entry_qty, stop_price
from tests.world.desk import BTC


def sized(cash: D, price: D, market: Market = BTC, limits: Limits | None = None, equity: D | None = None) -> Bot:
    facts = Assessed(at=0.0, signal_id="a", price=price, cash=cash, market=market)
    return Bot(limits=limits or Limits(), facts=facts, market=market, book=Book(cash=equity or cash))


def test_the_example_in_the_readme() -> None:
    """10,000 USD, 1 % at risk, 2 % to the stop: 5,000 USD, of which 100 are at risk."""
    bot = sized(D(10_000), D(64_210))
    assert entry_qty(bot) == D("0.07786")
    assert stop_price(bot, D(64_210)) == D("62925.80")
    assert D("0.07786") * (D(64_210) - D("62925.80")) == D("99.987812")


@pytest.mark.parametrize(
    ("cash", "price", "limits", "qty"),
    [
        (D(10_000), D(50_000), Limits(), D("0.1")),
        (D(10_000), D(50_000), Limits(risk_pct=D("0.5")), D("0.05")),
        (D(10_000), D(50_000), Limits(stop_pct=D(4)), D("0.05")),
        (D(10_000), D(50_000), Limits(risk_pct=D(5)), D("0.19880")),  # capped by what cash pays, fee and slip included
        (D(9), D(50_000), Limits(), D("0.00009")),
        (D(0), D(50_000), Limits(), D(0)),
        (D(10_000), D(0), Limits(), D(0)),
        (D(10_000), D("0.08"), Limits(), D(62_500)),  # a coin may cost less than one unit of quote
        (D(10_000), D(-1), Limits(), D(0)),
    ],
)
def test_examples(cash: D, price: D, limits: Limits, qty: D) -> None:
    assert entry_qty(sized(cash, price, limits=limits)) == qty


def test_free_cash_caps_but_equity_measures() -> None:
    """Half of the money is locked by somebody else's order."""
    assert entry_qty(sized(D(2_000), D(50_000), equity=D(10_000))) == D("0.03976")


@given(
    cash=st.decimals(1, 1_000_000, places=2),
    price=st.decimals("0.01", 200_000, places=2),
    lot=st.sampled_from([D(1), D("0.01"), D("0.00001")]),
    fee=st.sampled_from([D(0), D("0.001"), D("0.004")]),
    risk=st.decimals("0.1", 10, places=1),
    stop=st.decimals("0.5", 20, places=1),
)
def test_never_more_than_the_cash_pays_nor_than_may_be_lost(
    cash: D, price: D, lot: D, fee: D, risk: D, stop: D
) -> None:
    bot = sized(cash, price, replace(BTC, lot=lot, fee=fee), Limits(risk_pct=risk, stop_pct=stop))
    qty = entry_qty(bot)
    assert qty >= 0
    assert qty % lot == 0
    assert qty * price * (1 + fee) <= cash
    assert qty * price * stop / 100 <= cash * risk / 100


@given(st.decimals("0.01", 200_000, places=2), st.sampled_from([D("0.01"), D("0.1"), D(5)]))
def test_the_stop_is_on_a_tick_and_never_nearer_than_asked(entry: D, tick: D) -> None:
    price = stop_price(sized(D(1_000), entry, replace(BTC, tick=tick)), entry)
    assert price % tick == 0
    assert entry * D("0.98") - tick < price <= entry * D("0.98")


def test_down() -> None:
    assert [down(D(x), D("0.01")) for x in ("1.019", "1.01", "0.009")] == [D("1.01"), D("1.01"), D("0.00")]
