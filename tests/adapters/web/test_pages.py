"""What the curious get to see: health, the diagram, the documentation; and the headers around all of it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.web.app import HEADERS
from fsm import diagram
from fsm.bot import State
from fsm.gates import GATES

from .conftest import NOON, World

pytestmark = pytest.mark.anyio


async def test_health_has_exactly_these_keys(world: World) -> None:
    world.clock.now = NOON + 90.9
    answer = await world.client.get("/health")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "status": "ok",
        "uptime_seconds": 90,
        "active_exchange": "binance",
        "exchange_connected": True,
        "last_signal_time": None,
        "open_positions": 0,
        "daily_pnl_pct": 0.0,
        "trading_mode": "paper",
        "state": "idle",
        "reasons": [],
    }


async def test_health_follows_a_signal(world: World) -> None:
    await world.post(world.alert())
    world.core.assess()
    world.core.fill()
    found = (await world.client.get("/health")).json()
    assert (found["state"], found["open_positions"]) == ("in_position", 1)
    assert found["last_signal_time"] == "2025-01-15T12:00:00+00:00"


async def test_the_diagram_is_drawn_from_the_table(world: World) -> None:
    svg = await world.client.get("/diagram")
    assert svg.headers["Content-Type"].startswith("image/svg+xml")
    assert svg.text.startswith("<svg")
    assert "<script" not in svg.text
    assert all(state.value in svg.text for state in State)
    assert all(gate.__name__ in svg.text for gate in GATES)

    assert (await world.client.get("/diagram?format=mermaid")).text == diagram.mermaid()
    assert (await world.client.get("/diagram?format=dot")).text == diagram.dot()
    assert (await world.client.get("/diagram?format=gif")).status_code == 400


async def test_the_documentation_describes_the_webhook(world: World) -> None:
    answer = await world.client.get("/schema")
    assert answer.status_code == 200
    paths: dict[str, Any] = answer.json()["paths"]
    assert set(paths) == {"/webhook", "/webhook/{secret}", "/health", "/diagram"}
    alert = paths["/webhook"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(alert["properties"]) == {*world.alert(), "secret"}
    assert set(alert["required"]) == {"signal", "symbol", "timestamp", "signal_id"}
    documented = {200, 202, 400, 401, 408, 413, 422, 429, 503}
    assert {int(code) for code in paths["/webhook"]["post"]["responses"]} == documented
    assert "://" not in answer.text  # nothing is loaded from elsewhere


@pytest.mark.parametrize("path", ["/health", "/diagram", "/schema", "/webhook", "/nowhere"])
async def test_browsers_are_told_to_be_careful(world: World, path: str) -> None:
    headers = (await world.client.get(path)).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "Server" not in headers
