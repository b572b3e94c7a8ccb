"""The table itself: its shape, read from the data."""

from __future__ import annotations

from fsm.bot import State
from fsm.gates import GATES
from fsm.lifecycle import ANY, MACHINE, TABLE, rows, sources


def test_only_rearm_leaves_killed() -> None:
    ways_out = [r for r in TABLE if State.KILLED in sources(r) and r.dest not in (None, State.KILLED)]
    assert [(r.trigger, r.dest) for r in ways_out] == [("rearm", State.HALTED)]


def test_only_resume_leaves_halted_for_business() -> None:
    ways_out = [r for r in TABLE if State.HALTED in sources(r) and r.dest not in (None, State.HALTED, State.KILLED)]
    assert {r.trigger for r in ways_out} == {"resume"}


def test_stop_halts_from_everywhere_and_waits_for_nothing() -> None:
    (row,) = [r for r in TABLE if r.trigger == "stop"]
    assert (set(sources(row)), row.dest, row.when) == (set(State) - {State.KILLED}, State.HALTED, ())


def test_there_is_one_way_into_an_order_and_the_seven_gates_guard_it() -> None:
    (row,) = [r for r in TABLE if r.trigger == "settle" and State.VALIDATING in sources(r) and r.dest is State.ORDERING]
    assert row.when[1:] == GATES
    assert len(GATES) == 7


def test_every_state_is_entered_and_every_state_settles() -> None:
    assert {r.dest for r in TABLE} - {None} == set(State)
    assert all(rows("settle", state) for state in State)


def test_safety_work_is_legal_in_every_state() -> None:
    words = {"overrun", "unprotectable", "naked", "entry_unwanted", "exit_lingers", "stop_in_the_way", "clear_to_exit"}
    words |= {"overdue", "audit_due"}
    safety = {r.when[0].__name__: r for r in TABLE if r.when and r.when[0].__name__ in words}
    assert set(safety) == words
    assert all(sources(r) == ANY for r in safety.values())


def test_no_row_hides_behind_another() -> None:
    """A row whose guards include all guards of an earlier row of the same trigger and state could never fire."""
    for state in State:
        for trigger in {r.trigger for r in TABLE}:
            mine = rows(trigger, state)
            for i, row in enumerate(mine):
                assert not any(set(earlier.when) <= set(row.when) for earlier in mine[:i]), (state, row)


def test_the_machine_is_the_table() -> None:
    built = [
        (name, t.source, t.dest) for name, e in MACHINE.events.items() for ts in e.transitions.values() for t in ts
    ]
    listed = [(r.trigger, s.name, r.dest.name if r.dest else None) for r in TABLE for s in sources(r)]
    assert sorted(map(str, built)) == sorted(map(str, listed))
