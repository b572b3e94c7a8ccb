"""Each gate vetoes alone, with its own reason; one that cannot judge vetoes too."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fsm.bot import Bot, State
from fsm.events import Assessed
from fsm.gates import GATES, Gate
from tests.core import places


def judged(**facts: object) -> Bot:
    """A bot in the moment of judgement, with good facts but for these."""
    desk = places.validating()
    ex = desk.exchange
    good = Assessed(at=desk.now, signal_id="tv-1", price=ex.price, cash=ex.cash, base=ex.base, market=ex.market)
    return replace(desk.bot, facts=replace(good, **facts))


def spoiled() -> dict[str, tuple[Bot, str]]:
    good = judged()
    book = good.book
    return {
        "max_positions": (judged(base=D("0.001")), "position_already_open"),
        "daily_loss_limit": (replace(good, book=replace(book, day_pnl=D(-300))), "daily_loss_limit"),
        "not_duplicate": (replace(good, heard=good.heard * 2), "duplicate_signal"),
        "min_balance": (replace(good, book=replace(book, cash=D("49.99"))), "balance_too_low"),
        "exchange_reachable": (judged(reachable=False), "exchange_unreachable"),
        "min_notional": (judged(cash=D("10.04")), "below_min_notional"),
        "pair_available": (judged(trading=False), "pair_unavailable"),
    }


def vetoes(bot: Bot) -> list[str]:
    return [reason for gate in GATES if (reason := gate.veto(bot))]


def test_a_good_entry_passes_all_seven() -> None:
    assert vetoes(judged()) == []


@pytest.mark.parametrize("name", [g.__name__ for g in GATES])
def test_each_gate_vetoes_alone(name: str) -> None:
    bot, reason = spoiled()[name]
    assert vetoes(bot) == [reason]
    assert [g.__name__ for g in GATES if not g(bot)] == [name]


@pytest.mark.parametrize(
    ("bot", "reason"),
    [
        (lambda: judged(listed=False), "pair_unavailable"),
        (lambda: replace(judged(), pair="ETH/USDT"), "pair_unavailable"),
        (lambda: replace(judged(), signal=None), "duplicate_signal"),
        (lambda: replace(judged(), ledger=places.in_position().bot.ledger), "position_already_open"),
        (lambda: judged(price=D(0)), "below_min_notional"),
    ],
)
def test_other_ways_to_be_vetoed(bot: object, reason: str) -> None:
    assert reason in vetoes(bot())  # type: ignore[operator]


def test_a_gate_that_raises_vetoes() -> None:
    def broken(_: Bot) -> bool:
        raise ZeroDivisionError

    gate = Gate(broken, "balance_too_low")
    assert gate.veto(judged()) == "balance_too_low: ZeroDivisionError"
    assert not gate(judged())


def test_without_facts_the_gates_that_need_them_veto() -> None:
    """Fail closed: nothing was assessed."""
    blind = replace(judged(), facts=None)
    need = {"max_positions", "exchange_reachable", "min_notional", "pair_available"}
    assert {g.__name__ for g in GATES if not g(blind)} == need


def test_the_stop_counts_for_the_minimum_not_only_the_entry() -> None:
    """10.08 USD of coins are enough, but two per cent lower, and a fee poorer, their stop would be refused."""
    assert vetoes(judged(price=D(63_000), cash=D("10.30"))) == ["below_min_notional"]
    assert vetoes(judged(cash=D("10.45"))) == []


def test_one_unknown_coin_too_small_to_sell_is_no_position() -> None:
    assert vetoes(judged(base=D("0.00001"))) == []


def test_the_refusal_carries_every_failing_gate() -> None:
    desk = places.validating()
    facts = replace(judged(reachable=False, trading=False).facts, at=desk.now)
    d = desk.tell(facts)
    assert d.bot.state is State.IDLE
    assert [(v.outcome, v.reasons) for v in d.verdicts] == [("refused", ("exchange_unreachable", "pair_unavailable"))]
