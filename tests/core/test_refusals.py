"""What a person reads when a command is refused: what is wrong, how wrong, and until when."""

from __future__ import annotations

from decimal import Decimal as D

from msgspec.structs import replace

from fsm.bot import State
from fsm.commands import Choice, Side
from fsm.limits import Limits
from tests.core import places
from tests.world.desk import Desk


def test_daily_loss() -> None:
    desk = Desk(limits=Limits(risk_pct=D(4), stop_pct=D(4), drawdown_pct=D(50))).open().hold()
    desk.price(desk.exchange.price * D("0.97"))
    desk.sell("tv-2")
    desk.calm()
    assert desk.state is State.HALTED
    assert desk.resume().reasons == ("daily loss -3.2 % <= -3 % until 00:00 UTC",)


def test_daily_loss_as_in_the_manual() -> None:
    desk = places.halted()
    desk.bot = replace(desk.bot, book=replace(desk.bot.book, day_pnl=D(-340)))
    assert desk.resume().reasons == ("daily loss -3.4 % <= -3 % until 00:00 UTC",)


def test_drawdown() -> None:
    desk = places.halted()
    desk.bot = replace(desk.bot, book=replace(desk.bot.book, peak=D(20_000)))
    assert desk.resume().reasons == ("drawdown -50.0 % <= -3 %", "drawdown")


def test_position_still_closing() -> None:
    desk = places.in_position()
    desk.stop()
    assert desk.resume().reasons == ("position still closing: 0.15465519", "1 orders still live")


def test_an_order_without_an_answer() -> None:
    desk = places.ordering()
    desk.send("reply_lost")
    for _ in range(5):
        desk.unresolved(desk.bot.ledger.orders[0].cid)
    assert (desk.state, desk.bot.why) == (State.HALTED, ("lost",))
    assert "an order has no answer yet" in desk.resume().reasons


def test_an_account_nobody_has_looked_at() -> None:
    desk = Desk()
    desk.boot()
    desk.stop()
    assert desk.resume().reasons == ("the account has not been audited yet",)


def test_an_orphan() -> None:
    desk = places.idle()
    desk.meddle(D("0.5"))
    desk.meddle_order(sells=False, qty=D("0.01"))
    desk.wait(70)
    assert desk.bot.why == ("orphaned",)
    assert desk.resume().reasons == ("an orphan waits for a decision: 0.5 coins, 1 orders",)
    assert desk.resolve(Choice.KEEP).accepted
    assert desk.resume().accepted


def test_a_signal_that_is_too_old_or_from_the_future() -> None:
    assert places.idle().signal(Side.BUY, "x", age=61.0).reasons == ("stale_signal: 61 s old, at most 60 s",)
    assert places.idle().signal(Side.BUY, "x", age=-90.0).reasons == ("stale_signal: -90 s old, at most 60 s",)
    assert places.idle().signal(Side.BUY, "x", age=60.0).accepted


def test_an_exit_is_never_too_old() -> None:
    assert places.in_position().signal(Side.SELL, "x", age=3_600.0).accepted


def test_an_exit_for_another_pair() -> None:
    d = places.in_position().signal(Side.SELL, "x", symbol="ETH/USDT")
    assert d.reasons == ("pair_unavailable: ETH/USDT is not BTC/USDT",)


def test_a_buy_too_soon_after_a_loss() -> None:
    desk = Desk(limits=Limits(cooldown=90.0)).open().lose()
    desk.wait(30)
    assert desk.buy("tv-2").reasons == ("cooling_down: 60 s left",)
    desk.wait(60)
    assert desk.buy("tv-3").accepted


def test_a_buy_before_the_first_audit_leaves_no_trace() -> None:
    """The webhook answers 503, TradingView sends it again, and that is no duplicate."""
    desk = Desk()
    desk.boot()
    d = desk.buy("tv-1")
    assert (d.accepted, d.reasons, d.verdicts) == (False, ("not_ready",), ())
    assert desk.bot.heard == ()
    desk.calm()
    assert desk.resend(desk.sent[0]).accepted
