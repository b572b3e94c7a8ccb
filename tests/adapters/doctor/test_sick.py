"""Each check fails for the right reason, and says what to do."""

from __future__ import annotations

import functools
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pytest

from adapters.doctor import Level
from adapters.simulator import Answer, Fault, Fees, OrderType, Phase
from adapters.store import Identity, Store

from .conftest import Clinic

pytestmark = pytest.mark.anyio
Break = Callable[[Clinic], object]
_open = ExitStack()


class Case(NamedTuple):
    check: str
    level: Level
    says: str
    mend: str
    sicken: Break
    fatal: bool = False


def env(**changes: str) -> Break:
    return lambda clinic: clinic.env.update(changes)


def right(name: str, value: object = True) -> Break:
    return lambda clinic: clinic.rights.update({name: value})


def skew(seconds: float) -> Break:
    return lambda clinic: setattr(clinic.exchange, "skew", seconds)


def money(amount: str) -> Break:
    return lambda clinic: clinic.exchange.market.transfer("USDT", Decimal(amount) - 10_000)


def types(*kinds: OrderType) -> Break:
    return lambda clinic: setattr(clinic.exchange, "rules", _with_types(clinic, kinds))


def without_opo(clinic: Clinic) -> None:
    clinic.env["ENTRY_MODE"] = "atomic"
    clinic.exchange.rules = replace(clinic.exchange.rules, opo=False)


def little(clinic: Clinic) -> None:
    """Enough to trade, too little for orders of the smallest size."""
    clinic.env["RISK_PER_TRADE_PCT"] = "0.2"
    money("65")(clinic)


def soon_expired(clinic: Clinic) -> None:
    clinic.rights["tradingAuthorityExpirationTime"] = int(time.time() + 3 * 86_400) * 1000


def one_secret_for_all(clinic: Clinic) -> None:
    clinic.env["DASHBOARD_TOKEN"] = clinic.env["WEBHOOK_SECRET"]


def half_a_coin(clinic: Clinic) -> None:
    clinic.exchange.market.transfer("BTC", Decimal("0.5"))


def _with_types(clinic: Clinic, kinds: tuple[OrderType, ...]) -> object:
    return replace(clinic.exchange.rules, order_types=kinds)


def paid_in_bnb(clinic: Clinic) -> None:
    clinic.exchange.market.purse.fees = clinic.exchange.market.fees = Fees(discount_price=Decimal(600))


def damaged(clinic: Clinic) -> None:
    Store(clinic.database).close()
    with closing(sqlite3.connect(clinic.database)) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute("UPDATE sqlite_master SET rootpage = 3 WHERE name = 'signals_by_seq'")
        db.commit()


def no_database(clinic: Clinic) -> None:
    clinic.database.write_bytes(b"no database, but a text that is long enough to look like one" * 20)


def another_account(clinic: Clinic) -> None:
    with Store(clinic.database) as store:
        store.claim(Identity("kraken", "testnet", "BTC/USDT", "f" * 16))


def a_file_for_a_folder(clinic: Clinic) -> None:
    (clinic.folder / "data").write_text("")
    clinic.env["DATABASE_PATH"] = str(clinic.folder / "data" / "bot.db")


def taken_port(clinic: Clinic) -> None:
    other = _open.enter_context(socket.create_server(("127.0.0.1", 0)))
    clinic.env["PORT"] = str(other.getsockname()[1])
    other.close()
    holder = _open.enter_context(socket.socket())
    holder.bind(("127.0.0.1", int(clinic.env["PORT"])))


def silent(clinic: Clinic) -> None:
    clinic.exchange.faults.add(Fault("GET", "/api/v3/time", answer=Answer.DROPPED, times=99))


def swap(clinic: Clinic, **changes: object) -> None:
    for name, value in changes.items():
        setattr(clinic.chat, name, value)


OK, WARN, FAIL = Level
HOST_ONLY = (OrderType.MARKET, OrderType.LIMIT)
SICK = [
    Case("secrets", FAIL, "WEBHOOK_SECRET can be guessed", "token_urlsafe", env(WEBHOOK_SECRET="a" * 40), True),
    Case("secrets", FAIL, "a repetition", "token_urlsafe", env(WEBHOOK_SECRET="changeme" * 5), True),
    Case("secrets", WARN, "DASHBOARD_TOKEN can be guessed", "token", env(DASHBOARD_TOKEN="password" * 3)),
    Case("secrets", WARN, "whoever may look", "one of its own", one_secret_for_all),
    Case("secrets", WARN, "still opens", "remove it", env(WEBHOOK_SECRET_PREVIOUS="Zb83-fQp0_xLr5TnWc71GhKdVm29JsYe")),
    Case("database", FAIL, "is damaged", "restore", damaged, True),
    Case("database", FAIL, "not a database", "own the file", no_database, True),
    Case("database", FAIL, "the database says 'kraken', the configuration 'binance'", "its own", another_account, True),
    Case("database", FAIL, "cannot be made", "DATABASE_PATH", a_file_for_a_folder, True),
    Case("port", FAIL, "already in use", "PORT", taken_port),
    Case("exchange", FAIL, "does not answer", "EXCHANGE_URL", silent),
    Case("clock", WARN, "s from the exchange's", "synchronise", skew(-3.0)),
    Case("clock", FAIL, "age of signals", "synchronise", skew(40.0), True),
    Case("clock", FAIL, "age of signals", "synchronise", skew(-40.0), True),
    Case("key", FAIL, "-2015", "new key", lambda c: setattr(c, "key", "stolen"), True),
    Case("key", WARN, "0.5 BTC, which the bot did not buy", "orphan keep", half_a_coin),
    Case("withdrawal", FAIL, "may withdraw", "take that right away", right("enableWithdrawals"), True),
    Case("withdrawal", FAIL, "may not trade", "right to trade", right("enableSpotAndMarginTrading", False), True),
    Case("withdrawal", WARN, "enableFutures", "take them away", right("enableFutures")),
    Case("withdrawal", WARN, "permitsUniversalTransfer", "take them away", right("permitsUniversalTransfer")),
    Case("withdrawal", FAIL, "could not be asked", "mend", lambda c: setattr(c, "rights_status", 500)),
    Case("withdrawal", FAIL, "could not be asked", "mend", lambda c: c.rights.pop("enableWithdrawals")),
    Case("address", WARN, "from any address", "restrict the key", right("ipRestrict", False)),
    Case("expiry", WARN, "right to trade ends on", "renew", soon_expired),
    Case("pair", FAIL, "does not know ETH/USDT", "TRADING_PAIR", env(TRADING_PAIR="ETH/USDT"), True),
    Case("pair", WARN, "not traded at this moment", "status page", lambda c: c.exchange.market.set_phase(Phase.BREAK)),
    Case("orders", FAIL, "takes no stops", "TRADING_PAIR", types(*HOST_ONLY), True),
    Case("orders", WARN, "limit orders here", "know the risk", types(*HOST_ONLY, OrderType.STOP_LOSS_LIMIT)),
    Case("orders", WARN, "entries are market orders", "ENTRY_MODE=market", without_opo),
    Case("size", FAIL, "no order is placed: the bot needs 50 USDT", "deposit", money("40")),
    Case("size", FAIL, "your orders are 6.40 USDT; minimum 10", "at least", little),
    Case("size", WARN, "That is all there is", "STOP_LOSS_PCT", env(STOP_LOSS_PCT="0.5")),
    Case("fees", FAIL, "fees may be taken in BNB", "turn off", paid_in_bnb, True),
    Case("telegram", FAIL, "not accepted: Unauthorized", "@BotFather", lambda c: swap(c, revoked=True)),
    Case("telegram", FAIL, "blocked by the user", "press Start", lambda c: swap(c, blocked=True)),
    Case("telegram", FAIL, "chat not found", "press Start", lambda c: swap(c, exiled=True)),
    Case("telegram", FAIL, "does not answer (ConnectError)", "443", env(TELEGRAM_API_URL="http://127.0.0.1:9")),
    Case("telegram", FAIL, "does not answer (HTTPStatusError)", "443", lambda c: swap(c, parrot=502)),
    Case("telegram", WARN, "in a group nobody may command", "TELEGRAM_USER_IDS", env(TELEGRAM_CHAT_ID="-100777")),
]  # fmt: skip


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    _open.close()


async def test_no_check_is_without_a_case(clinic: Clinic) -> None:
    found = await clinic.examine(live=True)
    of_this_machine = {"configuration", "disk", "sqlite", "time zone"}  # test_machine.py
    assert set(found) - {case.check for case in SICK} == of_this_machine


@pytest.mark.parametrize("case", SICK, ids=lambda case: f"{case.check}: {case.says}")
async def test_a_check_fails_for_the_right_reason(clinic: Clinic, case: Case) -> None:
    case.sicken(clinic)
    found = await clinic.examine(live=True)
    seen = found[case.check]
    assert (seen.level, seen.fatal) == (case.level, case.fatal), seen
    assert case.says in seen.what
    assert case.mend in seen.fix
    assert clinic.env["WEBHOOK_SECRET"] not in str(found)


@pytest.mark.parametrize("case", [c for c in SICK if c.fatal], ids=lambda case: f"{case.check}: {case.says}")
async def test_live_mode_is_refused_what_is_fatal_and_can_be_overruled(clinic: Clinic, case: Case) -> None:
    assert await clinic.refusals() == []
    case.sicken(clinic)
    clinic.env.pop("EXCHANGE_URL", None)
    reasons = await clinic.refusals()
    assert [reason for reason in reasons if reason.startswith(f"{case.check}: ") and case.says in reason], reasons
    assert not [r for r in await clinic.refusals(case.check) if r.startswith(f"{case.check}: ")]


@pytest.mark.parametrize("case", [c for c in SICK if not c.fatal], ids=lambda case: f"{case.check}: {case.says}")
async def test_nothing_else_keeps_a_live_bot_from_its_position(clinic: Clinic, case: Case) -> None:
    case.sicken(clinic)
    assert await clinic.refusals() == []


async def test_a_testnet_bot_is_never_refused(clinic: Clinic) -> None:
    from adapters.doctor import refusals

    clinic.exchange.skew = 40.0
    clinic.env["WEBHOOK_SECRET"] = "a" * 40
    assert await refusals(clinic.settings, time.time) == []


async def test_a_venue_that_hangs_is_left_after_a_while(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.doctor import examination

    monkeypatch.setattr(examination, "PATIENCE", 0.2)
    clinic.exchange.faults.add(Fault("GET", "/api/v3/account", delay=5.0))
    found = await clinic.examine()
    assert "no answer within" in found["exchange"].what


@pytest.mark.parametrize(("version", "refused"), [((3, 51, 2), True), ((3, 51, 3), False)])
async def test_a_live_bot_does_not_start_where_litestream_and_the_library_could_damage_its_database(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], refused: bool
) -> None:
    from adapters.doctor import machine

    monkeypatch.setattr(machine, "sqlite", functools.partial(machine.sqlite, version=version))
    (clinic.folder / f".{clinic.database.name}-litestream").mkdir()
    clinic.env.pop("EXCHANGE_URL", None)
    assert any("WAL-reset" in reason for reason in await clinic.refusals()) is refused
