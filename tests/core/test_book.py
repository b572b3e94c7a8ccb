"""The money: net of fees, a day that ends at 00:00 UTC, deposits that are no profit."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from fsm.book import DAY, Book, Trade
from fsm.commands import Choice
from fsm.events import OrderSeen
from fsm.ledger import NEVER, Purpose, Report, Status
from fsm.step import step
from tests.world.desk import Desk
from tests.world.world import START

MIDNIGHT = START + DAY / 2


def opened(cash: int = 10_000) -> Book:
    return Book().roll(START, D(0)).open(D(cash))


def test_a_round_trip_costs_both_fees() -> None:
    desk = Desk().open().hold()
    desk.price(65_000)
    desk.sell("tv-2")
    desk.calm()
    (bought, _, sold) = (o for o in desk.exchange.orders.values())
    assert desk.bot.book.realised == sold.cost - sold.fee_quote - bought.cost
    assert desk.bot.cash == desk.exchange.cash
    assert desk.bot.coins == desk.exchange.base == D("0.00000214")  # the fee was taken from the coins: dust stays
    assert desk.laws.pnl == desk.bot.book.realised


def test_dust_is_sold_with_the_next_position() -> None:
    desk = Desk().open()
    for n in range(6):
        desk.hold(f"tv-{n}")
        desk.sell(f"tv-{n}-out")
        desk.calm()
    assert desk.bot.coins == desk.exchange.base < desk.exchange.market.lot


def test_a_win_ends_the_streak_a_loss_lengthens_it_nothing_changes_it() -> None:
    book = opened()
    streaks = []
    for pnl in ("-1", "-0.01", "0", "-1", "0.01", "-1"):
        book = book.close(D(pnl), D(0), START)
        streaks.append(book.streak)
    assert streaks == [1, 2, 2, 3, 0, 1]


def test_only_a_loss_starts_the_cooldown() -> None:
    for pnl in ("5", "0.01", "0"):
        assert opened().close(D(pnl), D(0), START).lost_at == NEVER
    for pnl in ("-0.01", "-5"):
        assert opened().close(D(pnl), D(0), START).lost_at == START


def test_the_peak_moves_on_realised_equity_only() -> None:
    desk = Desk().open().hold()
    desk.price(90_000)
    assert desk.bot.book.peak == D(10_000)
    desk.sell("tv-2")
    desk.calm()
    assert desk.bot.book.peak == desk.bot.cash > 10_000


def test_the_day_rolls_at_midnight_utc_and_never_back() -> None:
    book = opened().close(D(-100), D(0), START)
    assert book.roll(MIDNIGHT - 0.001, D(9_900)) == book
    rolled = book.roll(MIDNIGHT, D(9_900))
    assert (rolled.day, rolled.day_open, rolled.day_pnl) == (book.day + 1, D(9_900), D(0))
    assert rolled.roll(MIDNIGHT - 1, D(1)) == rolled
    assert rolled.streak == 1


def test_the_first_day_opens_with_the_first_audit() -> None:
    desk = Desk()
    desk.boot()
    assert desk.bot.book.cash is None
    desk.calm()
    assert (desk.bot.book.peak, desk.bot.book.day_open) == (D(10_000), D(10_000))


def test_a_withdrawal_is_no_drawdown() -> None:
    """Nine tenths go to the bank. Subtracted from the peak, the 5 % we were down would look like 50 %."""
    book = opened().close(D(-500), D(0), START).move(D(-8_550), D(9_500))
    assert book.cash == D(950)
    assert book.peak == D(1_000)
    assert book.day_open == D(1_000)
    assert book.day_pnl == D(-50)


@given(st.decimals(100, 100_000, places=2), st.decimals(-49, 100_000, places=2), st.decimals(-50, 50, places=2))
def test_moving_money_keeps_every_percentage(cash: D, amount: D, lost: D) -> None:
    before = Book().open(cash).close(lost, D(0), START)
    after = before.move(amount, before.cash or D(1))
    for part in ("peak", "day_open"):
        was, now = getattr(before, part) / before.cash, getattr(after, part) / after.cash
        assert abs(was - now) < D("1e-20")
    assert after.realised == before.realised


def test_an_empty_account_that_is_filled_begins_anew() -> None:
    """Scaled from nothing, the peak would stay nothing, and no drawdown would ever be seen."""
    for book in (opened(0), opened().move(D(-10_000), D(10_000))):
        filled = book.move(D(5_000), D(0))
        assert (filled.cash, filled.peak, filled.day_open) == (D(5_000), D(5_000), D(5_000))


def test_a_deposit_is_seen_twice_and_then_moves_the_baseline() -> None:
    desk = Desk().open()
    desk.exchange.cash += 5_000
    desk.wait(70)
    book = desk.bot.book
    assert (book.cash, book.realised, book.day_pnl) == (D(15_000), D(0), D(0))
    assert book.peak == D(15_000)
    assert not desk.bot.orphan


def test_adopted_coins_come_in_at_the_mark() -> None:
    desk = Desk().open()
    desk.meddle(D("0.1"))
    desk.wait(70)
    desk.resolve(Choice.ADOPT)
    desk.calm()
    assert desk.bot.ledger.position == D("0.1")
    assert desk.bot.equity == desk.exchange.cash + D("0.1") * desk.exchange.price == D(10_000)
    assert desk.bot.book.realised == 0
    assert desk.bot.cash == desk.exchange.cash


def test_of_coins_that_went_the_owners_go_first_and_only_the_rest_is_written_off() -> None:
    """He had 0.01 beside ours, and took 0.03: 0.02 of them were ours."""
    desk = Desk().open()
    desk.meddle(D("0.01"), paid=False)
    desk.wait(65)
    desk.resolve(Choice.KEEP)
    desk.resume()
    desk.hold()
    held = desk.bot.ledger.position
    desk.meddle(D("-0.03"), paid=False)
    desk.wait(65)
    assert desk.bot.orphan == D("-0.03")
    desk.resolve(Choice.KEEP)
    assert (desk.bot.orphan, desk.bot.book.foreign) == (0, 0)
    assert desk.bot.ledger.position == held - D("0.02")
    assert desk.bot.coins == desk.exchange.base


def test_a_trade_is_told_with_every_figure() -> None:
    desk = Desk().open().hold("tv-1")
    entry, stop = desk.order(Purpose.ENTRY), desk.order(Purpose.STOP)
    sold = Report(Status.FILLED, stop.qty, stop.qty * 62_000, fee_quote=D("4.80"))
    (trade,) = step(desk.bot, OrderSeen(at=desk.now + 7, cid=stop.cid, report=sold)).trades
    price = entry.cost / entry.filled
    pnl = stop.qty * 62_000 - D("4.80") - entry.cost
    assert trade == Trade(
        signal_id="tv-1",
        opened_at=entry.at,
        closed_at=desk.now + 7,
        qty=entry.filled,
        entry_price=price,
        exit_price=D(62_000),
        fees=D("4.80") + entry.fee_base * price,
        pnl=pnl,
        pnl_pct=pnl * 100 / entry.cost,
        reason="stop_loss",
    )
    assert trade.fees > D("4.80")
