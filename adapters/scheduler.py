"""The clockwork. A job that is late or fails says so, once, until it works again; it never stops the others."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

Job = Callable[[], Awaitable[None]]
LATE = 3600  # seconds a job may start late; what is more than late is told as missed
log = structlog.get_logger()


def every(seconds: float) -> BaseTrigger:
    return IntervalTrigger(seconds=seconds, timezone=UTC)


def daily(hour: int, minute: int) -> BaseTrigger:
    """UTC."""
    return CronTrigger(hour=hour, minute=minute, timezone=UTC)


@asynccontextmanager
async def running(jobs: dict[Job, BaseTrigger], troubles: list[str]) -> AsyncIterator[None]:
    """Run each job at its times, never twice at once, while the block lasts; what repeats begins at once. `troubles`
    holds, in words, which of them do not work."""

    def listen(event: JobExecutionEvent) -> None:
        trouble = f"scheduler: job {event.job_id} does not work"
        if event.code == EVENT_JOB_EXECUTED:
            if trouble in troubles:
                troubles.remove(trouble)
            return
        log.error(
            "job_missed" if event.code == EVENT_JOB_MISSED else "job_failed", job=event.job_id, exc_info=event.exception
        )
        if trouble not in troubles:
            troubles.append(trouble)

    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE}
    )
    scheduler.add_listener(listen, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    for job, trigger in jobs.items():
        scheduler.add_job(_work, trigger, args=[job], id=job.__name__, name=job.__name__)
        if isinstance(trigger, IntervalTrigger):
            scheduler.modify_job(job.__name__, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _work(job: Job) -> None:
    """Only the end of the block cancels a job, and that is no failure."""
    with suppress(CancelledError):
        await job()
