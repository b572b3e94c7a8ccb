"""`auto-trader run` with ENTRY_MODE=atomic, at an exchange that is far away: counts of round trips, not times."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import OrderType, SimulatedExchange, Status, serve
from tests.benchmarks.distance import Distance, trips

from .process import Program, environment

pytestmark = pytest.mark.anyio

RTT = 0.2  # seconds
OPO = "POST /api/v3/orderList/opo"


async def test_from_the_alert_to_a_protected_position_in_two_round_trips(tmp_path: Path) -> None:
    exchange, distance = SimulatedExchange.create(price=D(64210)), Distance(RTT)
    async with serve(exchange) as venue, distance.to(venue) as far:
        bot = Program(environment(exchange, far, tmp_path) | {"ENTRY_MODE": "atomic"}, tmp_path)
        try:
            await bot.start()
            distance.forget()
            assert (await bot.alert("BUY", "a")).status_code == 202
            await bot.state("in_position")

            assert trips(distance.questions)[OPO] == 2  # after the facts, which are asked all at once
            assert [question.line for question in distance.asked("POST")] == [OPO]
            assert exchange.naked().longest == 0
            entry, stop = exchange.market.state.orders.values()
            assert (entry.type, entry.status, stop.type) == (OrderType.LIMIT, Status.FILLED, OrderType.STOP_LOSS)
            assert stop.waiting
            assert stop.quantity == exchange.market.covered() > D("0.077")

            assert (await bot.alert("SELL", "b")).status_code == 202
            await bot.state("idle")
            assert not exchange.market.open_orders()
            assert exchange.balances()["BTC"] < D("0.00001")
        finally:
            await bot.close()


async def test_a_market_that_has_no_such_orders_is_traded_as_ever(tmp_path: Path) -> None:
    exchange = SimulatedExchange.create(price=D(64210))
    exchange.rules = type(exchange.rules)(opo=False)
    async with serve(exchange) as venue:
        bot = Program(environment(exchange, venue, tmp_path) | {"ENTRY_MODE": "atomic"}, tmp_path)
        try:
            await bot.start()
            await bot.alert("BUY", "a")
            await bot.state("in_position")
            kinds = [order.type for order in exchange.market.state.orders.values()]
            assert kinds == [OrderType.MARKET, OrderType.STOP_LOSS, OrderType.LIMIT_MAKER]
        finally:
            await bot.close()
