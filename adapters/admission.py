"""Whether a live bot may start: what the doctor has proven to be dangerous keeps it out, and the owner hears of it.
And what becomes of its key while it runs.

Law: a person may overrule one check, by its name and knowingly; that is logged, journaled and told.
Law: whatever restarts the bot does so again and again, so the same refusal is told once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection

import structlog

from .doctor import Find, key_troubles, refusals, venue_of
from .exchanges.base import Refused, Unresolved
from .settings import ConfigurationError, Settings

EXAMINED = 10.0  # seconds; what was not proven by then keeps nobody from trading
AGAIN = (0.0, 60.0, 600.0, 3600.0)  # seconds before each try of a day's review
log = structlog.get_logger()


async def admit(
    settings: Settings, clock: Callable[[], float], despite: Collection[str] = (), find: Find = venue_of
) -> None:
    """Returns when the bot may start. Raises ConfigurationError where live trading would be dangerous."""
    if despite:
        log.warning("despite", checks=sorted(despite))
    reasons = list[str]()
    with contextlib.suppress(TimeoutError):
        reasons = await asyncio.wait_for(refusals(settings, clock, despite, find), EXAMINED)
    told = settings.database_path.with_name(f"{settings.database_path.name}.refused")  # what was told the last time
    if not reasons:
        with contextlib.suppress(OSError):
            told.unlink()
        return
    refusal = ConfigurationError([f"live mode refuses to start: {reason}" for reason in reasons])
    with contextlib.suppress(OSError):  # the folder itself may be what is wrong: told again, then
        if told.exists() and told.read_text() == str(refusal):
            raise refusal
    await _tell(settings, f"🚫 NOT STARTED: {'; '.join(refusal.problems)}")
    with contextlib.suppress(OSError):
        told.write_text(str(refusal))
    raise refusal


async def review(
    settings: Settings, clock: Callable[[], float], say: Callable[[str], None], find: Find = venue_of
) -> None:
    """Once a day, because a right may end, or be given, while the bot runs for months. It is told until it is mended;
    nothing is stopped by it. At Kraken a request of the bot's own may be refused for its nonce meanwhile, which proves
    that it did nothing: it is sent again."""
    for pause in AGAIN:
        await asyncio.sleep(pause)
        try:
            troubles = await key_troubles(settings, clock, find)
        except (Refused, Unresolved) as error:
            log.warning("key_not_reviewed", error=str(error))
            continue
        for trouble in troubles:
            say(f"🔑 KEY: {trouble}")
        return


async def _tell(settings: Settings, text: str) -> None:
    """Telegram may be what is away: then the log and the exit code have to do."""
    if settings.telegram_bot_token is None:
        return
    from . import telegram  # 0.4 s that only a bot with a chat pays

    try:
        await telegram.tell(settings, text)
    except telegram.NotDelivered as error:
        log.warning("not_told", error=str(error))
