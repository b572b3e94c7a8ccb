"""A healthy bot gets a clean bill, and the doctor leaves no trace."""

from __future__ import annotations

import io
import time
from decimal import Decimal

import pytest
from rich.console import Console

from adapters.doctor import Level, examine, render
from adapters.simulator import KRAKEN_ACCOUNT, Fees, SimulatedExchange, SimulatedKraken, serve
from adapters.store import Identity, Store

from .conftest import SECRET, Clinic

pytestmark = pytest.mark.anyio
NAMES = [
    *("configuration", "secrets", "database", "disk", "sqlite", "port", "time zone"),
    *("exchange", "clock", "key", "withdrawal", "expiry", "address", "pair", "orders", "size", "fees", "telegram"),
]


async def test_every_check_in_the_order_of_mending(clinic: Clinic) -> None:
    found = await clinic.examine(live=True)
    assert list(found) == NAMES
    troubled = {name: f for name, f in found.items() if f.level is not Level.OK and name != "sqlite"}
    assert troubled == {}
    assert not any(f.fatal for f in found.values())


async def test_what_it_says_of_a_healthy_account(clinic: Clinic) -> None:
    found = await clinic.examine(live=True)
    assert found["size"].what == "with 10,000.00 USDT and 1.0 % risk your orders are 4,999.68 USDT; minimum 10"
    assert found["withdrawal"].what == "the key can trade, and cannot withdraw"
    assert found["key"].what == "works; the account holds 10,000.00 USDT and 0 BTC"
    assert found["telegram"].what == "@trader_bot answers and may write to the chat"


async def test_it_changes_nothing(clinic: Clinic) -> None:
    await clinic.examine(live=True)
    assert list(clinic.folder.iterdir()) == []
    assert clinic.exchange.market.state.orders == {} or not list(clinic.exchange.market.state.orders)
    assert clinic.chat.sent == []


async def test_a_testnet_does_not_tell_rights_and_is_not_asked(clinic: Clinic) -> None:
    clinic.rights_status = 500
    found = await clinic.examine()
    assert found["withdrawal"].level is Level.OK
    assert "not asked" in found["withdrawal"].what


async def test_paper_trading_has_no_account(clinic: Clinic) -> None:
    for name in ("BINANCE_API_KEY", "BINANCE_API_SECRET", "EXCHANGE_URL"):
        del clinic.env[name]
    clinic.env["TRADING_MODE"] = "paper"
    with Store(clinic.database) as store:  # the key of such a database is the simulated account's
        store.claim(Identity("binance", "paper", "BTC/USDT", "f" * 16))
    found = await clinic.examine()
    assert found["database"].level is Level.OK
    assert "paper trading" in found["exchange"].what
    assert "key" not in found


async def test_kraken_tells_rights_everywhere(clinic: Clinic) -> None:
    kraken = SimulatedKraken.create()
    async with serve(kraken) as url:
        clinic.env |= {
            "ACTIVE_EXCHANGE": "kraken",
            "TRADING_MODE": "testnet",
            "EXCHANGE_URL": url,
            "KRAKEN_API_KEY": KRAKEN_ACCOUNT.api_key,
            "KRAKEN_API_SECRET": KRAKEN_ACCOUNT.api_secret,
        }
        found = await clinic.examine()
        assert found["withdrawal"].what == "the key can trade, and cannot withdraw"
        assert found["address"].level is Level.WARN  # the simulator's key has no list
        assert {f.name for f in found.values() if f.level is Level.FAIL} == set()
        kraken.permissions = (*kraken.permissions, "withdraw-funds")
        assert (await clinic.examine())["withdrawal"].fatal
    kraken.close()


async def test_the_table_shows_name_verdict_and_mending_but_no_secret(clinic: Clinic) -> None:
    clinic.rights["enableWithdrawals"] = True
    found = list((await clinic.examine(live=True)).values())
    out = io.StringIO()
    render(found, Console(file=out, width=120))
    text = out.getvalue()
    assert "withdrawal     FAIL  the key may withdraw: who steals it, takes everything" in text
    assert "→ take that right away at the exchange" in text
    assert "live mode would refuse to start: withdrawal" in text
    hidden = (SECRET, clinic.exchange.account.api_key, clinic.exchange.account.api_secret, "AAHdqTcv")
    assert [word for word in hidden if word in text] == []


async def test_it_asks_about_the_file_it_was_given(clinic: Clinic) -> None:
    file = clinic.folder / ".env"
    file.write_text("")
    for readable in (0o604, 0o640):
        file.chmod(readable)
        (found, *_) = await examine(clinic.settings, time.time, file)
        assert (found.level, found.fix) == (Level.WARN, f"chmod 600 {file}")
    file.chmod(0o600)
    assert (await clinic.examine())["configuration"].level is Level.OK


async def test_rights_may_come_as_words(clinic: Clinic) -> None:
    clinic.rights = {name: str(value).lower() for name, value in clinic.rights.items()}
    assert (await clinic.examine(live=True))["withdrawal"].level is Level.OK
    clinic.rights["enableWithdrawals"] = "true"
    assert (await clinic.examine(live=True))["withdrawal"].fatal


async def test_fees_in_a_coin_of_the_pair_are_in_the_books(clinic: Clinic) -> None:
    bnb = SimulatedExchange.create("BNB/USDT", price=Decimal(600), fees=Fees(discount_price=Decimal(600)))
    async with serve(bnb) as url:
        clinic.env |= {"TRADING_PAIR": "BNB/USDT", "EXCHANGE_URL": url}
        assert (await clinic.examine())["fees"].level is Level.OK
    bnb.close()
