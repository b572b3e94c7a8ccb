"""The alert texts, as an operator reads them."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from fsm.bot import State
from fsm.commands import Choice, Rearm, Resolve, Resume, Side, Stop
from fsm.events import Audited, Booted, Marked, OrderSeen, OrderUnresolved, Tick
from fsm.ledger import WOULD_TRIGGER, Report, Status

from ..driving import BOOT, MARKET, NOW, assessed, filled, resting, signal
from .hand import Hand


def test_a_bot_that_starts_tells_its_balance_once_the_account_was_read(hand: Hand) -> None:
    assert hand.fire(BOOT[0]) == []
    assert hand.fire(*BOOT[1:]) == ["🤖 BOT STARTED: Mode: testnet | Exchange: binance | Balance: 10,000.10"]


def test_a_bot_that_starts_where_it_was_left_says_where_that_is(hand: Hand) -> None:
    hand.fire(*BOOT, Stop(at=NOW))
    (told,) = hand.fire(BOOT[0], Audited(at=NOW + 2, asked=9, base=D(0), cash=D("10000.10")))
    assert told == "🤖 BOT STARTED: Mode: testnet | Exchange: binance | Balance: 10,000.10 | State: halted"


def test_a_bot_that_starts_against_the_doctors_advice_says_so(hand: Hand) -> None:
    (told,) = hand.fire(Booted(at=NOW, pair="BTC/USDT", despite=("fees", "withdrawal")))
    assert told.startswith("🔓 DESPITE: fees, withdrawal — ")


def test_an_opened_trade(hand: Hand) -> None:
    assert hand.in_position()[1:] == ["🟢 OPENED: BUY BTC/USDT @ 64,210.33 | Size: 0.07779213 | SL: 62,926.12"]


def test_a_closed_trade(hand: Hand) -> None:
    hand.in_position()
    hand.fire(signal(Side.SELL, "b"))
    gone = Report(Status.CANCELED, asked_at=NOW + 1)
    hand.fire(OrderSeen(at=NOW + 1, cid=hand.stop.cid, report=gone))
    assert hand.fire(filled(hand.placed, D(66_000))) == [
        "🔴 CLOSED: BTC/USDT @ 66,000.00 | P&L: +128.95 (+2.58%)",
    ]


def test_a_stop_loss(hand: Hand) -> None:
    hand.in_position()
    assert hand.fire(filled(hand.stop, D("62925.12"))) == ["⛔ STOP LOSS: BTC/USDT @ 62,925.12 | Loss: 110.01"]


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (NOW - 93, "stale_signal: 93 s old, at most 60 s"),
        (NOW, "position_already_open"),
    ],
)
def test_a_rejected_signal(hand: Hand, stamp: float, reason: str) -> None:
    if stamp == NOW:
        hand.in_position()
    else:
        hand.fire(*BOOT)
    assert hand.fire(signal(Side.BUY, "b", stamp=stamp)) == [f"⚠️ SIGNAL REJECTED: {reason}"]


def test_a_signal_that_the_gates_reject(hand: Hand) -> None:
    hand.fire(*BOOT, signal(Side.BUY, "a"))
    facts = assessed("a")
    (text,) = hand.fire(type(facts)(at=NOW, signal_id="a", price=facts.price, cash=D(1), market=MARKET, listed=False))
    assert text == "⚠️ SIGNAL REJECTED: below_min_notional; pair_unavailable"


def test_duplicates_and_what_is_asked_to_come_again_are_silent(hand: Hand) -> None:
    assert hand.fire(BOOT[0], signal(Side.BUY, "early")) == []
    hand.fire(*BOOT[1:], signal(Side.BUY, "a"))
    assert hand.fire(signal(Side.BUY, "a")) == []
    assert not hand.decision.accepted


def test_the_daily_limit(hand: Hand) -> None:
    hand.in_position()
    assert hand.fire(filled(hand.stop, D(60_000))) == [
        "⛔ STOP LOSS: BTC/USDT @ 60,000.00 | Loss: 337.33",
        "🚨 DAILY LOSS LIMIT HIT: −3.37% | Trading halted",
        "👉 No entries until 00:00 UTC, /resume is refused until then. After that: look, then /resume",
    ]


def test_the_drawdown_limit(hand: Hand) -> None:
    hand.in_position()
    texts = hand.fire(Marked(at=NOW + 1, price=D(30_000)), Marked(at=NOW + 7, price=D(30_000)))
    assert texts == [
        "❌ ERROR: drawdown — equity fell 26.66 % from its peak. What is held is sold, and the bot is killed; only a "
        'person at the machine starts it again, with: auto-trader rearm --reason "..."'
    ]


def test_a_losing_streak(hand: Hand) -> None:
    hand.fire(*BOOT)
    told: list[str] = []
    for n in range(5):
        at = NOW + n * 86_400
        facts = assessed(str(n), at=at)
        hand.fire(signal(Side.BUY, str(n), at=at), facts)
        hand.fire(filled(hand.placed, D("64210.33"), at=at))
        told = hand.fire(filled(hand.placed, D("62925.12"), at=at))
    assert told[1:] == [
        "❌ ERROR: losing_streak — 5 losses in a row, so entries are paused. Look at /trades, then /resume"
    ]


@pytest.mark.parametrize(
    ("alarm", "next_step"),
    [
        ("unprotectable", "look for the reason in auto-trader journal, then /resume"),
        ("cannot_leave", "sell there by hand if it cannot wait"),
        ("lost", "/resume when the bot says that it was found"),
    ],
)
def test_what_stops_the_bot_is_told_with_what_to_do_next(hand: Hand, alarm: str, next_step: str) -> None:
    hand.in_position()
    texts = list(hand.trouble(alarm))
    (told,) = (text for text in texts if f"ERROR: {alarm} — " in text)
    assert told.endswith(next_step)
    assert hand.runner.bot.state is State.HALTED


def test_a_refused_stop_is_told_at_once_and_once(hand: Hand) -> None:
    hand.fire(*BOOT, signal(Side.BUY, "a"), assessed("a"))
    hand.fire(filled(hand.placed, D("64210.33")))
    refusal = OrderSeen(at=NOW, cid=hand.placed.cid, report=Report(Status.REJECTED, reason="MAX_NUM_ALGO_ORDERS"))
    assert hand.fire(refusal, refusal) == [
        "❌ ERROR: stop_refused — the exchange refused the stop order (MAX_NUM_ALGO_ORDERS). The bot looks at the "
        "account and tries again; if that fails too, it says so"
    ]


def test_a_stop_that_came_too_late_is_a_stop_loss_and_no_error(hand: Hand) -> None:
    hand.fire(*BOOT, signal(Side.BUY, "a"), assessed("a"))
    hand.fire(filled(hand.placed, D("64210.33")))
    late = OrderSeen(at=NOW, cid=hand.placed.cid, report=Report(Status.REJECTED, reason=WOULD_TRIGGER))
    texts = hand.fire(late)
    texts += hand.fire(filled(hand.placed, D("62000")))
    assert [text.split(":")[0] for text in texts] == ["⛔ STOP LOSS"]


def test_what_a_person_did_elsewhere_is_told_and_what_he_did_in_the_chat_is_not(hand: Hand) -> None:
    hand.fire(*BOOT)
    assert hand.fire(Stop(at=NOW, by="command line")) == [
        "🛑 HALTED by command line: no entries, and what is held is sold. Lasts until /resume"
    ]
    assert hand.fire(Stop(at=NOW, by="command line")) == []
    assert hand.fire(Resume(at=NOW, by="command line")) == ["▶️ RESUMED by command line: idle"]
    assert hand.fire(Resume(at=NOW, by="command line")) == []
    assert hand.fire(Stop(at=NOW, by="telegram @alice"), Resume(at=NOW, by="telegram @alice")) == []


def test_an_orphan_and_its_resolution(hand: Hand) -> None:
    hand.fire(*BOOT)
    texts = []
    for n in range(2):
        hand.fire(Tick(at=NOW + 61 + 3 * n))
        found = Audited(at=NOW + 61 + 3 * n, asked=hand.audit, base=D(1), cash=D("10000.10"), market=MARKET)
        texts += hand.fire(found)
    assert texts == [
        "❌ ERROR: orphaned — coins or orders on the account that nobody can explain. Entries stop until you decide: "
        "auto-trader orphan keep (leave them alone), adopt (protect them) "
        "or exit (sell everything that is held, an open position as well); then /resume"
    ]
    assert hand.fire(Resolve(at=NOW + 70, choice=Choice.KEEP, by="command line")) == [
        "🧩 ORPHAN: keep, decided by command line",
        "✅ RECOVERED: nothing on the account is unexplained any more; /resume when you have looked",
    ]


def test_rearming(hand: Hand) -> None:
    hand.in_position()
    hand.fire(Marked(at=NOW + 1, price=D(30_000)), Marked(at=NOW + 7, price=D(30_000)))
    cancel = OrderSeen(at=NOW + 7, cid=hand.stop.cid, report=Report(Status.CANCELED, asked_at=NOW + 8))
    hand.fire(cancel)
    hand.fire(filled(hand.placed, D(30_000), at=NOW + 9))
    assert hand.fire(Rearm(at=NOW + 10, reason="new money", by="command line")) == [
        "🔑 REARMED by command line: new money. Still halted; /resume trades again"
    ]


def test_money_that_no_trade_moved_is_told(hand: Hand) -> None:
    hand.fire(*BOOT)
    texts = []
    for n in range(2):
        hand.fire(Tick(at=NOW + 61 + 3 * n))
        texts += hand.fire(Audited(at=NOW + 61 + 3 * n, asked=hand.audit, base=D(0), cash=D("9500.10"), market=MARKET))
    assert texts == [
        "🏦 BALANCE MOVED: -500.00 that no trade made. Taken for a deposit or a withdrawal, so it is not P&L; "
        "if it was not yours, look at the exchange"
    ]


def test_an_alarm_that_rises_while_halted_is_told_and_its_end_too(hand: Hand) -> None:
    hand.in_position()
    hand.fire(Stop(at=NOW))
    for n in range(5):
        assert hand.fire(OrderUnresolved(at=NOW + n, cid=hand.stop.cid)) == []  # a confirmed stop still watches
    hand.fire(OrderSeen(at=NOW + 5, cid=hand.stop.cid, report=Report(Status.CANCELED, asked_at=NOW + 5)))
    exit_ = hand.placed
    told = [text for n in range(5) for text in hand.fire(OrderUnresolved(at=NOW + 6 + n, cid=exit_.cid))]
    assert len(told) == 1
    assert told[0].startswith("❌ ERROR: lost — an order has had no definite answer")
    *_, over = hand.fire(filled(exit_, D(64_000), at=NOW + 12))
    assert over == "✅ RECOVERED: every order has its answer again; /resume when you have looked"


def test_coins_without_a_stop_for_long_are_told_and_their_end_too(hand: Hand) -> None:
    hand.in_position()
    gone = Report(Status.CANCELED, asked_at=NOW + 1)
    hand.fire(OrderSeen(at=NOW + 1, cid=hand.stop.cid, report=gone))
    stop = hand.placed
    assert hand.fire(Tick(at=NOW + 15.9)) == []
    (told,) = hand.fire(Tick(at=NOW + 16))
    assert told.startswith("❌ ERROR: naked — coins have had no confirmed stop for 15 s.")
    assert hand.fire(Tick(at=NOW + 17)) == []
    assert hand.fire(resting(stop, at=NOW + 18)) == ["✅ RECOVERED: every coin is watched by a stop again, or sold"]
