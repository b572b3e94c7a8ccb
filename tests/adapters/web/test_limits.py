"""How often is too often, for whom; and that nobody is starved by somebody else."""

from __future__ import annotations

import tracemalloc

import pytest
from structlog.testing import capture_logs

from adapters.web.limits import Window, Windows

from .conftest import NOON, SECRET, World

anyio = pytest.mark.anyio


def test_a_window_slides() -> None:
    window = Window(2, span=60)
    assert [window.wait(t) for t in (0, 10, 20, 59)] == [0, 0, 40, 1]
    assert [window.wait(t) for t in (60, 61, 70)] == [0, 9, 0]


def test_a_clock_set_back_frees_a_window() -> None:
    window = Window(1, span=60)
    assert window.wait(1000) == 0
    assert window.wait(10) == 0


def test_strangers_are_remembered_in_bounded_memory() -> None:
    windows = Windows(30, capacity=1024)
    tracemalloc.start()
    for n in range(100_000):
        windows.wait(f"2001:db8:{n:x}::/64", n / 1000)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(windows) == 1024
    assert size < 3_000_000


def test_those_not_heard_of_for_longest_are_forgotten() -> None:
    windows = Windows(1, capacity=2)
    assert [windows.wait(who, 0) for who in ("a", "b", "a")] == [0, 0, 60]
    assert windows.wait("c", 0) == 0  # and "b" is forgotten
    assert [windows.wait(who, 0) for who in ("c", "a", "b")] == [60, 60, 0]


@anyio
async def test_ten_buys_a_minute(world: World) -> None:
    answers = [await world.post(world.alert(signal_id=f"id-{n}")) for n in range(12)]

    assert [a.status_code for a in answers] == [202] + [200] * 9 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "60"
    assert answers[-1].json()["errors"] == [{"field": "signal", "problem": "more than 10 BUY signals in a minute"}]
    assert len(world.told) == 2
    world.clock.now = NOON + 60
    assert (await world.post(world.alert(signal_id="late", timestamp=(NOON + 60) * 1000))).status_code == 200


@anyio
async def test_sixty_sells_a_minute_whatever_the_buys_do(world: World) -> None:
    for n in range(20):
        await world.post(world.alert(signal_id=f"id-{n}"))
    answers = [await world.post(world.alert("SELL", signal_id=f"id-{n}")) for n in range(61)]
    assert [a.status_code for a in answers] == [202] + [200] * 59 + [429]


@anyio
async def test_strangers_do_not_starve_the_owner_not_even_from_his_own_address(world: World) -> None:
    answers = [await world.post(world.alert(), secret=None) for _ in range(40)]
    assert [a.status_code for a in answers] == [401] * 30 + [429] * 10
    assert answers[-1].headers["Retry-After"] == "60"
    assert answers[-1].json() == {"status": "limited"}

    with capture_logs() as logs:
        for n in range(2000):  # and a crowd of others
            world.address(f"198.51.{n % 100}.{n // 100}")
            world.clock.now += 0.01
            await world.post(world.alert(), secret="x" * 40)
    assert len(logs) < 60
    world.address("203.0.113.7")
    assert (await world.post(world.alert(secret=SECRET), secret=None)).status_code == 202


@anyio
async def test_neighbours_have_windows_of_their_own(world: World) -> None:
    for _ in range(31):
        last = await world.post(world.alert(), secret=None)
    assert last.status_code == 429
    world.address("203.0.113.8")
    assert (await world.post(world.alert(), secret=None)).status_code == 401
    for n in range(31):  # one customer has all of a /64
        world.address(f"2001:db8::{n:x}")
        last = await world.post(world.alert(), secret=None)
    assert last.status_code == 429


@anyio
async def test_mistakes_are_always_explained_but_reported_sparingly(world: World) -> None:
    answers = [await world.post(b"{") for _ in range(25)]
    assert {a.status_code for a in answers} == {422}
    assert len(world.told) == 10
    world.clock.now += 61
    await world.post(b"{")
    assert len(world.told) == 11
