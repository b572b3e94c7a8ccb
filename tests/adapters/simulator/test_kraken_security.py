"""Who is let in: keys, signatures over the raw body, growing nonces, permissions, and how often."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator import STARTER, SimulatedKraken, Tier
from adapters.simulator.kraken_security import signature
from tests.adapters.simulator.conftest import RawKraken, result_of

pytestmark = pytest.mark.anyio

BUY = {"pair": "XBTUSDT", "type": "buy", "ordertype": "market", "volume": "0.01"}
LIMIT = BUY | {"ordertype": "limit", "price": "63000", "volume": "0.0001"}


def test_the_signature_is_that_of_the_documentation() -> None:
    """Kraken's page "Spot REST Authentication" (api/docs/guides/spot-rest-auth)."""
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"

    assert signature(secret, "/0/private/AddOrder", "1616492376594", body) == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


async def test_the_signature_covers_the_bytes_and_not_their_meaning(raw_kraken: RawKraken) -> None:
    signed = "nonce=5&cl_ord_id=a%2Db&pair=XBTUSDT&type=buy&ordertype=market&volume=0.01"
    headers = raw_kraken.headers("AddOrder", 5, signed)
    sent = signed.replace("%2D", "-")

    other = await raw_kraken.http.post("/0/private/AddOrder", content=sent, headers=headers)
    same = await raw_kraken.http.post("/0/private/AddOrder", content=signed, headers=headers)

    assert result_of(other) == "EAPI:Invalid signature"
    assert result_of(same)["txid"] == ["OSIMUL-ORDER-000001"]


async def test_a_json_body(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    body = (
        '{"nonce":5,"pair":"XBTUSDT","type":"buy","ordertype":"market","volume":"0.01",'
        '"close":{"ordertype":"stop-loss","price":"62000.0"}}'
    )
    headers = raw_kraken.headers("AddOrder", 5, body) | {"Content-Type": "application/json"}

    reply = await raw_kraken.http.post("/0/private/AddOrder", content=body, headers=headers)

    assert result_of(reply)["descr"]["close"] == "close position @ stop loss 62000.0"
    assert kraken.market.covered() == Decimal("0.01")


async def test_strangers(raw_kraken: RawKraken) -> None:
    body = "nonce=1"
    headers = raw_kraken.headers("Balance", 1, body)

    async def ask(headers: dict[str, str]) -> Any:
        return result_of(await raw_kraken.http.post("/0/private/Balance", content=body, headers=headers))

    assert await ask({}) == "EAPI:Invalid key"
    assert await ask(headers | {"API-Key": "stranger"}) == "EAPI:Invalid key"
    assert await ask(headers | {"API-Sign": ""}) == "EAPI:Invalid signature"
    assert await ask(headers | {"API-Sign": "bm9uc2Vuc2U="}) == "EAPI:Invalid signature"
    assert await ask(raw_kraken.headers("BalanceEx", 1, body)) == "EAPI:Invalid signature"
    assert set(await ask(headers)) == {"XXBT", "USDT"}  # none of them used the nonce up


@pytest.mark.parametrize(
    ("window", "nonces", "refused"),
    [
        (0, [10, 11, 11], [11]),
        (0, [10, 12, 11, 13], [11]),
        (0, [18_446_744_073_709_551_615], []),
        (0, [18_446_744_073_709_551_616], [18_446_744_073_709_551_616]),
        (0, ["", "-5", "1.5"], ["", "-5", "1.5"]),
        (0, [179_534_270_950_264_864, 1_795_342_709_502], [1_795_342_709_502]),  # another library took the key over
        (10, [100, 95, 91, 90, 95, 101], [90, 95]),
    ],
)
async def test_a_nonce_grows(
    raw_kraken: RawKraken, kraken: SimulatedKraken, window: int, nonces: list[Any], refused: list[Any]
) -> None:
    kraken.nonces.window = window

    answers = [await raw_kraken("Balance", nonce=nonce) for nonce in nonces]

    failed = [nonce for nonce, answer in zip(nonces, answers, strict=True) if answer == "EAPI:Invalid nonce"]
    assert failed == refused


async def test_a_bad_nonce_does_nothing(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    await raw_kraken("Balance", nonce=5000)

    assert await raw_kraken("AddOrder", **BUY) == "EAPI:Invalid nonce"
    assert not kraken.market.state.orders


async def test_a_key_may_lack_permissions(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.permissions = ["query-funds"]

    assert await raw_kraken("AddOrder", **BUY) == "EGeneral:Permission denied"
    assert (await raw_kraken("GetApiKeyInfo"))["permissions"] == ["query-funds"]


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(kraken: SimulatedKraken, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A hand-set clock for the venue; its counters melt only when told to."""
    clock = Clock()
    monkeypatch.setattr(kraken, "_clock", clock)
    monkeypatch.setattr(kraken.market, "_clock", clock)
    return clock


async def test_calls_are_counted_by_key(raw_kraken: RawKraken, kraken: SimulatedKraken, clock: Clock) -> None:
    """Orders do not count, histories count twice."""
    kraken.key_limits.tier = STARTER
    for _ in range(13):
        await raw_kraken("Balance")
    await raw_kraken("TradesHistory")

    assert await raw_kraken("Balance") == "EAPI:Rate limit exceeded"
    assert "txid" in await raw_kraken("AddOrder", **BUY)
    clock.time += 3.1
    assert "XXBT" in await raw_kraken("Balance")
    assert await raw_kraken("Balance") == "EAPI:Rate limit exceeded"
    assert "unixtime" in await raw_kraken.get("Time")


async def test_orders_are_counted_by_pair(raw_kraken: RawKraken, kraken: SimulatedKraken, clock: Clock) -> None:
    """A young order that is cancelled costs nine; a refused one costs one."""
    kraken.key_limits.tier = Tier(100, 1, 10, 1, 80)
    order = await raw_kraken("AddOrder", **LIMIT)
    await raw_kraken("CancelOrder", txid=order["txid"][0])
    await raw_kraken("AddOrder", **BUY | {"volume": "0"})

    assert await raw_kraken("AddOrder", **BUY) == "EOrder:Rate limit exceeded"
    clock.time += 2
    assert "txid" in await raw_kraken("AddOrder", **BUY)


@pytest.mark.parametrize(("age", "cost"), [(4, 8), (6, 6), (12, 5), (20, 4), (60, 2), (200, 1), (400, 0)])
async def test_an_old_order_is_cheap_to_cancel(
    raw_kraken: RawKraken, kraken: SimulatedKraken, clock: Clock, age: int, cost: int
) -> None:
    order = await raw_kraken("AddOrder", **LIMIT)
    clock.time += age
    await raw_kraken("CancelOrder", txid=order["txid"][0])
    kraken.key_limits.tier = Tier(100, 1, cost + 0.5, 1, 80)

    assert await raw_kraken("AddOrder", **LIMIT) == "EOrder:Rate limit exceeded"
    kraken.key_limits.tier = Tier(100, 1, cost + 2, 1, 80)
    assert "txid" in await raw_kraken("AddOrder", **LIMIT)


async def test_only_so_many_orders_may_be_open(raw_kraken: RawKraken, kraken: SimulatedKraken) -> None:
    kraken.key_limits.tier = Tier(100, 1, 100, 1, 2)
    for _ in range(2):
        await raw_kraken("AddOrder", **LIMIT)

    assert await raw_kraken("AddOrder", **LIMIT) == "EOrder:Orders limit exceeded"


async def test_what_does_not_exist(raw_kraken: RawKraken) -> None:
    assert await raw_kraken("WithdrawEverything") == "EGeneral:Unknown method"
    assert await raw_kraken.get("Nothing") == "EGeneral:Unknown method"
    assert result_of(await raw_kraken.http.get("/0/private/Balance")) == "EGeneral:Unknown method"
    assert result_of(await raw_kraken.http.post("/0/public/Time")) == "EGeneral:Unknown method"
    assert await raw_kraken.get("Ticker", pair="ETHUSDT") == "EQuery:Unknown asset pair"
    assert (await raw_kraken.http.get("/api/v3/ping")).status_code == 404
