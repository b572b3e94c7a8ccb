"""The clockwork with real jobs: what fails says so until it works again, and stops nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from adapters import scheduler

pytestmark = pytest.mark.anyio


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_job_that_fails_is_told_once_until_it_works_again_and_the_others_go_on() -> None:
    troubles: list[str] = []
    runs = {"steady": 0, "shaky": 0}

    async def steady() -> None:
        runs["steady"] += 1

    async def shaky() -> None:
        runs["shaky"] += 1
        if runs["shaky"] <= 2:
            raise RuntimeError("not today")

    jobs: dict[scheduler.Job, object] = {steady: scheduler.every(0.05), shaky: scheduler.every(0.05)}
    async with scheduler.running(jobs, troubles):
        await until(lambda: runs["shaky"] == 2)
        await until(lambda: troubles == ["scheduler: job shaky does not work"])
        await until(lambda: runs["shaky"] > 2 and not troubles)
        seen = runs["steady"]
        await until(lambda: runs["steady"] > seen)


def test_the_daily_job_runs_a_minute_before_midnight_utc_also_on_a_leap_day() -> None:
    trigger = scheduler.daily(23, 59)
    before = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, before) == datetime(2028, 2, 29, 23, 59, tzinfo=UTC)
