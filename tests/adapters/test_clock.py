"""Time that nobody can set."""

from __future__ import annotations

import pytest

from adapters.clock import SteadyClock


class Machine:
    """Its clock can be set; its other clock only runs."""

    def __init__(self) -> None:
        self.wall, self.uptime = 1_800_000_000.0, 17.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.uptime)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.uptime += seconds


def test_it_goes_on_when_the_machine_s_clock_leaps() -> None:
    machine = Machine()
    machine.wait(5)
    machine.wall += 86_400
    machine.wait(1)
    machine.wall -= 3 * 86_400
    machine.wait(1)
    assert machine.clock() == 1_800_000_007.0


@pytest.mark.parametrize(
    ("off", "set_by", "outdated"),
    [
        (-3600.0, 3600.0, True),  # it was an hour slow, and is right now
        (40.0, -40.0, True),
        (0.0, 3600.0, False),  # it was right, and is wrong now
        (0.0, -3.0, False),
        (0.3, 0.2, False),  # merely disciplined
        (-3600.0, 0.0, False),  # wrong, and nobody has set it
        (-3600.0, 7200.0, False),  # as wrong as before, the other way
        (-3600.0, 3000.0, True),  # better, if not right
    ],
)
def test_the_exchange_settles_whether_a_new_time_is_taken_up(off: float, set_by: float, outdated: bool) -> None:
    machine = Machine()
    machine.wait(60)
    machine.wall += set_by
    assert machine.clock.outdated(off) is outdated


def test_without_the_exchange_nothing_is_taken_up() -> None:
    machine = Machine()
    machine.wall += 3600
    assert not machine.clock.outdated(None)


def test_by_default_it_is_utc() -> None:
    import time

    assert abs(SteadyClock()() - time.time()) < 0.1
