"""Questions asked of a Bot. Levels, not edges: each is true or false of one snapshot, time included."""

from __future__ import annotations

from .bot import Bot, Want
from .commands import Side, Signal
from .cover import jumped, standing, uncovered
from .gates import repeats
from .ledger import WOULD_TRIGGER, Order, Purpose, Status

PATIENCE = 5.0  # silence longer than this becomes a question
LINGER = 15.0  # a market order still working after this is called back
ALARMING = 15.0  # coins without a confirmed stop for longer than this are told of
RETRY = 2.0  # between two tries of a refused exit, and between two proofs of absence
COOLING = 30.0  # after MAX_EXITS refusals: protect again, wait, then try to leave once more
MAX_STOPS, MAX_EXITS = 2, 3


# -- commands
def last_signal(bot: Bot) -> Signal:
    return bot.heard[-1].signal


def duplicate(bot: Bot) -> bool:
    return repeats(bot, last_signal(bot))


def buy(bot: Bot) -> bool:
    return last_signal(bot).side is Side.BUY


def sell(bot: Bot) -> bool:
    return last_signal(bot).side is Side.SELL


def our_pair(bot: Bot) -> bool:
    return last_signal(bot).symbol == bot.pair


def fresh(bot: Bot) -> bool:
    return abs(bot.now - last_signal(bot).stamp) <= bot.limits.max_age


def cooled(bot: Bot) -> bool:
    return bot.now - bot.book.lost_at >= bot.limits.cooldown


def priced(bot: Bot) -> bool:
    """Coins that change hands need a value."""
    return bot.mark is not None


# -- what we hold and what is live
def flat(bot: Bot) -> bool:
    return bot.sellable(bot.owned) == 0


def quiet(bot: Bot) -> bool:
    return not bot.ledger.live() and not bot.childless


def in_flux(bot: Bot) -> bool:
    """What the account shows at this moment proves nothing: an order's fate is not known."""
    return any(_moving(o) for o in bot.ledger.live()) or bool(bot.childless)


def _moving(order: Order) -> bool:
    resting = order.purpose is Purpose.STOP and order.status is Status.OPEN
    return not resting or order.cancel_asked or order.doubts > 0


def engaged(bot: Bot) -> bool:
    return not (flat(bot) and quiet(bot)) and not bot.wiped


def unclosed(bot: Bot) -> bool:
    return bool(bot.ledger.orders or bot.leave or bot.signal)


def holding(bot: Bot) -> bool:
    return bot.leave is None and bot.want is not Want.KILL


def bare_long(bot: Bot) -> bool:
    """A person wants to know, while the bot goes on protecting it or selling it."""
    return bot.bare_since is not None and bot.now - bot.bare_since >= ALARMING and not bot.bare_told


def guarded(bot: Bot) -> bool:
    """Every unit is watched by a stop the exchange has confirmed, and nothing else is live."""
    live = bot.ledger.live()
    confirmed = all(o.purpose is Purpose.STOP and o.status is Status.OPEN and not o.cancel_asked for o in live)
    unknown = any(o.misses > 1 for o in live)
    return bool(live) and confirmed and not unknown and not bot.childless and uncovered(bot) == 0


def unguarded(bot: Bot) -> bool:
    return not guarded(bot)


# -- refusals by the venue, and waiting after them
def waited(bot: Bot, refused: tuple[Order, ...], pause: float) -> bool:
    """After a refusal: look at the account first (perhaps the coins are gone), but not for ever."""
    if not refused:
        return True
    waited, looked = bot.now - refused[-1].since, bot.pictured >= refused[-1].since and not bot.suspect
    return waited >= pause and (looked or waited >= 5 * pause)


def cooling(bot: Bot) -> bool:
    refused = bot.ledger.refused(Purpose.EXIT)
    return len(refused) >= MAX_EXITS and bot.now - refused[-1].since < COOLING


def overrun(bot: Bot) -> bool:
    """The price was already through the stop when it was placed, or has jumped over the limit of one that has such."""
    refused = bot.ledger.refused(Purpose.STOP)
    late = bool(refused) and refused[-1].reason == WOULD_TRIGGER and uncovered(bot) > 0
    return holding(bot) and (late or bool(jumped(bot)))


def unprotectable(bot: Bot) -> bool:
    refused = [o for o in bot.ledger.refused(Purpose.STOP) if o.reason != WOULD_TRIGGER]
    return holding(bot) and uncovered(bot) > 0 and len(refused) >= MAX_STOPS


def leaving(bot: Bot) -> bool:
    return not holding(bot) and not cooling(bot)


# -- safety work
def entering(bot: Bot) -> bool:
    """An entry is fresh, or the stops the venue attached to it are not all in sight: wait before acting on it."""
    fresh_entry = any(bot.now - o.at < PATIENCE for o in bot.ledger.live(Purpose.ENTRY))
    return fresh_entry or bool(bot.childless)


def naked(bot: Bot) -> bool:
    busy = leaving(bot) or entering(bot) or bot.ledger.live(Purpose.EXIT)
    refused = bot.ledger.refused(Purpose.STOP)
    return not busy and uncovered(bot) > 0 and (len(refused) < MAX_STOPS or waited(bot, refused, RETRY))


def cancellable(bot: Bot, purpose: Purpose) -> list[Order]:
    """A PLANNED order is not: the cancel could overtake it and leave an orphan."""
    return [o for o in bot.ledger.live(purpose) if o.status is Status.OPEN and not o.cancel_asked]


def _lingers(bot: Bot, purpose: Purpose) -> bool:
    return any(bot.now - o.at >= LINGER for o in cancellable(bot, purpose))


def entry_unwanted(bot: Bot) -> bool:
    unwanted = leaving(bot) or bot.want is not Want.RUN
    return bool(cancellable(bot, Purpose.ENTRY)) and (unwanted or _lingers(bot, Purpose.ENTRY))


def exit_lingers(bot: Bot) -> bool:
    return _lingers(bot, Purpose.EXIT)


def stop_in_the_way(bot: Bot) -> bool:
    return leaving(bot) and bot.trading and not entering(bot) and bool(cancellable(bot, Purpose.STOP))


def clear_to_exit(bot: Bot) -> bool:
    """The stops' fate is known, so what is left is really ours to sell. Where nobody bid, the next try is at once, and
    the one after that is not."""
    busy = entering(bot) or standing(bot, Purpose.STOP) or standing(bot, Purpose.EXIT)
    failed = bot.ledger.refused(Purpose.EXIT)
    patient = [o.status for o in failed] == [Status.CANCELED] or waited(bot, failed, RETRY)
    return leaving(bot) and not busy and bot.sellable(bot.held) > 0 and patient


# -- judging and settling
def stale(bot: Bot) -> bool:
    """The facts for the signal did not come in time."""
    return bot.signal is not None and bot.now - bot.heard_at(bot.signal) > PATIENCE


def assessed(bot: Bot) -> bool:
    return bot.facts is not None


def entry_decided(bot: Bot) -> bool:
    """The entry's own fate is known: its signal can have its verdict."""
    entries = [o for o in bot.ledger.orders if o.purpose is Purpose.ENTRY]
    return bot.signal is not None and bool(entries) and all(o.final for o in entries)
