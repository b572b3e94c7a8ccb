"""`auto-trader run`, from the alert to the exchange's own ledger."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from decimal import Decimal as D
from pathlib import Path

import pytest

from adapters.simulator import Order, OrderType, Side, SimulatedExchange, Status, serve

from .process import SECRET, Program, call, environment, free_port, holding, trading

pytestmark = pytest.mark.anyio


@pytest.fixture
def exchange() -> SimulatedExchange:
    return SimulatedExchange.create(price=D(64210))


def orders(exchange: SimulatedExchange) -> list[Order]:
    return list(exchange.market.state.orders.values())


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    conn = sqlite3.connect(f"file:{folder / 'bot.db'}?mode=ro", uri=True)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


async def test_a_buy_becomes_a_protected_position_and_a_sell_brings_it_home(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with trading(exchange, tmp_path) as bot:
        answer = await bot.alert("BUY", "a")
        assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
        report = await bot.state("in_position")
        assert report["open_positions"] == 1

        entry, *legs = orders(exchange)
        assert (entry.type, entry.side, entry.status, len(legs)) == (OrderType.MARKET, Side.BUY, Status.FILLED, 2)
        stop = next(o for o in legs if o.type is OrderType.STOP_LOSS)
        average = entry.quote_executed / entry.executed
        net = entry.executed * D("0.999")  # the commission is taken from the coins
        assert stop.stop_price == (average * D("0.98")).quantize(D("0.01"), rounding="ROUND_DOWN")
        assert stop.quantity == net.quantize(D("0.00001"), rounding="ROUND_DOWN")

        assert (await bot.alert("SELL", "b")).status_code == 202
        await bot.state("idle")
        assert exchange.market.open_orders() == []
        (profit,) = rows(tmp_path, "SELECT pnl FROM trades")
        assert D(str(profit[0])) == exchange.balances()["USDT"] - 10_000
        assert rows(tmp_path, "SELECT side, verdict FROM signals ORDER BY seq") == [
            ("BUY", "opened"),
            ("SELL", "closed"),
        ]


async def test_killed_in_position_and_started_again_it_is_still_in_position_and_sent_nothing_twice(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        before = [(o.client_id, o.status) for o in orders(exchange)]
        await bot.end(signal.SIGKILL)
        await bot.start()
        report = await bot.until(lambda health: health["status"] == "ok")
        assert report["state"] == "in_position"
        assert [(o.client_id, o.status) for o in orders(exchange)] == before
        assert (await bot.alert("SELL", "b")).status_code == 202
        await bot.state("idle")


async def test_a_stop_that_fills_while_the_bot_is_dead_is_booked_at_its_real_price(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        await bot.end(signal.SIGKILL)
        exchange.move(D(62000))
        await bot.start()
        await bot.state("idle")
        ((pnl, reason),) = rows(tmp_path, "SELECT pnl, reason FROM trades")
        assert (D(str(pnl)), reason) == (exchange.balances()["USDT"] - 10_000, "stop_loss")


async def test_the_same_alert_again_is_dropped_and_logged(exchange: SimulatedExchange, tmp_path: Path) -> None:
    async with trading(exchange, tmp_path) as bot:
        await bot.alert("BUY", "a", timestamp="2026-01-01T00:00:00Z")
        answer = await bot.alert("BUY", "a", timestamp="2026-01-01T00:00:00Z")
        assert (answer.status_code, answer.json()["status"]) == (200, "duplicate")
        await bot.alert("BUY", "b")
        await bot.state("in_position")
        again = await bot.alert("BUY", "b")
        assert (again.status_code, again.json()["status"]) == (200, "duplicate")
        assert len([o for o in orders(exchange) if o.side is Side.BUY]) == 1
        await bot.end(signal.SIGTERM)
    assert bot.output.count("signal_deduplicated") == 2
    assert SECRET not in bot.output


async def test_sigterm_ends_it_cleanly_and_leaves_the_stop_at_the_exchange(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        assert await bot.end(signal.SIGTERM) == 0
        assert len(exchange.market.open_orders()) == 2


async def test_the_operators_commands_reach_a_running_bot_and_a_stopped_one(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        assert (await call(bot.env, tmp_path, "stop"))[0] == 0
        await bot.until(lambda health: health["state"] == "halted" and not health["open_positions"])
        assert exchange.balances()["BTC"] < D("0.00001")
        assert (await bot.alert("BUY", "b")).json()["status"] == "rejected"
        await bot.end(signal.SIGTERM)

        code, said = await call(bot.env, tmp_path, "resume")
        assert (code, "accepted: idle" in said, "no bot is running" in said) == (0, True, True)
        await bot.start()
        await bot.state("idle")
        code, said = await call(bot.env, tmp_path, "rearm", "--reason", "none")
        assert (code, "not while idle" in said) == (1, True)
        code, said = await call(bot.env, tmp_path, "journal")
        assert (code, "signal BUY a" in said, "idle -> validating" in said) == (0, True, True)


async def test_every_mistake_in_the_configuration_is_told_at_once(exchange: SimulatedExchange, tmp_path: Path) -> None:
    env = environment(exchange, "ftp://nowhere", tmp_path)
    env.update(PORT="eighty", RISK_PER_TRADE_PCT="150", TRADING_MODE="prod", WEBHOOK_SECRET="short")
    code, said = await call(env, tmp_path, "run")
    assert code == 2
    assert all(
        name in said for name in ("PORT", "RISK_PER_TRADE_PCT", "TRADING_MODE", "WEBHOOK_SECRET", "EXCHANGE_URL")
    )
    assert "testnet | live | paper" in said
    assert "'short'" not in said


async def test_a_second_bot_on_the_same_database_is_refused(exchange: SimulatedExchange, tmp_path: Path) -> None:
    async with trading(exchange, tmp_path) as bot:
        code, said = await call({**bot.env, "PORT": "0"}, tmp_path, "run")
        assert (code, "DATABASE_PATH" in said, "in use" in said) == (2, True, True)


async def test_without_its_exchange_it_waits_and_says_so_and_goes_on_when_the_exchange_is_there(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    port = free_port()
    program = Program(environment(exchange, f"http://127.0.0.1:{port}", tmp_path), tmp_path)
    try:
        await program.start(ready="degraded")
        assert "exchange: not connected" in (await program.health())["reasons"]
        answer = await program.alert("BUY", "a")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        async with serve(exchange, port=port):
            await program.until(lambda health: health["status"] == "ok", 40)
            assert (await program.alert("BUY", "a")).status_code == 202
            await program.state("in_position")
    finally:
        await program.close()


async def test_behind_an_exchange_that_hangs_the_operator_is_still_heard(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    callers: set[asyncio.Task[None]] = set()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        callers.add(task)
        try:
            await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    program = Program(environment(exchange, f"http://127.0.0.1:{port}", tmp_path), tmp_path)
    try:
        await program.start(ready="degraded")  # within 20 s, where one answer of the exchange takes 15
        assert (await program.alert("BUY", "a")).status_code == 503
        assert (await call(program.env, tmp_path, "stop"))[0] == 0
        assert (await program.health())["state"] == "halted"
    finally:
        await program.close()
        server.close()
        await asyncio.gather(*callers)


async def test_no_mistake_in_the_configuration_stands_between_a_person_and_stop(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    async with holding(exchange, tmp_path) as bot:
        (tmp_path / ".env").write_text("RISK_PER_TRADE_PCT=1%\nMAX_DRAWDOWN_PCT 10\nWEBHOOK_SECRET=\n")
        env = {name: bot.env[name] for name in ("PATH", "DATABASE_PATH", "PORT")}
        assert (await call(env, tmp_path, "run"))[0] == 2
        assert (await call(env, tmp_path, "stop"))[0] == 0
        await bot.until(lambda health: health["state"] == "halted" and not health["open_positions"])
        assert exchange.balances()["BTC"] < D("0.00001")
        assert (await call(env, tmp_path, "healthcheck"))[0] == 0
        assert "closed by stop" in (await call(env, tmp_path, "journal"))[1]
        (tmp_path / "elsewhere").mkdir()
        code, said = await call(env, tmp_path / "elsewhere", "run")
        assert (code, f"There is no .env in {tmp_path / 'elsewhere'}" in said) == (2, True)
        code, said = await call(env, tmp_path, "diagram", "--output", "/dev/full")
        assert (code, "No space left" in said, "Traceback" in said) == (1, True, False)


async def test_an_operators_command_without_a_bot_and_a_database_says_where_it_looked(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    code, said = await call(environment(exchange, "http://127.0.0.1:1", tmp_path), tmp_path, "stop")
    assert (code, str(tmp_path / "bot.db") in said) == (1, True)
    assert not (tmp_path / "bot.db").exists()


async def test_a_database_that_cannot_be_opened_is_named(exchange: SimulatedExchange, tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("this is not a database, but it is long enough to look like a header" * 20)
    code, said = await call(environment(exchange, "http://127.0.0.1:1", tmp_path), tmp_path, "run")
    assert (code, "DATABASE_PATH" in said, "not a database" in said) == (2, True, True)


async def test_a_signal_to_nobody_says_so(exchange: SimulatedExchange, tmp_path: Path) -> None:
    code, said = await call(environment(exchange, "http://127.0.0.1:1", tmp_path), tmp_path, "signal", "BUY")
    assert (code, "nobody answers" in said) == (1, True)


async def test_coins_that_were_there_before_the_bot_wait_for_a_decision(tmp_path: Path) -> None:
    exchange = SimulatedExchange.create(balances={"USDT": D(10_000), "BTC": D(1)}, price=D(64210))
    async with trading(exchange, tmp_path) as bot:
        await bot.state("halted")
        assert (await call(bot.env, tmp_path, "resume"))[0] == 1
        assert (await call(bot.env, tmp_path, "orphan", "keep"))[0] == 0
        assert (await call(bot.env, tmp_path, "resume"))[0] == 0
        await bot.alert("BUY", "a")
        await bot.state("in_position")
        assert exchange.balances()["BTC"] > 1
        await bot.alert("SELL", "b")
        await bot.state("idle")
        assert 1 <= exchange.balances()["BTC"] < D("1.00001")
