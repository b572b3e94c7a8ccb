"""What must hold once the world behaves and everything has been asked and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.bot import State
from fsm.guards import flat, guarded, quiet

if TYPE_CHECKING:
    from .world import World

HEALED = 45.0  # seconds from the moment the world behaves until nothing is naked


def at_rest(world: World) -> bool:
    """Nothing is in motion, as far as the bot knows."""
    b = world.bot
    moving = b.state in (State.ORDERING, State.VALIDATING) or world.wire.waiting()
    return not moving and b.audited and not (b.suspect or b.orphan or b.strays)


def check(world: World) -> None:
    _promises_hold(world)
    _books_agree(world)
    _all_answered(world)
    _restart_changes_nothing(world)


def _promises_hold(world: World) -> None:
    b = world.bot
    assert b.state not in (State.ORDERING, State.VALIDATING), f"never came to rest: {b.state} {b.leave} {b.ledger}"
    watched = guarded(b) or (flat(b) and quiet(b))
    assert watched, f"rests naked: {b.state} {b.leave} {b.ledger}"
    assert b.audited, "never audited"
    unexplained = b.suspect or b.orphan or b.strays
    assert not unexplained, f"unexplained: {unexplained}"
    assert not world.exchange.exposed(b.book.dust), "the exchange sees it naked"


def _books_agree(world: World) -> None:
    """To the last digit."""
    b, ex, laws = world.bot, world.exchange, world.laws
    assert b.coins + b.book.foreign == ex.base, f"coins: {b.coins} + {b.book.foreign} != {ex.base}"
    assert b.cash == ex.cash, f"cash: {b.cash} != {ex.cash}"
    assert {o.cid for o in ex.live()} == {o.cid for o in b.ledger.live()}, "an order is live on one side only"
    assert set(ex.owners) <= set(b.book.foreign_orders), "an order by hand was overlooked"
    earned = ex.flow() + world.transfers
    assert b.book.realised + b.ledger.flow == earned, f"P&L: {b.book.realised} + {b.ledger.flow} != {earned}"
    assert laws.pnl + laws.untold + b.ledger.flow == earned, "the trades do not add up to what the exchange did"


def _all_answered(world: World) -> None:
    """Every accepted signal has exactly one verdict, and at most one executed entry."""
    laws, ex = world.laws, world.exchange
    open_ = [s for s in laws.accepted if laws.answered[s] != laws.accepted[s]]
    assert not open_, f"signals without a verdict: {open_}"
    executed = [laws.entries[o.cid] for o in ex.orders.values() if o.cid in laws.entries and o.filled]
    assert all(executed.count(s) <= laws.accepted[s] for s in executed), "one signal bought twice"


def _restart_changes_nothing(world: World) -> None:
    for _ in range(2):
        before, placed = world.bot, len(world.laws.placed)
        world.crash()
        world.calm()
        assert len(world.laws.placed) == placed, "a restart placed an order"
        assert world.bot.state is before.state, f"a restart led from {before.state} to {world.bot.state}"
