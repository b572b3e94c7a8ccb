"""What a person sees, in a real browser, against what is in the database.

SCREENSHOTS=1 writes the pictures of docs/screenshots anew.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.figures import money, price, quantity, signed
from adapters.health import health
from adapters.store import Entry
from adapters.web.dashboard import stream
from fsm.bot import State
from fsm.commands import Side, Stop
from fsm.gates import GATES
from tests.adapters.driving import signal

from . import tales
from .chromium import DESKTOP, PHONE, Tab
from .conftest import TOKEN, Bot, Start
from .story import Story

pytestmark = pytest.mark.anyio
PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
DRAWN = "document.body.dataset.link === 'live' && document.querySelector('#journal li')"


async def opened(tab: Tab, bot: Bot) -> None:
    await tab.open(bot.address)
    await tab.until(DRAWN)


async def pictured(tab: Tab, name: str, size: tuple[int, int] = DESKTOP, dark: bool = False) -> None:
    if os.environ.get("SCREENSHOTS"):
        await tab.look_like(size, dark)
        (PICTURES / f"{name}.webp").write_bytes(await tab.screenshot())


def newest(bot: Bot) -> Entry:
    """The last row of the file."""
    return bot.reader.entries(after=bot.reader.nth_last_seq(1))[0]


async def agrees(tab: Tab, bot: Bot) -> None:
    """Everything that every situation has, against the rows of the database."""
    entry = newest(bot)
    seen = entry.picture
    assert await tab.text("#state") == seen.state.value.replace("_", " ")
    assert await tab.ask("document.querySelectorAll('.lifecycle.wide .state.lit').length") == 1
    assert await tab.text(".lifecycle.wide .state.lit") == seen.state.value.replace("_", " ")
    assert await tab.ask("document.title") == f"{seen.state.value.replace('_', ' ')} · Auto-Trader"
    assert money(seen.equity) in await tab.text("#money")
    await same_signals(tab, bot)
    shown = await tab.texts("#trades tr")
    for row, trade in zip(shown, bot.reader.trades(12), strict=True):
        assert signed(Decimal(trade["pnl"])) in row
        assert trade["reason"].replace("_", " ") in row
    gauges = dict(zip(await tab.texts("#breakers strong"), await tab.texts("#breakers .text"), strict=True))
    assert gauges == {
        "Daily loss": f"{max(-round(seen.day_pnl_pct, 2), Decimal(0)).normalize():f} % of 3 %",
        "Drawdown": f"{-round(seen.drawdown_pct, 2).normalize():f} % of 15 %".replace("-0 ", "0 "),
        "Losses in a row": f"{seen.streak} of 5",
    }


async def same_signals(tab: Tab, bot: Bot) -> None:
    shown = await tab.texts("#signals tr")
    for row, heard in zip(shown, bot.reader.signals(8), strict=True):
        assert row.startswith(f"{heard['side']} {heard['signal_id']}")
        assert heard["verdict"] in row
    assert await tab.texts("#gates .gate") == [gate.__name__.replace("_", " ") for gate in GATES]


async def quiet(tab: Tab, bot: Bot) -> None:
    """The browser had nothing to complain of, and went nowhere else."""
    assert tab.complaints == []
    assert {url.partition("?")[0].removeprefix(bot.url) for url in tab.requested if not url.startswith("data:")} <= {
        "/",
        "/dashboard.css",
        "/dashboard.js",
        "/charts.js",
        "/events",
    }


async def last_edge(tab: Tab) -> set[tuple[str, str]]:
    edges = "[...document.querySelectorAll('.lifecycle.wide .edge.last')].map((e) => [e.dataset.from, e.dataset.to])"
    return {(a, b) for a, b in await tab.ask(edges)}


async def test_idle(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        await agrees(tab, it)
        assert await tab.text("#position") == "No position."
        assert "ready for a signal" in await tab.text("#reasons")
        assert len(await last_edge(tab)) == 1
        assert await tab.ask("document.querySelectorAll('#price-chart .trip').length") == 3
        assert "Equity" in await tab.ask("document.querySelector('#curve-chart svg').getAttribute('aria-label')")
        await pictured(tab, "idle")
        await quiet(tab, it)


async def test_in_position(tab: Tab, bot: Start) -> None:
    async with bot(tales.in_position) as it:
        await opened(tab, it)
        await agrees(tab, it)
        seen, card = newest(it).picture, await tab.text("#position")
        assert seen.mark is not None
        assert seen.stop_price is not None
        gap = seen.mark - seen.stop_price
        for figure in (
            f"Held {quantity(seen.position)} BTC",
            f"Bought at {price(seen.entry_price)}",
            f"Stop {price(seen.stop_price)}",
            f"Down to the stop {gap * 100 / seen.mark:.2f} % ({money(gap)})",
            signed(seen.open_pnl),
        ):
            assert figure in card
        assert await tab.ask("document.querySelectorAll('#price-chart .level-stop').length") == 1
        assert await last_edge(tab) == {("ordering", "in_position")}
        await pictured(tab, "in-position")
        await pictured(tab, "in-position-dark", dark=True)
        await pictured(tab, "in-position-phone", PHONE)
        await quiet(tab, it)


async def test_halted_with_an_orphan(tab: Tab, bot: Start) -> None:
    async with bot(tales.halted) as it:
        await opened(tab, it)
        await agrees(tab, it)
        assert newest(it).picture.why == ("orphaned",)
        assert "+0.25 BTC" in await tab.text("#orphan")
        assert "auto-trader orphan" in await tab.text("#orphan")
        assert "nobody can explain" in await tab.text("#reasons")
        assert await last_edge(tab) == {("idle", "halted")}
        await pictured(tab, "halted")
        await quiet(tab, it)


async def test_killed(tab: Tab, bot: Start) -> None:
    async with bot(tales.killed) as it:
        await opened(tab, it)
        await agrees(tab, it)
        assert "drawdown" in newest(it).picture.why
        assert "auto-trader rearm" in await tab.text("#reasons")
        assert await last_edge(tab) == {("in_position", "killed")}
        assert await tab.ask("document.querySelectorAll('.gauge i.full').length") == 2
        await pictured(tab, "killed")
        await quiet(tab, it)


async def test_an_update_arrives_without_a_reload(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        await tab.ask("window.sameOldPage = true")

        it.story.buy()
        await tab.until("document.body.dataset.state === 'in_position'")
        await agrees(tab, it)
        assert await last_edge(tab) == {("ordering", "in_position")}

        it.story.clock += 1
        it.story.mark(it.story.price + 250)
        shown = price(it.story.price)
        await tab.until(f"document.querySelector('#money').innerText.includes('{shown}')")

        it.story.fire(Stop(at=it.story.clock, by="the test"))
        await tab.until("document.body.dataset.state === 'halted'")
        assert "stopped by the test" in await tab.text("#reasons")
        assert "Being sold: stop" in await tab.text("#position")
        assert newest(it).picture.state is State.HALTED
        assert await tab.ask("window.sameOldPage") is True
        await quiet(tab, it)


async def test_gates_are_ticked_or_crossed_and_the_reason_is_in_words(tab: Tab, bot: Start) -> None:
    def tale(story: Story) -> None:
        story.wait(5)
        story.buy(reachable=False)
        story.wait(3)
        story.buy()
        story.heard(Side.BUY)

    async with bot(tale) as it:
        await opened(tab, it)
        rows = "[...document.querySelectorAll('#signals tr')]"
        signs = await tab.ask(
            f"{rows}.map((row) => [...row.querySelectorAll('.gate > span:first-child')].map((e) => e.textContent))"
        )
        assert signs == [["✗", *["–"] * 6], ["✓"] * 7, ["✓", "✓", "✓", "✓", "✗", "✓", "✓"]]
        verdicts = await tab.texts("#signals .verdict")
        way = "received +0 ms, assessed +200 ms, sent +0 ms, acknowledged +150 ms, filled +0 ms, protected +120 ms"
        assert verdicts == [
            "refused a position is already open",
            f"opened {way}",
            "refused the exchange did not answer received +0 ms, assessed +200 ms",
        ]
        titles = await tab.ask(f"{rows}[2].querySelectorAll('.gate')[4].title")
        assert titles == "exchange reachable: it did not answer"


async def test_it_says_so_when_the_bot_is_gone_and_finds_back(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        await tab.ask("window.sameOldPage = true")
        await it.down()
        await tab.until("document.body.dataset.link === 'stale'")
        assert (await tab.text("#link")).startswith("no connection: what you see is")
        assert await tab.text("#state") == "idle"

        it.story.buy()
        await it.up()
        await tab.until("document.body.dataset.state === 'in_position'")
        await tab.until("document.body.dataset.link === 'live'")
        await agrees(tab, it)
        assert await tab.ask("window.sameOldPage") is True


async def test_it_says_so_when_the_connection_stands_but_nothing_comes(
    tab: Tab, bot: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 60)
    async with bot(tales.idle) as it:
        await opened(tab, it)
        await tab.ask("{ const now = performance.now.bind(performance); performance.now = () => now() + 10_000; }")
        await tab.until("document.body.dataset.link === 'stale'")
        assert (await tab.text("#link")).startswith("no connection: what you see is 1")


async def test_a_bot_that_does_not_tick_is_not_called_live(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        it.story.clock += 90
        await tab.until("document.body.dataset.link === 'asleep'")
        assert await tab.text("#link") == "connected, but the bot does not tick"
        assert "no tick for 1 min" in await tab.text("#health")


async def test_a_clock_that_is_off_is_told_with_the_figure(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        assert "not compared with the exchange yet" in await tab.text("#health")
        for drift, mood, shown in (
            (0.25, "ok", "0.25 s ahead of the exchange"),
            (-42.0, "warn", "42.00 s behind the exchange"),
        ):
            it.vitals.drift = drift
            await tab.until(f"document.querySelector('#health').innerText.includes('{shown}')")
            assert await tab.ask(CLOCK) == mood
        assert any(
            "42.0 s behind" in reason for reason in health(it.story.runner.bot, it.vitals, it.settings, 0).reasons
        )


async def test_the_token_becomes_a_cookie_that_scripts_cannot_read(tab: Tab, bot: Start) -> None:
    async with bot(tales.idle) as it:
        await opened(tab, it)
        assert await tab.ask("location.href") == f"{it.url}/"
        assert await tab.ask("document.cookie") == ""
        assert TOKEN not in await tab.ask("document.documentElement.outerHTML")
        (cookie,) = (await tab.send("Network.getCookies"))["cookies"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert TOKEN not in cookie["value"]
        await tab.send("Page.reload")
        await tab.until(DRAWN)


async def test_what_a_sender_wrote_stays_text(tab: Tab, bot: Start) -> None:
    evil = "<img src=x onerror=alert(1)><b>id</b>"

    def tale(story: Story) -> None:
        story.wait(2)
        story.fire(signal(Side.BUY, evil, at=story.clock))

    async with bot(tale) as it:
        await opened(tab, it)
        assert evil in await tab.text("#signals")
        assert await tab.ask("document.querySelectorAll('#signals img, #signals b, #journal img').length") == 0
        await quiet(tab, it)


@pytest.mark.parametrize("dark", [False, True])
async def test_it_can_be_read(tab: Tab, bot: Start, dark: bool) -> None:
    """Contrast of every text against what lies under it (WCAG AA: 4.5 to 1), nothing cut off at the side, one `main`,
    and a keyboard that gets everywhere."""
    async with bot(tales.halted) as it:
        await tab.open(it.address, PHONE, dark)
        await tab.until(DRAWN)
        assert await tab.ask("document.documentElement.scrollWidth <= window.innerWidth")
        assert await tab.ask("document.querySelectorAll('main').length") == 1
        assert await tab.ask("document.querySelectorAll('section:not([aria-labelledby])').length") == 0
        assert await tab.ask("document.querySelectorAll('main svg[role=img]:not([aria-label])').length") == 0
        await tab.look_like(DESKTOP, dark)
        assert await tab.ask(CONTRAST) == []
        stops = []
        for _ in range(5):
            await tab.press("Tab")
            stops.append(await tab.ask("document.activeElement.className || document.activeElement.id"))
        assert stops == ["skip", "scroll", "scroll", "journal scroll", ""]


CLOCK = "[...document.querySelectorAll('#health dt')].find((e) => e.innerText.includes('Clock')).className"
CONTRAST = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const under = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("svg, noscript, .skip")) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(under(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${texts.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
})()"""
