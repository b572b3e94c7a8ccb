"""Which checks there are, in which order they are told, and what a check that gets no answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from msgspec.structs import replace

from adapters.exchanges import Refused, Unresolved
from adapters.logs import Redactor
from adapters.settings import Settings

from . import account, machine, secrets
from .findings import Finding, Level, fail, ok, warn
from .telegram import telegram
from .venues import Rights, Venue, venue_of

PATIENCE = 30.0  # seconds for everything the exchange is asked
AWAY = "look at the exchange's status page and at this machine's network; is EXCHANGE_URL right?"
Clock = Callable[[], float]
Find = Callable[[Settings, Clock], Venue]


async def examine(
    settings: Settings, clock: Clock, env_file: Path = Path(".env"), find: Find = venue_of
) -> list[Finding]:
    """Every check, in the order in which a person would mend things. Changes nothing anywhere."""
    chat, exchange = await asyncio.gather(telegram(settings), _exchange(settings, clock, find))
    found = [
        secrets.environment_file(env_file),
        secrets.secrets(settings),
        machine.database(settings),
        machine.disk(settings.database_path),
        machine.sqlite(settings.database_path),
        machine.port(settings.host, settings.port),
        machine.zone(),
        *exchange,
        chat,
    ]
    return [_without_secrets(each, settings) for each in found]


async def refusals(settings: Settings, clock: Clock, despite: Collection[str] = (), find: Find = venue_of) -> list[str]:
    """Why a live bot must not start, one sentence each; `despite` names checks that a person overrules. In other modes,
    and for whatever could not be asked, nothing."""
    if settings.trading_mode != "live":
        return []
    found = [
        secrets.secrets(settings),
        machine.database(settings),
        machine.sqlite(settings.database_path),
        *await _exchange(settings, clock, find),
    ]
    found = [_without_secrets(each, settings) for each in found]
    return [f"{f.name}: {f.what}; {f.fix}" for f in found if f.fatal and f.name not in despite]


async def key_troubles(settings: Settings, clock: Clock, find: Find = venue_of) -> list[str]:
    """What has become of the live key that a person must do something about, one sentence each. Rights are changed at
    the exchange, and some end by themselves. Raises Refused and Unresolved, where that cannot be asked now."""
    if settings.trading_mode != "live":
        return []
    venue = find(settings, clock)
    try:
        venue.client.open()
        async with asyncio.timeout(PATIENCE):
            works = await account.key_works(venue, settings)
            rights = None if works.level is Level.FAIL else await venue.rights()
    except TimeoutError:
        raise Unresolved(f"no answer within {PATIENCE:.0f} s") from None
    finally:
        await venue.client.disconnect()
    rest = ((account.withdrawal(rights), Level.FAIL), (account.expiry(rights, clock()), Level.WARN))
    urgent = [finding for finding, level in ((works, Level.FAIL), *rest) if finding.level is level]
    return [f"{f.what}; {f.fix}" for f in (_without_secrets(each, settings) for each in urgent)]


def _without_secrets(finding: Finding, settings: Settings) -> Finding:
    """Findings repeat what servers say, and a server may repeat what it was asked."""
    redact = Redactor(settings.secrets)
    return replace(finding, what=redact.text(finding.what), fix=redact.text(finding.fix))


async def _exchange(settings: Settings, clock: Clock, find: Find) -> list[Finding]:
    if settings.trading_mode == "paper":
        return [ok("exchange", "simulated: paper trading has no account to look at")]
    try:
        venue = find(settings, clock)
    except ValueError as error:
        return [fail("exchange", str(error), "set it as .env.example says", fatal=True)]
    try:
        async with asyncio.timeout(PATIENCE):
            return await _account(settings, venue, clock)
    except TimeoutError:
        return [fail("exchange", f"no answer within {PATIENCE:.0f} s", AWAY)]
    finally:
        await venue.client.disconnect()


async def _account(settings: Settings, venue: Venue, clock: Clock) -> list[Finding]:
    """When the first question gets no answer, the others are not asked."""
    try:
        await venue.client.connect()
        await venue.client.ping()
    except (Refused, Unresolved) as error:
        return [fail("exchange", f"does not answer: {error}", AWAY)]
    rights = await _rights(venue)
    checks: dict[str, Callable[[], Awaitable[Finding]]] = {
        "clock": lambda: account.clock_skew(venue, clock),
        "key": lambda: account.key_works(venue, settings),
        "withdrawal": lambda: _of(rights, account.withdrawal),
        "expiry": lambda: _of(rights, lambda known: account.expiry(known, clock())),
        "address": lambda: _of(rights, account.address),
        "pair": lambda: account.pair(venue, settings),
        "orders": lambda: account.orders(venue, settings),
        "size": lambda: account.size(venue, settings),
        "fees": lambda: account.fee_currency(venue),
    }
    answers = [await _answered(name, check) for name, check in checks.items()]
    return [ok("exchange", f"{settings.active_exchange} answers"), *answers]


async def _rights(venue: Venue) -> Rights | Exception | None:
    try:
        return await venue.rights()
    except (Refused, Unresolved) as error:
        return error


async def _of(rights: Rights | Exception | None, check: Callable[[Rights | None], Finding]) -> Finding:
    if isinstance(rights, Exception):
        raise rights
    return check(rights)


async def _answered(name: str, check: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await check()
    except (Refused, Unresolved) as error:
        what, fix = f"could not be asked: {error}", "mend what is above, then ask again"
        return fail(name, what, fix) if name == "withdrawal" else warn(name, what, fix)
