"""The lifecycle.

Law 1: every change of state is a row of TABLE, in this file.
Law 2: a row names its guards and its one action; it contains no logic.
Law 3: rows of one trigger are tried top to bottom; the first whose guards all hold, wins.

A command fires its own trigger; when no row takes it, it is refused, and the table itself explains why.
An event fires none: it is folded into the bot, and then `settle` fires until no row applies. So no fact is illegal.
Time is a fact as well: what is overdue is a level, and there is no trigger for the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

from transitions import EventData, Machine

# isort: off
# fmt: off
from . import actions as do
from .bot import Bot, State
from .breakers import accounted, alarmed, daily_loss_breached, drawdown_breached, losing_streak, no_breach, orphaned, \
    unaccounted
from .gates import daily_loss_limit, exchange_reachable, max_positions, min_balance, min_notional, not_duplicate, \
    pair_available
from .guards import assessed, bare_long, buy, clear_to_exit, cooled, duplicate, engaged, entry_decided, \
    entry_unwanted, exit_lingers, flat, fresh, guarded, holding, naked, our_pair, overrun, priced, quiet, sell, stale, \
    stop_in_the_way, unclosed, unguarded, unprotectable
from .questions import audit_due, overdue
from .scratch import Step
# fmt: on
# isort: on

IDLE, VALIDATING, ORDERING, IN_POSITION, PAUSED, HALTED, KILLED = State
ANY = list(State)
ALIVE = [s for s in State if s is not KILLED]
CALM = [s for s in ALIVE if s is not HALTED]
STAY = None
Guard = Callable[[Bot], bool]


class Row(NamedTuple):
    trigger: str
    source: State | list[State]
    dest: State | None
    when: tuple[Guard, ...] = ()
    do: Callable[[Step], None] | None = None


# fmt: off
TABLE = (
    # commands: may be refused ------------------------------------------------------------------------------
    Row("signal",  ANY,                STAY,        (duplicate,),                                  do.drop_silently),
    Row("signal",  IDLE,               STAY,        (buy, unaccounted),                            do.ask_again),
    Row("signal",  IDLE,               VALIDATING,  (buy, fresh, cooled),                          do.assess),
    Row("signal",  VALIDATING,         IDLE,        (sell, our_pair),                              do.withdraw_entry),
    Row("signal",  IN_POSITION,        ORDERING,    (sell, our_pair),                              do.begin_exit),
    Row("signal",  [ORDERING, HALTED], STAY,        (sell, our_pair, engaged, holding),            do.begin_exit),
    Row("stop",    ALIVE,              HALTED,      (),                                            do.want_halt),
    Row("resume",  PAUSED,             IDLE,        (flat, quiet),                                 do.want_run),
    Row("resume",  HALTED,             IDLE,        (flat, quiet, no_breach, accounted),           do.want_run),
    Row("resume",  HALTED,             IN_POSITION, (guarded, holding, no_breach, accounted),      do.want_run),
    Row("resolve", [HALTED, KILLED],   STAY,        (orphaned, priced),                            do.settle_orphan),
    Row("rearm",   KILLED,             HALTED,      (flat, quiet),                                 do.new_peak),
    # breakers: worst first ---------------------------------------------------------------------------------
    Row("settle",  ALIVE,              KILLED,      (drawdown_breached,),                          do.flatten_for_good),
    Row("settle",  CALM,               HALTED,      (alarmed,),                                    do.alarm),
    Row("settle",  [IDLE, PAUSED],     HALTED,      (daily_loss_breached,),                        do.trip_daily),
    Row("settle",  IDLE,               PAUSED,      (losing_streak,),                              do.report_streak),
    # safety work and questions, in any state ---------------------------------------------------------------
    Row("settle",  ANY,                STAY,        (bare_long,),                                  do.tell_bare),
    Row("settle",  ANY,                STAY,        (overrun,),                                    do.leave_at_stop),
    Row("settle",  ANY,                STAY,        (unprotectable,),                              do.flee),
    Row("settle",  ANY,                STAY,        (naked,),                                      do.place_stop),
    Row("settle",  ANY,                STAY,        (entry_unwanted,),                             do.cancel_entry),
    Row("settle",  ANY,                STAY,        (exit_lingers,),                               do.cancel_exit),
    Row("settle",  ANY,                STAY,        (stop_in_the_way,),                            do.cancel_stop),
    Row("settle",  ANY,                STAY,        (clear_to_exit,),                              do.place_exit),
    Row("settle",  ANY,                STAY,        (overdue,),                                    do.query_overdue),
    Row("settle",  ANY,                STAY,        (audit_due,),                                  do.audit),
    # judging an entry: THE SEVEN GATES ARE THE GUARDS OF THE SECOND ROW ------------------------------------
    Row("settle",  VALIDATING,         IDLE,        (stale,),                                      do.refuse_stale),
    Row("settle",  VALIDATING,         ORDERING,    (assessed, max_positions, daily_loss_limit, not_duplicate,
                                                     min_balance, exchange_reachable, min_notional, pair_available),
                                                                                                   do.place_entry),
    Row("settle",  VALIDATING,         IDLE,        (assessed,),                                   do.refuse_entry),
    # settling: what the ledger says we are -----------------------------------------------------------------
    Row("settle",  ANY,                STAY,        (entry_decided,),                              do.report_entry),
    Row("settle",  ORDERING,           IDLE,        (flat, quiet),                                 do.close_trade),
    Row("settle",  ORDERING,           IN_POSITION, (guarded, holding)),
    Row("settle",  IN_POSITION,        IDLE,        (flat, quiet),                                 do.close_trade),
    Row("settle",  IN_POSITION,        ORDERING,    (unguarded,)),
    Row("settle",  [HALTED, KILLED],   STAY,        (flat, quiet, unclosed),                       do.close_trade),
)
# fmt: on


def sources(row: Row) -> list[State]:
    return row.source if isinstance(row.source, list) else [row.source]


def rows(trigger: str, state: State) -> list[Row]:
    return [r for r in TABLE if r.trigger == trigger and state in sources(r)]


def _guard(guard: Guard) -> Callable[[EventData], bool]:
    return lambda data: guard(cast(Step, data.model).bot)


def _action(action: Callable[[Step], None]) -> Callable[[EventData], None]:
    return lambda data: action(cast(Step, data.model))


MACHINE = Machine(
    model=None,
    states=State,
    initial=State.IDLE,
    auto_transitions=False,
    send_event=True,
    transitions=[
        {
            "trigger": r.trigger,
            "source": r.source,
            "dest": r.dest,
            "conditions": [_guard(g) for g in r.when],
            "after": [_action(r.do)] if r.do else [],
        }
        for r in TABLE
    ],
)
