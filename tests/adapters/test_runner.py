"""Journal first, effects after; and what still happens when the journal cannot be written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters import runner as runner_module
from adapters.errors import NotPersisted
from adapters.runner import Runner
from adapters.store import Store
from fsm.bot import State
from fsm.commands import AnyCommand, Side, Stop
from fsm.effects import AnyEffect, Assess, Audit, Cancel, Place
from fsm.events import AnyEvent, OrderSeen, Tick
from fsm.ledger import Report, Status

from .driving import BOOT, NOW, assessed, filled, resting, signal
from .platter import Platter

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bot.db") as store:
        yield store


class Exchange:
    """Answers effects at once, and notes what the journal held when each arrived."""

    def __init__(self, store: Store) -> None:
        self.store, self.seen, self.silent = store, [], False
        self.journaled: list[bool] = []

    async def perform(self, effect: AnyEffect) -> AnyEvent | None:
        self.seen.append(effect)
        self.journaled.append(any(effect in e.effects for e in self.store.reader.entries()))
        if self.silent:
            await asyncio.Event().wait()
        match effect:
            case Assess(signal_id):
                return assessed(signal_id)
            case Place(purpose="stop"):
                return resting(effect)
            case Place():
                return filled(effect, D(64210))
            case _:
                return None


async def idle(exchange: Exchange, store: Store, until: State) -> Runner:
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in BOOT:
        runner.fire(input)
    runner.fire(signal(Side.BUY, "a"))
    async with asyncio.timeout(5):
        while runner.bot.state is not until:
            await asyncio.sleep(0)
    return runner


def fill_the_disk(store: Store) -> None:
    store._conn.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END")


async def test_answers_are_fed_back_until_the_position_is_guarded(store: Store) -> None:
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    assert [e.purpose for e in exchange.seen if isinstance(e, Place)] == ["entry", "stop"]
    assert store.load() == runner.bot


async def test_every_effect_was_written_before_it_left(store: Store) -> None:
    exchange = Exchange(store)
    await idle(exchange, store, State.IN_POSITION)
    assert exchange.journaled
    assert all(exchange.journaled)


async def reached(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_a_question_need_not_wait_for_the_disk_and_an_order_must(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    platter, exchange = Platter(monkeypatch), Exchange(store)
    platter.hold()
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in (*BOOT, signal(Side.BUY, "a")):
        runner.fire(input)
    promise = asyncio.ensure_future(runner.durable())
    await reached(lambda: runner.bot.ledger.orders)
    await asyncio.sleep(0.05)  # nothing to wait for: it must not leave
    assert [type(e) for e in exchange.seen if not isinstance(e, Audit)] == [Assess]
    assert not promise.done()
    platter.release()
    assert await promise
    await reached(lambda: runner.bot.state is State.IN_POSITION)
    assert [e.purpose for e in exchange.seen if isinstance(e, Place)] == ["entry", "stop"]


async def test_orders_leave_before_those_who_watch_get_to_know(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "AFTER", 0.5)
    exchange, known = Exchange(store), list[bool]()

    async def perform(effect: AnyEffect) -> AnyEvent | None:
        known.append(bell.is_set())
        return await exchange.perform(effect)

    runner = Runner(store, lambda: NOW, perform)
    bell = runner.bell()
    for input in (*BOOT, signal(Side.BUY, "a")):
        runner.fire(input)
    await reached(lambda: len(known) == 4)
    assert known == [False] * 4
    await asyncio.wait_for(bell.wait(), 5)


async def test_an_entry_that_the_disk_did_not_keep_is_never_sent_and_said_to_be_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    platter, exchange = Platter(monkeypatch), Exchange(store)
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in BOOT:
        runner.fire(input)
    assert await runner.durable()
    platter.hold()
    runner.fire(signal(Side.BUY, "a"))
    await reached(lambda: runner.bot.ledger.orders)
    platter.broken = True
    platter.release()
    assert not await runner.durable()
    await reached(lambda: runner.bot.state is State.IDLE)
    assert not [e for e in exchange.seen if isinstance(e, Place)]
    (verdict,) = (v for decision in runner._unwritten for v in decision.verdicts)
    assert (verdict.signal_id, verdict.reasons) == ("a", (f"not sent: {runner.trouble}",))
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.BUY, "b"))


@pytest.mark.parametrize("input", [signal(Side.SELL, "b"), Stop(at=NOW)])
async def test_a_broken_disk_does_not_keep_us_in_a_position(
    store: Store, monkeypatch: pytest.MonkeyPatch, input: AnyCommand
) -> None:
    platter, exchange = Platter(monkeypatch), Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    assert await runner.durable()
    platter.broken = True
    runner.fire(input)
    assert not await runner.durable()
    await reached(lambda: any(isinstance(e, Cancel) for e in exchange.seen))
    (stop,) = (e for e in exchange.seen if isinstance(e, Place) and e.purpose == "stop")
    runner.fire(OrderSeen(at=NOW, cid=stop.cid, report=Report(Status.CANCELED, asked_at=NOW)))
    await reached(lambda: [e for e in exchange.seen if isinstance(e, Place) and e.purpose == "exit"])
    await runner.close(patience=0.01)


async def test_a_disk_that_hangs_does_not_keep_us_in_a_position_nor_let_us_enter_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.runner.HANGING", 0.05)
    platter, exchange = Platter(monkeypatch), Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    assert await runner.durable()
    platter.hold()
    runner.fire(signal(Side.SELL, "b"))
    (stop,) = (e for e in exchange.seen if isinstance(e, Place) and e.purpose == "stop")
    await reached(lambda: any(isinstance(e, Cancel) for e in exchange.seen))
    runner.fire(OrderSeen(at=NOW, cid=stop.cid, report=Report(Status.CANCELED, asked_at=NOW)))
    await reached(lambda: runner.bot.state is State.IDLE)  # sold
    runner.fire(signal(Side.BUY, "c", at=NOW + 120))
    assert not await runner.durable()
    assert "has not answered" in str(runner.trouble)
    await reached(
        lambda: any(
            "not sent" in reason for v in store.reader.signals() if v["signal_id"] == "c" for reason in v["reasons"]
        )
    )
    assert [e.purpose for e in exchange.seen if isinstance(e, Place)] == ["entry", "stop", "exit"]
    platter.release()
    monkeypatch.setattr("adapters.runner.HANGING", 5.0)  # it is well again, and may be slow on a busy machine
    runner.fire(signal(Side.BUY, "d", at=NOW + 240))
    await reached(lambda: runner.bot.state is State.IN_POSITION)


async def test_stop_acts_while_an_order_hangs(store: Store) -> None:
    exchange = Exchange(store)
    exchange.silent = True
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in (*BOOT, signal(Side.BUY, "a"), assessed("a")):
        runner.fire(input)
    decision = runner.fire(Stop(at=NOW))
    assert decision.bot.state is State.HALTED
    assert store.load().state is State.HALTED
    await runner.close(patience=0.01)


async def test_a_repeat_is_recognised_long_after_the_core_forgot_it(store: Store) -> None:
    runner = Runner(store, lambda: NOW)
    for input in (*BOOT, signal(Side.SELL, "a")):
        runner.fire(input)
    again = runner.fire(signal(Side.SELL, "a", at=NOW + 3600, stamp=NOW))
    assert again.reasons == ("duplicate_signal",)


async def test_a_full_disk_refuses_an_entry_and_leaves_the_bot_as_it_was(store: Store) -> None:
    exchange = Exchange(store)
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in BOOT:
        runner.fire(input)
    fill_the_disk(store)
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.BUY, "a"))
    assert runner.bot.state is State.IDLE
    assert runner.trouble is not None
    await asyncio.sleep(0)
    assert not [e for e in exchange.seen if isinstance(e, Assess)]


async def test_the_trouble_is_over_with_the_first_tick_that_can_be_written(store: Store) -> None:
    """An idle bot has no other news, and nobody should have to send it a signal to learn that the disk has room."""
    runner = Runner(store, lambda: NOW)
    for input in BOOT:
        runner.fire(input)
    fill_the_disk(store)
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.BUY, "a"))
    runner.fire(Tick(at=NOW))
    assert runner.trouble is not None
    store._conn.execute("DROP TRIGGER temp.full")
    runner.fire(Tick(at=NOW))
    assert runner.trouble is None
    rows = len(store.reader.entries())
    runner.fire(Tick(at=NOW))
    assert len(store.reader.entries()) == rows  # and then ticks are no news again


async def test_a_full_disk_does_not_keep_us_in_a_position(store: Store) -> None:
    """The SELL is answered with an error, so that it is sent again, but its exit is already under way."""
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    fill_the_disk(store)
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.SELL, "b"))
    assert runner.bot.state is State.ORDERING
    async with asyncio.timeout(5):
        while not any(isinstance(e, Cancel) for e in exchange.seen):
            await asyncio.sleep(0)
    await runner.close(patience=0.01)


async def test_a_database_that_cannot_even_be_read_refuses_an_entry_and_not_an_exit(store: Store) -> None:
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    store._conn.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.BUY, "b"))
    assert runner.bot.state is State.IN_POSITION
    with pytest.raises(NotPersisted):
        runner.fire(signal(Side.SELL, "c"))
    assert runner.bot.state is State.ORDERING
    store._conn.set_authorizer(None)
    await runner.close(patience=0.01)


async def test_a_full_disk_does_not_stop_a_stop(store: Store) -> None:
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    fill_the_disk(store)
    assert runner.fire(Stop(at=NOW)).bot.state is State.HALTED
    await runner.close(patience=0.01)


async def tick(runner: Runner) -> None:
    runner.fire(Tick(at=NOW))


@pytest.mark.parametrize("at_the_end", [False, True])
async def test_what_could_not_be_written_is_written_as_soon_as_the_disk_has_room(
    store: Store, at_the_end: bool
) -> None:
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.IN_POSITION)
    fill_the_disk(store)
    (stop,) = (e for e in exchange.seen if isinstance(e, Place) and e.purpose == "stop")
    runner.fire(filled(stop, D(62900)))
    assert (runner.bot.state, store.load().state) == (State.IDLE, State.IN_POSITION)
    store._conn.execute("DROP TRIGGER temp.full")
    await (runner.close() if at_the_end else tick(runner))
    assert (store.load().state, store.load().book) == (State.IDLE, runner.bot.book)
    assert [t["reason"] for t in store.reader.trades()] == ["stop_loss"]
    assert [o["status"] for o in store.reader.orders()] == ["filled", "filled"]
    assert sum(bool(entry.trades) for entry in store.reader.entries()) == 1  # so the alert is told as well


async def test_an_id_that_left_while_the_disk_was_full_is_not_used_again_by_the_next_life(tmp_path: Path) -> None:
    """The lost life's last steps are counted again; the exchange has seen what they sent, the journal has not."""

    def placed(runner: Runner, *inputs: AnyCommand | AnyEvent) -> str:
        for input in inputs:
            for effect in runner.fire(input).effects:
                if isinstance(effect, Place):
                    return effect.cid
        raise AssertionError("nothing was placed")

    with Store(tmp_path / "bot.db") as store:
        runner = Runner(store, lambda: NOW)
        entry = placed(runner, *BOOT, signal(Side.BUY, "a"), assessed("a"))
        (order,) = runner.bot.ledger.orders
        stop = placed(runner, filled(Place(entry, order.purpose, order.qty, order.expires), D(64210)))
        seen = runner.fire(OrderSeen(at=NOW, cid=stop, report=Report(Status.OPEN)))
        fill_the_disk(store)
        gone = OrderSeen(at=NOW, cid=stop, report=Report(Status.CANCELED, asked_at=NOW))
        lost = placed(runner, Stop(at=NOW), gone)
        steps = runner.bot.seq - seen.bot.seq
    with Store(tmp_path / "bot.db") as store:
        runner = Runner(store, lambda: NOW + 1)
        assert runner.bot == seen.bot
        for _ in range(steps - 2):
            runner.fire(Tick(at=NOW + 1))
        runner.fire(Stop(at=NOW + 1))
        found = placed(runner, OrderSeen(at=NOW + 1, cid=stop, report=Report(Status.CANCELED, asked_at=NOW + 1)))
        assert runner.bot.seq - seen.bot.seq == steps  # the same step, counted again
        assert found != lost


async def test_a_bug_in_an_adapter_is_one_more_way_of_getting_no_answer(store: Store) -> None:
    async def broken(effect: AnyEffect) -> AnyEvent | None:
        if isinstance(effect, Place):
            raise RuntimeError("boom")  # noqa: TRY004 - a bug, not a bad type
        return assessed("a") if isinstance(effect, Assess) else None

    runner = Runner(store, lambda: NOW, broken)
    for input in (*BOOT, signal(Side.BUY, "a")):
        runner.fire(input)
    async with asyncio.timeout(5):
        while not any(o.doubts for o in runner.bot.ledger.orders):
            await asyncio.sleep(0)
    assert runner.bot.state is State.ORDERING


async def test_closing_waits_for_a_stop_that_is_being_placed(store: Store) -> None:
    exchange = Exchange(store)
    runner = await idle(exchange, store, State.ORDERING)
    await runner.close()
    assert runner.bot.state is State.IN_POSITION


async def test_closing_begins_no_entry(store: Store) -> None:
    """Its signal is in the journal; the next start looks at it."""
    exchange = Exchange(store)
    runner = Runner(store, lambda: NOW, exchange.perform)
    for input in (*BOOT, signal(Side.BUY, "a")):
        runner.fire(input)
    await runner.close()
    assert not [e for e in exchange.seen if isinstance(e, Place)]
    assert store.load().state is State.VALIDATING
