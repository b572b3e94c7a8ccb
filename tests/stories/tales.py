"""What happens to a trader, told on a desk where nothing happens by accident. Each ends by asking whether the books
agree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D

from fsm.bot import State
from fsm.commands import Choice, Side
from fsm.ledger import Purpose, Status
from fsm.limits import Limits
from tests.world import peace
from tests.world.desk import KRAKEN, Desk

ENTRY, STOP, EXIT = Purpose
Tale = Callable[[Desk], None]
TALES: dict[str, tuple[Tale, dict[str, object]]] = {}


def tale(**desk: object) -> Callable[[Tale], Tale]:
    def tell(story: Tale) -> Tale:
        TALES[story.__name__] = story, desk
        return story

    return tell


def told(name: str) -> list[str]:
    """The transcript: the tale's moral, then what was said."""
    story, how = TALES[name]
    said: list[str] = []
    desk = Desk(said, **how)  # type: ignore[arg-type]
    story(desk)
    books_agree(desk)
    title = name.replace("_", " ")
    moral = " ".join((story.__doc__ or "").split())
    return [title, "=" * len(title), moral, "", *said]


def books_agree(desk: Desk) -> None:
    with desk.unsaid():
        desk.wait(3)
        peace.check(desk)


def opened(desk: Desk) -> Desk:
    """Everything before the story begins is left out of it."""
    with desk.unsaid():
        return desk.open()


def holding(desk: Desk) -> Desk:
    with desk.unsaid():
        return desk.open().hold("tv-1")


@tale()
def a_round_trip(desk: Desk) -> None:
    """A BUY is judged on fresh facts, bought, and protected at the exchange. A SELL leaves in the only safe order:
    cancel the stop, learn its fate, sell what is really left."""
    desk.open()
    desk.buy("tv-1")
    desk.calm()
    desk.wait(6)
    desk.price(65_500)
    desk.sell("tv-2")
    desk.calm()


@tale(market=KRAKEN)
def a_round_trip_with_stops_made_by_the_venue(desk: Desk) -> None:
    """The stop travels with the entry, so there is no naked moment; the bot goes on when it has seen that stop."""
    opened(desk)
    desk.buy("tv-1")
    desk.calm()
    desk.wait(7)
    desk.price(65_500)
    desk.sell("tv-2")
    desk.calm()


@tale()
def the_stop_is_hit(desk: Desk) -> None:
    """The exchange sells while nobody looks. The bot learns it, books it, and is ready again."""
    holding(desk)
    desk.price(62_900)
    desk.wait(3)


@tale()
def the_stop_is_refused_because_the_price_is_through_it(desk: Desk) -> None:
    """Between the fill and its stop the market fell further than the stop. That is a stop loss, only late: leave at
    once, book it as one, go on."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.perform()
    desk.exchange.move(D(62_000))
    desk.deliver()
    desk.calm()
    assert desk.state is State.IDLE


@tale()
def the_stop_is_refused_twice(desk: Desk) -> None:
    """One corrected try, under the market if that is lower. Then out, and a person has to look."""
    opened(desk)
    desk.exchange.no_stops = True
    desk.buy("tv-1")
    desk.calm()
    assert desk.state is State.HALTED


@tale()
def an_entry_times_out_and_is_found_later(desk: Desk) -> None:
    """The answer was lost, the order was not. It is asked about by its own id, found filled, and protected. Never sent
    again."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.send("reply_lost")
    desk.wait(4)
    assert desk.state is State.IN_POSITION


@tale()
def an_entry_times_out_and_never_arrived(desk: Desk) -> None:
    """ "Not found" is no answer while the order could still arrive. Two questions asked after that are a proof."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.send("never_arrives")
    desk.wait(20)
    assert desk.state is State.IDLE


@tale()
def a_stop_times_out(desk: Desk) -> None:
    """Where the venue locks coins, a stop it does not know is replaced at once: the second of the two would be refused.
    The first is tracked until it is proven never to have arrived."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.send()
    desk.send("never_arrives")
    desk.wait(20)
    assert desk.state is State.IN_POSITION


@tale()
def a_crash_in_position(desk: Desk) -> None:
    """The process dies. The stop does not: it rests at the exchange. The next process reads one snapshot and asks."""
    holding(desk)
    desk.crash()
    desk.calm()
    assert desk.state is State.IN_POSITION


@tale()
def a_crash_between_the_order_and_its_answer(desk: Desk) -> None:
    """Bought, and dead before it knew. The order was written down before it left, so it is asked about, and
    protected."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.perform()
    desk.crash()
    desk.calm()
    assert desk.state is State.IN_POSITION


@tale()
def a_crash_while_judging(desk: Desk) -> None:
    """The signal was taken, the facts never came. It is refused as late: a signal has one end, and no life after it."""
    opened(desk)
    desk.buy("tv-1")
    desk.crash()
    desk.calm()
    desk.wait(6)
    assert desk.state is State.IDLE


@tale()
def a_database_restored_from_a_copy(desk: Desk) -> None:
    """The copy is older than the position. Its coins and its stop are found, nothing is bought beside them, and the ids
    of the new life differ from those of the old one."""
    opened(desk)
    copy = desk.saved
    with desk.unsaid():
        desk.hold("tv-1")
    desk.restore(copy)
    desk.buy("tv-2")
    desk.wait(4)
    desk.resolve(Choice.ADOPT)
    desk.mark()
    desk.resolve(Choice.ADOPT)
    desk.calm()
    desk.resume()
    assert desk.state is State.IN_POSITION


@tale()
def stop_during_an_order(desk: Desk) -> None:
    """/stop does not wait. The state is halted at once, the order's fate is still learned, and what it bought is
    sold."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.stop()
    desk.calm()
    assert desk.state is State.HALTED
    desk.resume()


@tale()
def a_sell_during_an_entry(desk: Desk) -> None:
    """The strategy is out before the bot is in. The SELL is kept until flat."""
    opened(desk)
    desk.buy("tv-1")
    desk.send()
    desk.sell("tv-2")
    desk.calm()
    assert desk.state is State.IDLE


@tale()
def a_sell_while_the_entry_is_judged(desk: Desk) -> None:
    """Nothing was sent yet: the entry is withdrawn, and the late facts change nothing."""
    opened(desk)
    desk.buy("tv-1")
    desk.sell("tv-2")
    desk.calm()


@tale(limits=Limits(streak=2))
def a_losing_streak(desk: Desk) -> None:
    """Two losses in a row are enough for this operator. /resume counts from nought again."""
    opened(desk)
    desk.lose("tv-1")
    desk.lose("tv-3")
    desk.buy("tv-5")
    desk.resume()
    desk.buy("tv-6")
    desk.calm()


@tale(limits=Limits(risk_pct=D(4), stop_pct=D(4), drawdown_pct=D(50)))
def the_daily_loss(desk: Desk) -> None:
    """The day is over at three per cent, and /resume says until when. After midnight UTC it is another day."""
    holding(desk)
    desk.price(desk.exchange.price * D("0.97"))
    desk.sell("tv-2")
    desk.calm()
    desk.resume()
    desk.exchange.now += 12 * 3_600
    desk.wait(1)
    desk.resume()
    assert desk.state is State.IDLE


@tale(limits=Limits(risk_pct=D(2), drawdown_pct=D(3)))
def the_drawdown(desk: Desk) -> None:
    """One print does not kill, two that are five seconds apart do. Only a person at the machine undoes it. (The venue
    takes no orders meanwhile, so the stop cannot fire.)"""
    holding(desk)
    desk.exchange.cancel_only = True
    desk.price(62_000)
    desk.price(64_000)
    desk.wait(5)
    desk.price(62_000)
    desk.wait(5)
    desk.price(62_000)
    assert desk.state is State.KILLED
    desk.resume()
    desk.exchange.cancel_only = False
    desk.price(63_500)
    desk.wait(2)
    desk.resume()
    desk.rearm()
    desk.resume()
    assert desk.state is State.IDLE


def _orphan(desk: Desk) -> None:
    holding(desk)
    desk.meddle(D("0.01"))
    with desk.unsaid():
        desk.wait(59)
    desk.wait(4)
    assert desk.state is State.HALTED


@tale()
def an_orphan_is_kept(desk: Desk) -> None:
    """Coins nobody can explain stop the trading, not the protection. Kept, they are the owner's, and left alone."""
    _orphan(desk)
    desk.resolve(Choice.KEEP)
    desk.resume()
    assert desk.state is State.IN_POSITION
    desk.sell("tv-2")
    desk.calm()
    assert desk.exchange.base > D("0.01")


@tale()
def an_orphan_is_adopted(desk: Desk) -> None:
    """Adopted, they are ours, at the mark: no profit, no loss, and a stop of their own."""
    _orphan(desk)
    desk.resolve(Choice.ADOPT)
    desk.calm()
    desk.resume()
    assert desk.state is State.IN_POSITION


@tale()
def an_orphan_is_sold(desk: Desk) -> None:
    """Sold, they take the position with them: there is one pot of coins, and it is emptied."""
    _orphan(desk)
    desk.resolve(Choice.EXIT)
    desk.calm()
    desk.resume()
    assert desk.state is State.IDLE


@tale()
def an_order_by_hand(desk: Desk) -> None:
    """Somebody's order on our pair is an orphan too. Not wanted, it is cancelled."""
    opened(desk)
    desk.meddle_order(sells=False, qty=D("0.01"))
    desk.wait(65)
    desk.resume()
    desk.resolve(Choice.EXIT)
    desk.calm()
    desk.resume()
    assert not desk.exchange.owners


@tale()
def coins_go_missing(desk: Desk) -> None:
    """Half of the coins were moved away by hand. What is left is what can be sold; the rest is written off by a
    person."""
    holding(desk)
    desk.exchange.cancel(desk.order(STOP).cid)
    desk.meddle(D("-0.03"))
    desk.wait(8)
    desk.resolve(Choice.KEEP)
    desk.calm()
    desk.wait(10)


@tale()
def a_duplicate(desk: Desk) -> None:
    """TradingView sends twice. Within a minute the bot remembers, after that the journal does."""
    holding(desk)
    desk.sent.append(desk.bot.heard[-1].signal)
    desk.resend(desk.sent[-1])
    with desk.unsaid():
        desk.wait(61)
    desk.resend(desk.sent[-1])


@tale()
def a_buy_before_the_first_audit(desk: Desk) -> None:
    """Nothing is bought before the account was looked at. The alert is sent again, and is no duplicate."""
    desk.boot()
    desk.buy("tv-1")
    desk.calm()
    desk.mark()
    desk.resend(desk.sent[-1])
    desk.calm()
    assert desk.state is State.IN_POSITION


@tale()
def an_exit_that_rests(desk: Desk) -> None:
    """A market order should not rest. This one does: it is called back after a while, its fate is learned, and what is
    left is sold."""
    holding(desk)
    desk.sell("tv-2")
    for _ in range(2):
        desk.send()
    desk.luck.choices = lambda options, weights: [options[-1]]  # type: ignore[method-assign]
    desk.send()
    del desk.luck.choices
    desk.wait(16)
    assert desk.state is State.IDLE


@tale()
def nobody_can_leave(desk: Desk) -> None:
    """Three refused exits: a person is called, the position is protected again, and after a pause the bot tries once
    more."""
    holding(desk)
    desk.exchange.no_exits = True
    desk.sell("tv-2")
    desk.wait(12)
    assert desk.state is State.HALTED
    desk.exchange.no_exits = False
    desk.wait(30)
    assert desk.bot.ledger.position == 0


@tale()
def the_venue_takes_cancels_only(desk: Desk) -> None:
    """A SELL in an outage. The stop stays where it is: once cancelled it could not be placed again."""
    holding(desk)
    desk.exchange.cancel_only = True
    desk.mark()
    desk.sell("tv-2")
    desk.wait(10)
    assert desk.order(STOP).status is Status.OPEN
    desk.exchange.cancel_only = False
    desk.mark()
    desk.calm()
    assert desk.state is State.IDLE


@tale()
def refusals(desk: Desk) -> None:
    """What a sender is told when a signal is refused at the door, and at the gates."""
    opened(desk)
    desk.signal(Side.BUY, "tv-1", age=90)
    desk.sell("tv-2")
    desk.exchange.cancel_only = True
    desk.signal(Side.BUY, "tv-3", symbol="ETH/USDT")
    desk.calm()
    desk.exchange.cancel_only = False
    desk.hold("tv-4")
    desk.buy("tv-5")
    desk.sell("tv-6")
    desk.sell("tv-7")
    desk.calm()
