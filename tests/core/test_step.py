"""The door: total, pure, and silent about what is no news."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal as D
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.bot import Bot, State
from fsm.commands import AnyCommand, Choice, Rearm, Resolve, Resume, Side, Signal, Stop
from fsm.effects import Cancel
from fsm.events import (
    AnyEvent,
    Assessed,
    Audited,
    Booted,
    Child,
    Marked,
    OrderAbsent,
    OrderSeen,
    OrderUnresolved,
    Tick,
)
from fsm.ledger import Purpose, Report, Status
from fsm.step import step
from tests.core import places
from tests.world.world import START

ROOT = Path(__file__).parents[2]
STARTS = {
    name: getattr(places, name)().bot
    for name in ("idle", "ordering", "in_position", "leaving", "paused", "halted_holding", "killed_leaving")
}
CIDS = [*sorted({o.cid for bot in STARTS.values() for o in bot.ledger.orders}), "nobody's"]

moments = st.floats(START - 10, START + 200)
amounts = st.decimals(0, 100, places=5)
reports = st.builds(
    Report,
    status=st.sampled_from(list(Status)),
    filled=amounts,
    cost=amounts,
    fee_base=st.decimals(0, 1, places=5),
    asked_at=st.none() | moments,
)
cids = st.sampled_from(CIDS)
inputs: st.SearchStrategy[AnyCommand | AnyEvent] = st.one_of(
    st.builds(Signal, at=moments, side=st.sampled_from(Side), signal_id=st.sampled_from("ab"), stamp=moments),
    st.builds(Stop, at=moments),
    st.builds(Resume, at=moments),
    st.builds(Rearm, at=moments, reason=st.just("why not")),
    st.builds(Resolve, at=moments, choice=st.sampled_from(Choice)),
    st.builds(Tick, at=moments),
    st.builds(Booted, at=moments, pair=st.just("BTC/USDT")),
    st.builds(Marked, at=moments, price=st.decimals(1, 100_000, places=2), trading=st.booleans()),
    st.builds(Assessed, at=moments, signal_id=st.sampled_from(["tv-1", "a"]), price=amounts, cash=amounts),
    st.builds(OrderSeen, at=moments, cid=cids, report=reports),
    st.builds(
        OrderSeen,
        at=moments,
        cid=cids,
        report=reports,
        children=st.tuples(st.builds(Child, cid=st.just("venue-1"), qty=amounts, report=reports)),
    ),
    st.builds(OrderUnresolved, at=moments, cid=cids),
    st.builds(OrderAbsent, at=moments, cid=cids, asked_at=moments),
    st.builds(
        Audited,
        at=moments,
        asked=st.integers(0, 100),
        base=amounts,
        cash=amounts,
        open=st.lists(st.sampled_from(["x", "y", *CIDS]), max_size=2, unique=True).map(tuple),
    ),
)


@settings(deadline=None)
@given(st.sampled_from(sorted(STARTS)), st.lists(inputs, min_size=1, max_size=12))
def test_any_input_is_legal_anywhere_even_nonsense(place: str, told: list[AnyCommand | AnyEvent]) -> None:
    """A confused venue may say anything: the step neither raises nor goes round in circles, nor runs back in time
    while it runs."""
    bot = STARTS[place]
    for input in told:
        d = step(bot, input)
        assert d.bot.now == input.at if isinstance(input, Booted) and input.at < bot.now else d.bot.now >= bot.now
        assert d.bot.seq == bot.seq + 1
        assert step(bot, input) == d
        assert msgspec.json.decode(msgspec.json.encode(d.bot), type=Bot) == d.bot
        bot = d.bot


def test_a_tick_is_no_news_and_a_mark_is_none() -> None:
    desk = places.in_position()
    assert not desk.feed(Tick(at=desk.now + 1)).newsworthy
    assert not desk.mark(desk.exchange.price + 1).newsworthy


@pytest.mark.parametrize(
    "act",
    [
        lambda d: d.resume(),  # refused, and that too is to be remembered
        lambda d: d.feed(Tick(at=d.now + 86_400)),  # a new day
        lambda d: d.feed(OrderUnresolved(at=d.now, cid=d.order(Purpose.STOP).cid)),
        lambda d: d.boot(),
    ],
)
def test_what_changes_the_books_is_news(act: object) -> None:
    desk = places.in_position()
    said = desk.saved
    act(desk)  # type: ignore[operator]
    assert desk.saved != said


def test_a_question_and_the_answer_that_was_expected_are_no_news() -> None:
    """A confirmed stop is asked about every few seconds, for days."""
    desk = places.in_position()
    said = desk.saved
    desk.wait(600)
    assert desk.saved == said


def test_no_news_costs_nothing_a_crash_falls_back_to_the_last_news() -> None:
    """Ticks raise the step number. A crash lowers it again, and still no id is used twice."""
    desk = places.in_position()
    desk.wait(3)
    seq = desk.bot.seq
    for _ in range(3):
        desk.feed(Tick(at=desk.now))
    desk.crash()
    assert desk.bot.seq <= seq + 1
    desk.sell("tv-2")
    desk.calm()
    assert desk.state is State.IDLE


def test_time_never_runs_back() -> None:
    desk = places.idle()
    d = step(desk.bot, Tick(at=desk.now - 3_600))
    assert d.bot.now == desk.bot.now


def test_facts_about_unknown_orders_change_nothing() -> None:
    bot = places.in_position().bot
    for event in (
        OrderSeen(at=bot.now, cid="?", report=Report(Status.FILLED, D(1), D(1))),
        OrderUnresolved(at=bot.now, cid="?"),
        OrderAbsent(at=bot.now, cid="?", asked_at=bot.now),
    ):
        d = step(bot, event)
        assert not d.newsworthy
        assert d.bot.ledger == bot.ledger


def test_ids_are_32_hex_digits_and_say_who_and_when() -> None:
    desk = places.ordering()
    order = desk.bot.ledger.orders[0]
    assert len(order.cid) == 32
    who, epoch, rest = order.cid[:8], int(order.cid[8:14], 16), order.cid[14:]
    moment, step_, effect = int(rest[:11], 16), int(rest[11:14], 16), int(rest[14:], 16)
    assert (who, epoch, moment, step_, effect) == ("a1b2c3d4", 1, int(order.at * 1000), desk.bot.seq % 0x1000, 0)


def test_the_decision_lists_the_orders_it_changed_even_when_their_trade_is_closed_in_it() -> None:
    desk = places.leaving()
    for _ in range(2):
        desk.send()
    desk.perform()
    d = desk.feed(desk.wire.hear(0)(desk.now))
    assert d.trades
    assert not d.bot.ledger.orders
    assert {(o.purpose, o.status) for o in d.orders} == {(Purpose.EXIT, Status.FILLED)}


def test_foreign_orders_are_cancelled_in_the_order_in_which_they_were_told() -> None:
    """A set would be another order in another process, and another journal."""
    desk = places.idle()
    for _ in range(7):
        desk.meddle_order(sells=False, qty=D("0.001"))
    desk.wait(70)
    strays = desk.bot.strays
    assert [e for e in desk.resolve(Choice.ADOPT).effects if isinstance(e, Cancel)] == [Cancel(cid) for cid in strays]


PRINT = """
from tests.world.history import play
said = []
play({seed}, said=said)
print("\\n".join(said))
"""


def _told(seed: int, salt: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", PRINT.format(seed=seed)],
        cwd=ROOT,
        env={"PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("seed", [3, 17])
def test_a_history_is_the_same_in_every_process(seed: int) -> None:
    """Byte for byte, whatever order sets and hashes take today."""
    told = _told(seed, "1")
    assert len(told) > 1_000
    assert told == _told(seed, "2")


def test_a_day_opens_without_the_open_profit_so_its_result_is_what_its_trades_realised() -> None:
    desk = places.in_position()
    cost = desk.bot.realised_equity
    desk.price(64_900)
    assert desk.bot.equity > cost
    desk.feed(Tick(at=desk.now + 86_400))
    assert desk.bot.book.day_open == cost
