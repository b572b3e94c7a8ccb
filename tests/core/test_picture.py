"""What people are shown: the figures of one moment, worked out by hand."""

from __future__ import annotations

from decimal import Decimal as D

from msgspec.structs import replace

from fsm.bot import Bot, State
from fsm.ledger import Purpose
from fsm.limits import Limits
from fsm.picture import Picture, picture
from tests.world.desk import PRICE, Desk

from . import places


def test_a_bot_that_knows_nothing_yet() -> None:
    assert picture(Bot()) == Picture(
        state=State.IDLE,
        why=(),
        position=D(0),
        entry_price=None,
        stop_price=None,
        mark=None,
        cash=D(0),
        equity=D(0),
        open_pnl=D(0),
        day_pnl=D(0),
        day_pnl_pct=D(0),
        drawdown_pct=D(0),
        streak=0,
        unresolved=False,
    )


def test_a_position() -> None:
    desk = places.in_position()
    desk.price(PRICE - 1000)
    shown, order = picture(desk.bot), desk.order(Purpose.ENTRY)
    coins = order.filled - order.fee_base
    assert (shown.state, shown.position, shown.mark) == (State.IN_POSITION, coins, PRICE - 1000)
    assert shown.entry_price == order.cost / order.filled
    assert shown.stop_price == desk.order(Purpose.STOP).trigger
    assert shown.cash == desk.exchange.cash == 10_000 - order.cost
    assert shown.equity == shown.cash + coins * (PRICE - 1000)
    assert shown.open_pnl == coins * (PRICE - 1000) - order.cost
    assert shown.drawdown_pct == (shown.equity - 10_000) / 100 < 0
    assert not shown.unresolved


def test_the_higher_stop_is_shown_and_only_of_stops_that_live() -> None:
    desk = places.in_position()
    stop = desk.order(Purpose.STOP)
    assert stop.trigger is not None
    lower = replace(stop, cid="lower", trigger=stop.trigger - 1)
    dead = replace(stop, cid="dead", trigger=stop.trigger + 1, final=True)
    assert picture(desk.bot.record(lower).record(dead)).stop_price == stop.trigger


def test_without_a_price_coins_count_at_what_they_cost() -> None:
    bot = replace(places.in_position().bot, mark=None)
    shown = picture(bot)
    assert shown.open_pnl == bot.ledger.flow + bot.ledger.position * (bot.ledger.entry_price or 0)


def test_dust_is_no_position() -> None:
    desk = places.in_position()
    order = desk.order(Purpose.ENTRY)
    assert picture(desk.bot.record(replace(order, fee_base=order.filled - D("0.000001")))).position == 0


def test_a_loss_is_shown_of_the_day_and_of_the_peak() -> None:
    desk = Desk().open().lose("tv-1")
    shown, loss = picture(desk.bot), desk.bot.book.realised
    assert loss < 0
    assert (shown.day_pnl, shown.day_pnl_pct, shown.streak) == (loss, loss / 100, 1)
    assert shown.drawdown_pct == (shown.equity - 10_000) / 100 < 0  # dust that stayed counts


def test_above_the_peak_there_is_no_drawdown() -> None:
    desk = places.in_position()
    desk.price(90_000)
    assert picture(desk.bot).drawdown_pct == 0


def test_one_doubt_is_shown_as_unresolved() -> None:
    desk = places.in_position()
    stop = desk.order(Purpose.STOP)
    assert picture(desk.bot.record(replace(stop, doubts=1))).unresolved
    assert picture(desk.bot.record(replace(stop, doubts=1, final=True))).unresolved is False


def test_alarms_are_shown_by_name() -> None:
    desk = Desk(limits=Limits()).open()
    desk.meddle(D("0.5"))
    desk.wait(65)
    assert (picture(desk.bot).state, picture(desk.bot).alarms) == (State.HALTED, ("orphaned",))
    assert picture(replace(desk.bot, bare_told=True)).alarms == ("orphaned", "naked")
