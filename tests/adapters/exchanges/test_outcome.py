"""What an answer proves, as a table; and that ccxt's own opinion of it does not count."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import ccxt
import pytest
from aiohttp.client_reqrep import ConnectionKey

from adapters.exchanges import Refused, Unresolved, Wire
from adapters.exchanges.outcome import Outcome, Reply, classify, demand, readable, redact
from fsm.ledger import WOULD_TRIGGER

pytestmark = pytest.mark.anyio

ORDER = {"orderId": 7}


def error(code: int, msg: str = "words") -> dict[str, Any]:
    return {"code": code, "msg": msg}


@pytest.mark.parametrize(
    ("reply", "outcome", "reason"),
    [
        (Reply(200, ORDER), Outcome.ACCEPTED, ""),
        (Reply(200, {"orderId": None}), Outcome.UNRESOLVED, "HTTP 200 without orderId"),
        (Reply(200, {}), Outcome.UNRESOLVED, "HTTP 200 without orderId"),
        (Reply(200, [ORDER]), Outcome.UNRESOLVED, "HTTP 200 without orderId"),
        (Reply(200, "text"), Outcome.UNRESOLVED, "HTTP 200 without orderId"),
        (Reply(200, error(-2010)), Outcome.UNRESOLVED, "HTTP 200 without orderId"),
        (Reply(200), Outcome.UNRESOLVED, "HTTP 200 without JSON"),
        (Reply(201, ORDER), Outcome.UNRESOLVED, "HTTP 201"),
        (Reply(302, ORDER), Outcome.UNRESOLVED, "HTTP 302"),
        (Reply(None, why="TimeoutError"), Outcome.UNRESOLVED, "no answer: TimeoutError"),
        (Reply(sent=False, why="OSError"), Outcome.AGAIN, "not connected: OSError"),
        # definite
        (Reply(400, error(-1013, "Filter failure: LOT_SIZE")), Outcome.REFUSED, "-1013 Filter failure: LOT_SIZE"),
        (Reply(400, error(-1100)), Outcome.REFUSED, "-1100 words"),
        (Reply(400, error(-1199)), Outcome.REFUSED, "-1199 words"),
        (Reply(400, error(-1022)), Outcome.REFUSED, "-1022 words"),
        (Reply(401, error(-1002)), Outcome.REFUSED, "-1002 words"),
        (Reply(401, error(-2014)), Outcome.REFUSED, "-2014 words"),
        (Reply(401, error(-2015)), Outcome.REFUSED, "-2015 words"),
        (Reply(400, error(-2010)), Outcome.REFUSED, "-2010 words"),
        (Reply(400, error(-2011, "Unknown order sent.")), Outcome.REFUSED, "-2011 Unknown order sent."),
        (Reply(400, error(-2013)), Outcome.REFUSED, "-2013 words"),
        (Reply(400, error(-2018, "Order list does not exist.")), Outcome.REFUSED, "-2018 Order list does not exist."),
        (Reply(400, error(-2010, "Stop price would trigger immediately.")), Outcome.REFUSED, WOULD_TRIGGER),
        (Reply(400, error(-2010, "Order would trigger immediately.")), Outcome.REFUSED, WOULD_TRIGGER),
        # safe to send again
        (Reply(400, error(-1021)), Outcome.AGAIN, "clock: -1021 words"),
        (Reply(429, error(-1003)), Outcome.AGAIN, "rate limit: HTTP 429 -1003 words"),
        (Reply(429, error(-1015)), Outcome.AGAIN, "rate limit: HTTP 429 -1015 words"),
        (Reply(429), Outcome.AGAIN, "rate limit: HTTP 429 None "),
        (Reply(418), Outcome.AGAIN, "rate limit: HTTP 418 None "),
        (Reply(400, error(-1015)), Outcome.AGAIN, "rate limit: HTTP 400 -1015 words"),
        # nobody knows
        (Reply(400, error(-2010, "Duplicate order sent.")), Outcome.UNRESOLVED, "an order with this id is there"),
        (Reply(400, error(-1000)), Outcome.UNRESOLVED, "HTTP 400 -1000 words"),
        (Reply(400, error(-1006)), Outcome.UNRESOLVED, "HTTP 400 -1006 words"),
        (Reply(400, error(-1007)), Outcome.UNRESOLVED, "HTTP 400 -1007 words"),
        (Reply(400, error(-9999)), Outcome.UNRESOLVED, "HTTP 400 -9999 words"),
        (Reply(400, {"code": "-2010"}), Outcome.UNRESOLVED, "HTTP 400"),
        (Reply(400, {"code": True}), Outcome.UNRESOLVED, "HTTP 400"),
        (Reply(400), Outcome.UNRESOLVED, "HTTP 400"),
        (Reply(403), Outcome.UNRESOLVED, "HTTP 403"),
        (Reply(404, []), Outcome.UNRESOLVED, "HTTP 404"),
        (Reply(408, error(-1007)), Outcome.UNRESOLVED, "HTTP 408"),
        (Reply(500, error(-2010)), Outcome.UNRESOLVED, "HTTP 500 -2010 words"),
        (Reply(503, error(-1008)), Outcome.UNRESOLVED, "HTTP 503 -1008 words"),
        (Reply(503, error(-1021)), Outcome.UNRESOLVED, "HTTP 503"),
        (Reply(504), Outcome.UNRESOLVED, "HTTP 504"),
    ],
    ids=str,
)
def test_what_an_answer_proves(reply: Reply, outcome: Outcome, reason: str) -> None:
    verdict = classify(reply, "orderId")

    assert verdict.outcome is outcome
    assert verdict.reason.startswith(reason)


REFUSALS = {*range(-1199, -1099), -1002, -1010, -1013, -1014, -1020, -1022, -2010, -2011, -2013, -2014, -2015, -2039}


def test_only_these_codes_are_a_refusal() -> None:
    """Binance's page "Error codes"; one too many here is an order that was there and is taken for refused."""
    found = {code for code in range(-2100, 2101) if classify(Reply(400, error(code))).outcome is Outcome.REFUSED}
    assert found == REFUSALS


def test_only_these_codes_may_be_sent_again() -> None:
    found = {code for code in range(-2100, 2101) if classify(Reply(400, error(code))).outcome is Outcome.AGAIN}
    assert found == {-1003, -1015, -1021}


def test_only_a_complete_answer_of_the_4xx_kind_is_a_refusal() -> None:
    refused = {code for code in range(100, 600) if classify(Reply(code, error(-2010))).outcome is Outcome.REFUSED}
    assert refused == {*range(400, 500)} - {418, 429}


def test_evidence_cannot_be_changed() -> None:
    for evidence in (Reply(200, ORDER), classify(Reply(200, ORDER))):
        with pytest.raises(AttributeError):
            setattr(evidence, evidence.__struct_fields__[0], None)


def test_how_long_to_wait() -> None:
    assert classify(Reply(429, retry_after=7.0)).wait == 7.0
    assert classify(Reply(429, retry_after=0.0)).wait == 0.0
    assert classify(Reply(400, error(-1015))).wait == 1.0
    assert classify(Reply(sent=False, why="OSError")).wait == 0.25
    assert classify(Reply(429)).wait == 1.0
    assert classify(Reply(418)).wait == 120.0
    assert classify(Reply(400, error(-1021))).wait == 0.0


def test_the_two_exceptions_of_this_border() -> None:
    assert demand(Reply(200, [])) == []
    with pytest.raises(Refused) as refusal:
        demand(Reply(400, error(-1013)))
    assert (refusal.value.code, refusal.value.again) == (-1013, None)
    with pytest.raises(Refused) as refusal:
        demand(Reply(429, error(-1003), 3.0))
    assert (refusal.value.code, refusal.value.again) == (-1003, 3.0)
    with pytest.raises(Unresolved):
        demand(Reply(500))
    with pytest.raises(Unresolved, match="KeyError"), readable():
        _ = dict[str, str]()["missing"]


@pytest.mark.parametrize(
    "text",
    [
        "https://api.binance.com/api/v3/order?symbol=X&signature=abc",
        "signature=abcdef0123456789",
        '"signature": "abcdef0123456789"',
        "X-MBX-APIKEY: abcdef0123456789",
        "bad key " + "k" * 64,
        "sig " + "Ab+/%3D" * 12,
    ],
)
def test_what_could_be_a_secret_is_hidden(text: str) -> None:
    shown = redact(text)

    assert not any(part in shown for part in ("abc", "kkk", "Ab+", "binance.com"))


def test_words_stay_readable() -> None:
    text = "-1022 Signature for this request is not valid."
    assert redact(text) == text
    assert len(redact("word " * 100)) == 160


# -- ccxt's exceptions
class Stub:
    """ccxt, raising; perhaps after an answer was heard."""

    def __init__(self, raising: BaseException | None, hear: Callable[[], Any]) -> None:
        self.raising, self.hear = raising, hear

    def __getattr__(self, method: str) -> Any:
        async def call(_params: Any) -> None:
            self.hear()
            if self.raising is not None:
                raise self.raising

        return call


def refused_connection() -> aiohttp.ClientConnectorError:
    key = ConnectionKey("venue", 443, True, True, None, None, None, "")
    return aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, "refused"))


def caused(by: BaseException, error: BaseException) -> BaseException:
    error.__cause__ = by
    return error


def everything(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from everything(child)


SECRET_URL = "binance POST https://venue/api/v3/order?signature=CANARY"


async def asked(
    raising: BaseException | None, method: str = "privatePostOrder", heard: tuple[int, str] | None = None
) -> Reply:
    wire = Wire("http://venue", "key", "secret", sandbox=True)
    wire._offset_ms = 0

    def hear() -> None:
        if heard:
            wire._hear(heard[0], "", "", "", {"Retry-After": "3"}, heard[1])

    wire._exchange = Stub(raising, hear)
    return await wire.call(method)


@pytest.mark.parametrize("kind", sorted(set(everything(ccxt.BaseError)), key=str), ids=lambda kind: kind.__name__)
async def test_no_exception_of_ccxt_is_a_proof(kind: type[Exception]) -> None:
    """Bare ExchangeError for a cut answer, InvalidOrder for a duplicate: its classes mean too many things."""
    for raising in (kind(SECRET_URL), caused(aiohttp.ServerDisconnectedError(), kind(SECRET_URL))):
        verdict = classify(await asked(raising), "orderId")
        assert verdict.outcome is Outcome.UNRESOLVED
        assert "CANARY" not in verdict.reason


@pytest.mark.parametrize(
    "raising",
    [
        TimeoutError(),
        aiohttp.ClientPayloadError("cut"),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ServerDisconnectedError(),
        OSError(),
        RuntimeError("ccxt's own bug"),
        None,
    ],
    ids=repr,
)
async def test_nor_is_any_other(raising: Exception | None) -> None:
    for error_ in (raising, caused(raising, ccxt.ExchangeError(SECRET_URL)) if raising else None):
        assert classify(await asked(error_), "orderId").outcome is Outcome.UNRESOLVED


async def test_a_connection_that_was_never_made_is_one() -> None:
    for by in (
        refused_connection(),
        aiohttp.ClientConnectorDNSError(refused_connection()._conn_key, socket.gaierror()),
    ):
        raising = caused(by, ccxt.ExchangeNotAvailable(SECRET_URL))
        assert classify(await asked(raising), "orderId").outcome is Outcome.AGAIN
        assert classify(await asked(raising, "privateDeleteOrder")).outcome is Outcome.UNRESOLVED


async def test_a_complete_answer_counts_whatever_ccxt_makes_of_it() -> None:
    def verdict(reply: Reply) -> Outcome:
        return classify(reply, "orderId").outcome

    reply = await asked(ccxt.NetworkError("x"), heard=(400, '{"code":-2010,"msg":"no"}'))
    assert verdict(reply) is Outcome.REFUSED
    assert reply.retry_after == 3.0
    assert verdict(await asked(ccxt.InvalidOrder("x"), heard=(200, '{"orderId":1}'))) is Outcome.ACCEPTED
    assert verdict(await asked(None, heard=(200, '{"orderId":'))) is Outcome.UNRESOLVED
    assert verdict(await asked(None, heard=(200, ""))) is Outcome.UNRESOLVED
    assert verdict(await asked(None, heard=(502, "<html>"))) is Outcome.UNRESOLVED


async def test_cancellation_is_not_caught() -> None:
    with pytest.raises(asyncio.CancelledError):
        await asked(asyncio.CancelledError())
