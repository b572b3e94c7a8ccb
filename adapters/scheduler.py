"""The clockwork: a tick and a mark every second. A job that is late or fails says so; it never stops the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

Job = Callable[[], Awaitable[None]]
log = structlog.get_logger()


@asynccontextmanager
async def every(jobs: dict[Job, float]) -> AsyncIterator[None]:
    """Run each job every so many seconds, never twice at once, until the block ends."""
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 30}
    )
    scheduler.add_listener(_complain, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    for job, seconds in jobs.items():
        scheduler.add_job(job, IntervalTrigger(seconds=seconds), name=getattr(job, "__name__", "job"))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _complain(event: JobExecutionEvent) -> None:
    log.error("job_failed" if event.exception else "job_missed", job=event.job_id, error=repr(event.exception))
