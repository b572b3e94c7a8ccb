"""Every command in every state, against one literal grid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fsm.bot import State
from fsm.commands import Choice
from fsm.step import Decision
from tests.core import places
from tests.world.desk import Desk

# `-> state`: taken, and leads there.  `taken`: taken, the state stays.  Anything else: refused, with these words.
GRID = """
idle           | BUY     | -> validating
idle           | SELL    | nothing_to_sell
idle           | stop    | -> halted
idle           | resume  | not while idle
idle           | rearm   | not while idle
idle           | resolve | not while idle

validating     | BUY     | not while validating
validating     | SELL    | -> idle
validating     | stop    | -> halted
validating     | resume  | not while validating
validating     | rearm   | not while validating
validating     | resolve | not while validating

ordering       | BUY     | position_already_open
ordering       | SELL    | taken
ordering       | stop    | -> halted
ordering       | resume  | not while ordering
ordering       | rearm   | not while ordering
ordering       | resolve | not while ordering

leaving        | BUY     | position_already_open; already leaving: signal
leaving        | SELL    | already leaving: signal
leaving        | stop    | -> halted
leaving        | resume  | not while ordering
leaving        | rearm   | not while ordering
leaving        | resolve | not while ordering

in_position    | BUY     | position_already_open
in_position    | SELL    | -> ordering
in_position    | stop    | -> halted
in_position    | resume  | not while in_position
in_position    | rearm   | not while in_position
in_position    | resolve | not while in_position

paused         | BUY     | not while paused: losing_streak
paused         | SELL    | not while paused: losing_streak
paused         | stop    | -> halted
paused         | resume  | -> idle
paused         | rearm   | not while paused: losing_streak
paused         | resolve | not while paused: losing_streak

halted         | BUY     | not while halted: stopped by operator
halted         | SELL    | nothing_to_sell
halted         | stop    | taken
halted         | resume  | -> idle
halted         | rearm   | not while halted: stopped by operator
halted         | resolve | there is no orphan

halted_holding | BUY     | position_already_open
halted_holding | SELL    | taken
halted_holding | stop    | taken
halted_holding | resume  | an orphan waits for a decision: 0.01000000 coins, 0 orders
halted_holding | rearm   | not while halted: orphaned
halted_holding | resolve | taken

killed         | BUY     | not while killed: drawdown
killed         | SELL    | not while killed: drawdown
killed         | stop    | not while killed: drawdown
killed         | resume  | not while killed: drawdown
killed         | rearm   | -> halted
killed         | resolve | there is no orphan

killed_leaving | BUY     | not while killed: drawdown
killed_leaving | SELL    | not while killed: drawdown
killed_leaving | stop    | not while killed: drawdown
killed_leaving | resume  | not while killed: drawdown
killed_leaving | rearm   | position still closing: 0.15465519; 1 orders still live
killed_leaving | resolve | there is no orphan
"""
CELLS = [tuple(cell.strip() for cell in line.split("|")) for line in GRID.strip().splitlines() if line]
COMMANDS: dict[str, Callable[[Desk], Decision]] = {
    "BUY": lambda desk: desk.buy("tv-9"),
    "SELL": lambda desk: desk.sell("tv-9"),
    "stop": Desk.stop,
    "resume": Desk.resume,
    "rearm": Desk.rearm,
    "resolve": lambda desk: desk.resolve(Choice.KEEP),
}


@pytest.mark.parametrize(("place", "command", "outcome"), CELLS)
def test_every_command_in_every_state(place: str, command: str, outcome: str) -> None:
    desk: Desk = getattr(places, place)()
    before = desk.state

    d = COMMANDS[command](desk)

    if outcome == "taken" or outcome.startswith("->"):
        assert d.accepted, d.reasons
        assert desk.state.value == outcome.removeprefix("-> ").replace("taken", before.value)
    else:
        assert (d.accepted, "; ".join(d.reasons)) == (False, outcome)
        assert desk.state is before


def test_the_grid_is_complete() -> None:
    where = {"leaving": "ordering", "halted_holding": "halted", "killed_leaving": "killed"}
    places_told = {place for place, _, _ in CELLS}
    assert {where.get(place, place) for place in places_told} == {s.value for s in State}
    assert len(CELLS) == len(set(CELLS)) == len(places_told) * len(COMMANDS)
    for place in places_told:
        assert getattr(places, place)().state.value == where.get(place, place)
