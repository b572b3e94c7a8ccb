"""The parts of the dashboard by themselves: the drawing, the trace, words and figures, the journal's tail."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.health import Vitals
from adapters.journal import line
from adapters.settings import Settings, load
from adapters.store import Store
from adapters.web.dashboard import moment
from adapters.web.dashboard.lifecycle import TALL, WIDE, Layout, draw, edges, path
from adapters.web.dashboard.past import ROWS, Past
from adapters.web.dashboard.trace import CAPACITY, Trace
from fsm import diagram
from fsm.bot import State
from fsm.commands import Side, Stop
from fsm.lifecycle import TABLE, sources
from tests.browser.story import Story
from tests.browser.tales import halted, idle, in_position

from .conftest import ENV


def test_the_edges_are_the_tables() -> None:
    table = {(s.value, row.dest.value) for row in TABLE for s in sources(row) if row.dest not in (None, s)}
    assert set(edges()) == table
    assert len(edges()) == diagram.mermaid().count(" --> ") - 1  # the first arrow comes from nowhere
    assert edges()["halted", "idle"] == "resume [flat, quiet, no_breach, accounted]"


@pytest.mark.parametrize("layout", [WIDE, TALL])
def test_every_state_and_every_edge_is_drawn_inside_the_picture(layout: Layout) -> None:
    svg = draw(layout)
    assert re.findall(r'data-state="(\w+)"', svg) == [state.value for state in State]
    assert set(re.findall(r'data-from="(\w+)" data-to="(\w+)"', svg)) == set(edges())
    assert not re.search(r"style=|<script|<style", svg)
    for x, y in re.findall(r"(-?[0-9.]+) (-?[0-9.]+)", " ".join(re.findall(r' d="([^"]*)"', svg))):
        assert 0 <= float(x) <= layout.width
        assert 0 <= float(y) <= layout.height


def test_a_step_that_walked_two_edges() -> None:
    assert path("idle", "validating") == (("idle", "validating"),)
    assert path("ordering", "paused") == (("ordering", "idle"), ("idle", "paused"))
    assert path("killed", "in_position") == (("killed", "halted"), ("halted", "in_position"))


def test_the_trace_is_bounded_and_keeps_both_ends() -> None:
    trace = Trace((float(n), 100.0 + n) for n in range(10))
    for n in range(10, 100_000):
        trace.add(float(n), 100.0 + n)
        assert len(trace.points) <= CAPACITY
    assert trace.points[-1][0] > 99_000
    assert trace.points[0][0] < 2_000
    times = [at for at, _ in trace.points]
    assert times == sorted(times)
    assert max(b - a for a, b in itertools.pairwise(times)) < 1_000


def test_the_trace_takes_one_point_a_second() -> None:
    trace = Trace()
    for at in (0.0, 0.2, 0.9, 1.0, 1.5, 2.1):
        trace.add(at, 1.0)
    assert [at for at, _ in trace.points] == [0.0, 1.0, 2.1]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with capture_logs(), Store(tmp_path / "bot.db") as store:
        yield Story(store)


@pytest.fixture
def settings() -> Settings:
    return load(ENV)


class TestPast:
    def test_the_tail_is_the_journals_newest_first(self, story: Story) -> None:
        in_position(story)
        rows = Past(story.store.reader).sections(story.runner.bot.limits)["journal"]
        entries = story.store.reader.entries()[-ROWS:]
        assert [row["seq"] for row in rows] == [entry.seq for entry in reversed(entries)]
        assert [row["text"] for row in rows] == [line(entry) for entry in reversed(entries)]

    def test_one_that_follows_shows_what_a_new_one_finds(self, story: Story) -> None:
        old = Past(story.store.reader)
        idle(story)
        limits = story.runner.bot.limits
        assert old.sections(limits) == Past(story.store.reader).sections(limits)

    def test_a_change_of_the_account_is_shown(self, story: Story) -> None:
        past, limits = Past(story.store.reader), story.runner.bot.limits
        before = len(past.sections(limits)["journal"])
        story.strange = Decimal("0.5")
        story.wait(4)
        rows = past.sections(limits)["journal"]
        assert len(rows) > before
        assert "orphaned" in rows[0]["text"]

    def test_nothing_new_is_nothing_to_read(self, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        idle(story)
        past, limits = Past(story.store.reader), story.runner.bot.limits
        first = past.sections(limits)
        monkeypatch.setattr(story.store.reader, "signals", None)  # would fail
        story.wait(3)
        assert past.sections(limits) is first

    def test_the_curve_begins_before_the_first_trade(self, story: Story) -> None:
        idle(story)
        curve = Past(story.store.reader).sections(story.runner.bot.limits)["curve"]
        assert len(curve) == 4
        assert curve[0][1] == pytest.approx(10_000, abs=1)
        assert curve[-1][1] == pytest.approx(float(story.runner.bot.equity), abs=1)

    def test_a_new_bot_has_none(self, story: Story) -> None:
        sections = Past(story.store.reader).sections(story.runner.bot.limits)
        assert (sections["moved"], sections["signals"], sections["trades"], sections["curve"]) == (None, [], [], [])


class TestMoment:
    def test_a_position_without_its_stop_says_so(self, story: Story) -> None:
        in_position(story)
        held = moment.position(story.runner.bot)
        assert held is not None
        assert (held["bare"], held["leaving"]) == (None, None)
        story.fire(Stop(at=story.clock, by="test"))
        (stop,) = (o for o in story.runner.bot.ledger.live())
        assert stop.cancel_asked
        leaving = moment.position(story.runner.bot)
        assert leaving is not None
        assert leaving["leaving"] == "stop"

    def test_the_result_at_the_stop_is_the_result_at_the_stop(self, story: Story) -> None:
        in_position(story)
        held = moment.position(story.runner.bot)
        stop = story.runner.bot.ledger.get(story.stop())
        assert held is not None
        assert stop is not None
        assert stop.trigger is not None
        story.mark(stop.trigger)
        at_stop = moment.position(story.runner.bot)
        assert at_stop is not None
        assert held["at_risk"] == at_stop["at_risk"] == at_stop["pnl"]
        assert at_stop["distance"] == "0.00 % (0.00)"

    def test_an_orphan(self, story: Story) -> None:
        halted(story)
        vitals = Vitals(started_at=story.clock)
        shown = moment.state(story.runner.bot, vitals, load(ENV), story.clock)
        assert shown["orphan"] == "+0.25 BTC"

    def test_breakers_are_used_of_allowed(self, story: Story) -> None:
        idle(story)
        daily, drawdown, streak = moment.breakers(story.runner.bot)
        assert daily["text"] == "0 % of 3 %"
        assert re.fullmatch(r"0(\.[0-9]{1,2})? % of 15 %", drawdown["text"])
        assert (streak["text"], streak["used"]) == ("0 of 5", 0.0)

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({}, ("Exchange", "ok", "connected")),
            ({"exchange_connected": False}, ("Exchange", "bad", "not connected")),
            ({"database": "disk is full"}, ("Database", "bad", "disk is full")),
            ({"troubles": ["ntp: the clock jumps"]}, ("Ntp", "warn", "the clock jumps")),
        ],
    )
    def test_health(self, story: Story, settings: Settings, changes: dict[str, object], line: tuple[str, ...]) -> None:
        story.wait(1)
        vitals = Vitals(started_at=story.clock, **({"exchange_connected": True} | changes))  # type: ignore[arg-type]
        parts = moment.healths(story.runner.bot, vitals, settings, 0, story.clock)
        assert dict(zip(("name", "mood", "text"), line, strict=True)) in parts

    @pytest.mark.parametrize(
        ("drift", "mood", "text"),
        [
            (None, "off", "not compared with the exchange yet"),
            (0.25, "ok", "0.25 s ahead of the exchange"),
            (-3.0, "warn", "3.00 s behind the exchange"),
        ],
    )
    def test_the_clock(self, story: Story, settings: Settings, drift: float | None, mood: str, text: str) -> None:
        vitals = Vitals(started_at=0, drift=drift)
        parts = moment.healths(story.runner.bot, vitals, settings, 0, story.clock)
        assert {"name": "Clock", "mood": mood, "text": text} in parts

    def test_an_old_price_is_called_old(self, story: Story, settings: Settings) -> None:
        story.wait(1)
        vitals = Vitals(started_at=0, exchange_connected=True)
        parts = moment.healths(story.runner.bot, vitals, settings, 0, story.clock + 42)
        assert {"name": "Exchange", "mood": "warn", "text": "connected, the price is 42 s old"} in parts

    @pytest.mark.parametrize(
        ("backlog", "trouble", "mood", "text"),
        [
            (0, None, "ok", "everything told"),
            (9, None, "warn", "9 journal rows to tell"),
            (9, "no answer for 30 s", "bad", "no answer for 30 s"),
        ],
    )
    def test_telegram(self, story: Story, backlog: int, trouble: str | None, mood: str, text: str) -> None:
        settings = load(ENV | {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_CHAT_ID": "7"})
        vitals = Vitals(started_at=0, telegram=trouble)
        parts = moment.healths(story.runner.bot, vitals, settings, backlog, story.clock)
        assert {"name": "Telegram", "mood": mood, "text": text} in parts


def test_signals_with_their_gates(story: Story) -> None:
    past, limits = Past(story.store.reader), story.runner.bot.limits
    story.wait(1)
    story.buy()
    story.heard(Side.BUY)
    first, second = past.sections(limits)["signals"]
    assert (first["verdict"], first["why"]) == ("refused", "a position is already open")
    assert (second["verdict"], second["why"]) == ("opened", "")
    assert [gate["sign"] for gate in second["gates"]] == ["passed"] * 7
