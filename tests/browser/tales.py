"""Four situations, each with the day that led there."""

from __future__ import annotations

from decimal import Decimal

from fsm.bot import State
from fsm.commands import Side

from .story import Story


def idle(story: Story) -> None:
    """A day's work: gains, a loss at the stop, refusals; and home again."""
    story.wait(15)
    story.buy()
    story.wait(40, drift=0.0005)
    story.sell()
    story.wait(25, drift=-0.0002)
    story.buy(reachable=False)
    story.wait(30)
    story.buy()
    story.wait(45, drift=-0.0003)
    story.stop_hit((story.runner.bot.ledger.get(story.stop()).trigger or Decimal(0)) - 3)  # type: ignore[union-attr]
    story.wait(35, drift=0.0002)
    story.buy()
    story.wait(10, drift=0.0003)
    story.heard(Side.BUY)
    story.wait(50, drift=0.0004)
    story.sell()
    story.wait(20)
    story.repeat()
    assert story.runner.bot.state is State.IDLE


def in_position(story: Story) -> None:
    idle(story)
    story.buy()
    story.wait(35, drift=0.0002)
    story.repeat()
    assert story.runner.bot.state is State.IN_POSITION


def halted(story: Story) -> None:
    """Coins lie on the account that nobody bought; two pictures of it make it real."""
    idle(story)
    story.strange = Decimal("0.25")
    story.wait(4)
    story.repeat()
    assert story.runner.bot.state is State.HALTED


def killed(story: Story) -> None:
    """The price falls through the stop and far below it before anybody buys."""
    in_position(story)
    for _ in range(3):
        story.clock += 6
        story.mark(story.price * Decimal("0.85"))
    story.stop_hit(story.price)
    assert story.runner.bot.state is State.KILLED
