"""What Prometheus gets to see, and that the dashboard and the rules in the docs ask for nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from adapters.health import Vitals
from adapters.metrics import Metrics
from adapters.metrics_hops import HOPS
from adapters.metrics_watch import MEMORY, LoopLag, Naked
from adapters.runner import Runner
from adapters.settings import load
from adapters.store import Store
from fsm.bot import State
from fsm.commands import Side, Stop
from fsm.effects import Place
from fsm.events import Marked, OrderSeen, OrderUnresolved
from fsm.ledger import Report, Status
from fsm.step import Decision

from .driving import BOOT, NOW, assessed, filled, resting, signal

DOCS = Path(__file__).parents[2] / "docs" / "monitoring"
Key = tuple[str, tuple[tuple[str, str], ...]]


class House:
    def __init__(self, store: Store) -> None:
        self.now = NOW
        settings = load({"TRADING_MODE": "paper", "WEBHOOK_SECRET": "x" * 40, "DATABASE_PATH": str(store.path)})
        self.runner = Runner(store, self.clock)
        self.reader, self.vitals = store.reader, Vitals(started_at=NOW, exchange_connected=True)
        for input in BOOT:
            self.runner.fire(input)
        self.metrics = Metrics(
            self.runner, settings, self.vitals, store.reader, self.runner.bell(), self.clock, backlog=lambda: 7
        )

    def clock(self) -> float:
        return self.now

    def later(self, seconds: float) -> float:
        self.now += seconds
        return self.now

    def buy(self) -> Place:
        """Fired half a second before it came; a second to each further hop. Returns the stop."""
        self.runner.fire(signal(Side.BUY, "a", at=self.now, stamp=self.now - 0.5, price=Decimal(64200)))
        entry = placed(self.runner.fire(replace(assessed("a", at=self.later(1)), began=self.now - 0.75)))
        stop = placed(self.runner.fire(filled(entry, Decimal(64210), at=self.later(2))))
        self.runner.fire(resting(stop, at=self.later(3)))
        return stop

    def value(self, name: str, **labels: str) -> float | None:
        return self.values().get((name, tuple(sorted(labels.items()))))

    def values(self) -> dict[Key, float]:
        families = text_string_to_metric_families(self.metrics.scrape().decode())
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def placed(decision: Decision) -> Place:
    (place,) = (effect for effect in decision.effects if isinstance(effect, Place))
    return place


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Store(tmp_path / "bot.db") as store:
        yield House(store)


def test_the_state_is_one_of_seven(house: House) -> None:
    assert house.value("auto_trader_state", auto_trader_state="idle") == 1
    house.buy()
    states = {s.value: house.value("auto_trader_state", auto_trader_state=s.value) for s in State}
    assert states == {**dict.fromkeys([s.value for s in State], 0), "in_position": 1}
    assert house.value("auto_trader_status", auto_trader_status="ok") == 1
    house.runner.fire(Stop(at=house.now))
    assert house.value("auto_trader_status", auto_trader_status="halted") == 1


def test_signals_by_verdict_and_orders_by_outcome(house: House) -> None:
    stop = house.buy()
    house.runner.fire(signal(Side.BUY, "b", at=house.now))
    assert house.value("auto_trader_signals_total", side="BUY", verdict="opened") == 1
    assert house.value("auto_trader_signals_total", side="BUY", verdict="refused") == 1
    assert house.value("auto_trader_orders_total", purpose="entry", outcome="filled") == 1
    assert house.value("auto_trader_orders_total", purpose="stop", outcome="filled") is None
    assert house.value("auto_trader_orders_total", purpose="stop", outcome="open") is None  # it has not ended
    report = Report(Status.FILLED, stop.qty, stop.qty * 62000)
    house.runner.fire(OrderSeen(at=house.now, cid=stop.cid, report=report))
    assert house.value("auto_trader_orders_total", purpose="stop", outcome="filled") == 1


def test_every_hop_is_timed(house: House) -> None:
    house.buy()
    sums = {hop: house.value("auto_trader_hop_seconds_sum", hop=hop, side="BUY") for hop in HOPS}
    assert sums == pytest.approx(
        {
            "fired_to_received": 0.5,
            "received_to_journaled": 0.25,
            "journaled_to_assessed": 0.75,
            "journaled_to_sent": 0.75,
            "sent_to_acknowledged": 2,
            "acknowledged_to_filled": 0,
            "acknowledged_to_protected": 3,
            "received_to_filled": 3,
            "received_to_protected": 6,
        }
    )
    house.metrics.scrape()
    assert house.value("auto_trader_hop_seconds_count", hop="received_to_protected", side="BUY") == 1


def test_the_hops_of_an_exit(house: House) -> None:
    stop = house.buy()
    house.runner.fire(signal(Side.SELL, "c", at=house.later(9), price=Decimal(64400)))
    report = Report(Status.CANCELED, asked_at=house.later(1))
    exit = placed(house.runner.fire(OrderSeen(at=house.now, began=house.now - 0.5, cid=stop.cid, report=report)))
    house.runner.fire(filled(exit, Decimal(64300), at=house.later(2)))
    sums = {hop: house.value("auto_trader_hop_seconds_sum", hop=hop, side="SELL") for hop in HOPS}
    assert {hop: seconds for hop, seconds in sums.items() if seconds is not None} == pytest.approx(
        {
            "fired_to_received": 0,
            "received_to_journaled": 0.5,
            "journaled_to_sent": 0.5,
            "sent_to_acknowledged": 2,
            "acknowledged_to_filled": 0,
            "received_to_filled": 3,
        }
    )


def test_slippage_is_what_was_worse_than_the_alert_said(house: House) -> None:
    stop = house.buy()
    house.runner.fire(signal(Side.SELL, "c", at=house.now, price=Decimal(64400)))
    report = Report(Status.CANCELED, asked_at=house.now)
    exit = placed(house.runner.fire(OrderSeen(at=house.now, cid=stop.cid, report=report)))
    house.runner.fire(filled(exit, Decimal("64335.6"), at=house.now))

    def up_to(percent: str, side: Side) -> float | None:
        return house.value("auto_trader_slippage_percent_bucket", side=side.value, le=percent)

    assert (up_to("0.01", Side.BUY), up_to("0.025", Side.BUY)) == (0, 1)  # 64210 instead of 64200
    assert (up_to("0.05", Side.SELL), up_to("0.1", Side.SELL)) == (0, 1)


def test_a_refused_entry_is_never_protected(house: House) -> None:
    house.runner.fire(signal(Side.BUY, "a", at=house.now))
    entry = placed(house.runner.fire(assessed("a", at=house.later(1))))
    refused = Report(Status.REJECTED, reason="no")
    house.runner.fire(OrderSeen(at=house.later(1), cid=entry.cid, report=refused))
    house.now += 100
    assert house.value("auto_trader_hop_seconds_count", hop="acknowledged_to_protected", side="BUY") == 0
    assert house.value("auto_trader_hop_seconds_count", hop="sent_to_acknowledged", side="BUY") == 1


def test_coins_are_naked_until_the_exchange_confirms_the_stop(house: House) -> None:
    house.runner.fire(signal(Side.BUY, "a", at=house.now))
    entry = placed(house.runner.fire(assessed("a", at=house.later(1))))
    assert house.value("auto_trader_naked_for_seconds") == 0
    stop = placed(house.runner.fire(filled(entry, Decimal(64210), at=house.later(2))))
    assert house.value("auto_trader_naked_for_seconds") == 0
    house.later(4)
    assert house.value("auto_trader_naked_for_seconds") == 4
    assert house.value("auto_trader_naked_seconds_total") == 4

    house.runner.fire(resting(stop, at=house.later(1)))
    house.later(60)
    assert house.value("auto_trader_naked_for_seconds") == 0
    assert house.value("auto_trader_naked_seconds_total") == 5


def test_a_stop_that_somebody_cancelled_leaves_them_naked_again(house: House) -> None:
    naked, stop = Naked(), house.buy()
    naked.look(house.runner.bot)
    assert naked.total(house.now) == 0
    gone = Report(Status.CANCELED, asked_at=house.now)
    house.runner.fire(OrderSeen(at=house.later(1), cid=stop.cid, report=gone))
    naked.look(house.runner.bot)
    assert naked.stretch(house.later(5)) == 5


def test_unresolved_orders(house: House) -> None:
    house.runner.fire(signal(Side.BUY, "a", at=house.now))
    entry = placed(house.runner.fire(assessed("a", at=house.now)))
    assert house.value("auto_trader_unresolved_orders") == 0
    house.runner.fire(OrderUnresolved(at=house.now, cid=entry.cid, why="timeout"))
    assert house.value("auto_trader_unresolved_orders") == 1


def test_the_distance_to_a_stop_that_the_exchange_has_not_confirmed_is_not_told(house: House) -> None:
    house.runner.fire(signal(Side.BUY, "a", at=house.now))
    entry = placed(house.runner.fire(assessed("a", at=house.now)))
    stop = placed(house.runner.fire(filled(entry, Decimal(64210), at=house.now)))
    assert house.value("auto_trader_stop_distance_percent") is None
    house.runner.fire(resting(stop, at=house.now))
    assert house.value("auto_trader_stop_distance_percent") is not None


def test_money_and_breakers(house: House) -> None:
    stop = house.buy()
    seen = house.values()
    assert seen[("auto_trader_stop_distance_percent", ())] == pytest.approx(1.97, abs=0.02)
    house.runner.fire(Marked(at=house.now, price=Decimal(63000)))
    report = Report(Status.FILLED, stop.qty, stop.qty * 62900, fee_quote=stop.qty * 62)
    house.runner.fire(OrderSeen(at=house.now, cid=stop.cid, report=report))
    bot, seen = house.runner.bot, house.values()
    assert seen[("auto_trader_equity", ())] == pytest.approx(float(bot.equity))
    assert seen[("auto_trader_day_pnl", ())] == pytest.approx(float(bot.book.day_pnl))
    assert seen[("auto_trader_realised_pnl", ())] == pytest.approx(float(bot.book.realised))
    assert seen[("auto_trader_position", ())] == 0
    assert ("auto_trader_stop_distance_percent", ()) not in seen
    assert house.value("auto_trader_breaker_level", breaker="losing_streak") == 1
    assert house.value("auto_trader_breaker_limit", breaker="losing_streak") == 5
    assert house.value("auto_trader_breaker_used_ratio", breaker="losing_streak") == pytest.approx(0.2)
    lost = float(-bot.book.day_pnl * 100 / bot.book.day_open)
    assert house.value("auto_trader_breaker_level", breaker="daily_loss") == pytest.approx(lost)
    assert house.value("auto_trader_breaker_used_ratio", breaker="daily_loss") == pytest.approx(lost / 3)
    assert house.value("auto_trader_breaker_limit", breaker="drawdown") == 15


def test_the_machinery(house: House) -> None:
    house.vitals.database = "disk is full"
    house.vitals.exchange_connected = False
    house.vitals.last_signal_time = 5.0
    house.metrics.answered("unauthorized")
    house.later(12)
    seen = house.values()
    assert seen[("auto_trader_telegram_backlog", ())] == 7
    assert seen[("auto_trader_database_bytes", ())] > 10_000
    assert seen[("auto_trader_database_writable", ())] == 0
    assert seen[("auto_trader_exchange_connected", ())] == 0
    assert seen[("auto_trader_last_signal_timestamp_seconds", ())] == 5
    assert seen[("auto_trader_price_age_seconds", ())] == 12
    assert seen[("auto_trader_webhook_answers_total", (("answer", "unauthorized"),))] == 1


def test_the_worst_lag_is_remembered_for_a_minute() -> None:
    lag = LoopLag()
    assert lag.worst == 0
    for now, late in ((0, 0.1), (1, 0.9), (2, 0.2), (3, 0.4)):
        lag.note(now, late)
    assert lag.worst == 0.9
    lag.note(1 + MEMORY + 0.5, 0.3)
    assert lag.worst == 0.4
    lag.note(3 + MEMORY + 1, 0.01)
    assert lag.worst == 0.3


@pytest.mark.anyio
async def test_a_blocked_loop_is_noticed(house: House) -> None:
    async with house.metrics.running():
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            until = asyncio.get_running_loop().time() + 0.4
            while asyncio.get_running_loop().time() < until:  # somebody computes and does not let go
                pass
            while (house.value("auto_trader_loop_lag_seconds") or 0) < 0.1:
                await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_a_stretch_without_a_stop_begins_when_it_begins_and_not_at_the_next_scrape(house: House) -> None:
    async with house.metrics.running(), asyncio.timeout(5):
        house.runner.fire(signal(Side.BUY, "a", at=house.now))
        entry = placed(house.runner.fire(assessed("a", at=house.now)))
        house.runner.fire(filled(entry, Decimal(64210), at=house.now))
        newest = house.reader.nth_last_seq(0)
        while house.metrics.read < newest:
            await asyncio.sleep(0.01)
    house.later(30)
    assert house.value("auto_trader_naked_for_seconds") == 30


def _names_asked_for(text: str) -> set[str]:
    return set(re.findall(r"\b((?:auto_trader|process)_\w+)", re.sub(r'"[^"]*"', "", text)))


def test_the_docs_ask_only_for_metrics_that_exist(house: House) -> None:
    house.buy()
    house.metrics.answered("accepted")
    there = {name for name, _ in house.values()}
    board = json.loads((DOCS / "grafana.json").read_text())
    drawn = {name for p in board["panels"] for target in p["targets"] for name in _names_asked_for(target["expr"])}
    rules = [rule for group in yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
    alarmed = {name for rule in rules for name in _names_asked_for(rule["expr"])}
    labels = {"auto_trader_state", "auto_trader_status"}
    assert drawn | alarmed <= there | labels
    ours = {name.removesuffix("_sum").removesuffix("_count") for name in there if name.startswith("auto_trader_")}
    told = set(re.findall(r"auto_trader_\w+", (DOCS / "README.md").read_text()))
    assert {name.removesuffix("_bucket") for name in ours} - {"auto_trader_info"} == told | {
        "auto_trader_breaker_limit",
        "auto_trader_breaker_used_ratio",
    }
    assert alarmed & labels
    assert all(
        rule["labels"]["severity"] in ("critical", "warning") and rule["annotations"]["summary"] for rule in rules
    )


def test_label_values_in_the_docs_exist(house: House) -> None:
    text = (DOCS / "alerts.yaml").read_text()
    for hop in re.findall(r'hop="(\w+)"', text):
        assert hop in HOPS
    for states in re.findall(r'auto_trader_state=~?"([\w|]+)"', text):
        assert set(states.split("|")) <= {state.value for state in State}
    for answers in re.findall(r'answer=~?"([\w|]+)"', text):
        assert set(answers.split("|")) <= {
            "accepted",
            "duplicate",
            "rejected",
            "invalid",
            "unauthorized",
            "limited",
            "unavailable",
        }
