"""Opt-in: the same contract at the real venues, as far as it can be kept without risk. Needs keys in the environment.

    VENUE_CHECK=binance-testnet BINANCE_API_KEY=... BINANCE_API_SECRET=... pytest tests/contracts/test_live.py -s
    VENUE_CHECK=kraken-validate KRAKEN_API_KEY=... KRAKEN_API_SECRET=... pytest tests/contracts/test_live.py -s

At Binance's test network coins are play money: one small round trip is made; with ENTRY_MODE=atomic the stop comes with
the entry. At Kraken nothing is placed: orders are
only checked (`validate`), and the account is only looked at. VENUE_CHECK_URL sends it all elsewhere, to a UAT host or
to a simulator; VENUE_CHECK_PAIR is BTC/USDT unless set.
"""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from adapters.exchanges import Desk, KrakenClient, Side, create_client
from fsm.effects import Assess, Audit, Cancel, Query
from fsm.events import Assessed, Audited, OrderAbsent, OrderSeen, OrderUnresolved
from fsm.ledger import Purpose, Status

from .orders import ask, hold, place, seen
from .venues import cid

CHECK = os.environ.get("VENUE_CHECK", "")
PAIR, URL = os.environ.get("VENUE_CHECK_PAIR", "BTC/USDT"), os.environ.get("VENUE_CHECK_URL")
MODE = os.environ.get("ENTRY_MODE", "market")
KEYS = {"binance-testnet": "BINANCE", "kraken-validate": "KRAKEN"}


def missing(check: str) -> str:
    """Why it cannot run, or nothing."""
    if check != CHECK:
        return f"talks to a real venue: set VENUE_CHECK={check} to run it"
    names = [f"{KEYS[check]}_API_KEY", f"{KEYS[check]}_API_SECRET"]
    return ", ".join(f"{name} is not set" for name in names if not os.environ.get(name))


def only(check: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(missing(check)), reason=missing(check) or "-")


pytestmark = pytest.mark.anyio


@dataclass
class Hidden:
    text: str

    def reveal(self) -> str:
        return self.text


@dataclass
class Configured:
    active_exchange: str
    trading_mode: str
    trading_pair: str
    entry_mode: str
    exchange_url: str | None
    api_key: Hidden | None
    api_secret: Hidden | None


@pytest.fixture
async def real() -> AsyncIterator[Desk]:
    venue = KEYS[CHECK]
    mode = "testnet" if URL or CHECK == "binance-testnet" else "live"
    key, secret = (Hidden(os.environ[f"{venue}_API_{part}"]) for part in ("KEY", "SECRET"))
    client = create_client(Configured(venue.lower(), mode, PAIR, MODE, URL, key, secret))
    await client.connect()
    yield Desk(client, time.time)
    await client.disconnect()


async def look(real: Desk) -> Assessed:
    """Cards 01, 05, 07, 08, 17 and 21: all that costs nothing."""
    facts = await real.perform(Assess("check"))
    assert isinstance(facts, Assessed)
    assert facts.reachable
    assert facts.listed
    assert facts.price > 0
    audit = await real.perform(Audit(1))
    assert isinstance(audit, Audited)
    assert await real.mark() is not None
    unknown = cid()
    assert isinstance(await real.perform(Query(unknown, time.time())), OrderAbsent)
    assert isinstance(await real.perform(Cancel(unknown)), OrderUnresolved)
    assert isinstance(await real.perform(place(real, Purpose.ENTRY, within=0)), OrderUnresolved)
    return facts


@only("binance-testnet")
async def test_binance_testnet(real: Desk) -> None:
    facts = await look(real)
    market = facts.market
    lots = (max(market.min_notional * 3, Decimal(20)) / facts.price) // market.lot
    trigger, limit = (facts.price * Decimal(part) // market.tick * market.tick for part in ("0.98", "1.005"))
    bought, stops = await hold(real, lots * market.lot, trigger, limit)
    assert bool(bought.children) is market.attached is (MODE == "atomic")
    try:
        assert set(stops) <= set(await real.client.open_orders())
    finally:
        for stop in stops:
            await real.perform(Cancel(stop))
        held = sum([(await ask(real, stop)).filled for stop in stops])
        left = (bought.report.filled - bought.report.fee_base - held) // market.lot * market.lot
        assert (await seen(real, place(real, Purpose.EXIT, left))).report.status is Status.FILLED


@only("kraken-validate")
async def test_kraken_validate(real: Desk) -> None:
    """What no documentation settles: whether a market order may carry a stop. Its description must come back."""
    facts = await look(real)
    client = real.client
    assert isinstance(client, KrakenClient)
    before = await client.open_orders()
    smallest = max(facts.market.min_qty, facts.market.min_notional / facts.price)
    trigger = facts.price * Decimal("0.98") // facts.market.tick * facts.market.tick

    said = await client.rehearse(Side.BUY, smallest.quantize(facts.market.lot, "ROUND_UP"), trigger)

    assert "@ market" in said["order"]
    assert "stop loss" in said["close"], "Kraken takes no stop on a market order: do not trade here"
    assert await client.open_orders() == before
    assert not isinstance(await real.perform(Query(cid(), time.time())), OrderSeen)
