"""Every status code of the webhook, with the real core deciding."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from fsm.bot import State
from fsm.commands import Stop
from fsm.ledger import Purpose

from .conftest import NOON, SECRET, World

pytestmark = pytest.mark.anyio


async def test_a_signal_is_accepted(world: World) -> None:
    answer = await world.post(world.alert())

    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted", "signal_id": "ema-btc-1|BUY|1", "state": "validating"}
    assert world.core.bot.state is State.VALIDATING
    (signal,) = world.core.signals()
    assert (signal.symbol, signal.stamp, str(signal.price), signal.strategy, signal.at) == (
        "BTC/USDT",
        NOON,
        "64210.5",
        "ema-btc-1",
        NOON,
    )
    assert world.vitals.last_signal_time == NOON


async def test_the_same_alert_again_is_a_duplicate_and_buys_nothing(world: World) -> None:
    await world.post(world.alert())
    world.core.assess()
    assert len(world.core.placed(Purpose.ENTRY)) == 1

    for seconds in (1, 30, 59, 600, 90_000):
        world.clock.now = NOON + seconds
        with capture_logs() as logs:
            answer = await world.post(world.alert())
        assert (answer.status_code, answer.json()["status"]) == (200, "duplicate")
        assert [line["signal_id"] for line in logs if line["event"] == "signal_deduplicated"] == ["ema-btc-1|BUY|1"]

    assert len(world.core.placed(Purpose.ENTRY)) == 1
    assert not any(d.verdicts for d in world.core.decisions[-5:])
    assert world.told == []


async def test_the_same_id_with_another_time_is_a_duplicate_for_a_minute(world: World) -> None:
    await world.post(world.alert())
    world.clock.now += 59
    again = await world.post(world.alert(timestamp=int((NOON + 59) * 1000)))
    assert again.json()["status"] == "duplicate"


async def test_a_sell_closes_what_a_buy_opened(world: World) -> None:
    await world.post(world.alert())
    world.core.assess()
    world.core.fill()
    assert world.core.bot.state is State.IN_POSITION

    answer = await world.post(world.alert("sell", timestamp="2025-01-14T00:00:00Z"))  # an exit is never too old

    assert (answer.status_code, answer.json()["state"]) == (202, "ordering")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"side": "SELL"}, "nothing_to_sell"),
        ({"timestamp": "2025-01-15T11:58:00Z"}, "stale_signal: 120 s old, at most 60 s"),
        ({"timestamp": "2025-01-15T12:02:00Z"}, "stale_signal: -120 s old, at most 60 s"),
    ],
)
async def test_a_refusal_says_why(world: World, fields: dict[str, Any], reason: str) -> None:
    answer = await world.post(world.alert(**fields))

    assert answer.status_code == 200
    assert answer.json()["status"] == "rejected"
    assert answer.json()["reasons"] == [reason]
    assert world.told == []  # the journal tells of refusals; nobody has to repair the alert


async def test_a_second_entry_is_rejected(world: World) -> None:
    await world.post(world.alert())
    answer = await world.post(world.alert(signal_id="another"))
    assert (answer.status_code, answer.json()["reasons"]) == (200, ["not while validating"])


async def test_a_halted_bot_rejects(world: World) -> None:
    world.core.fire(Stop(at=NOON, by="test"))
    answer = await world.post(world.alert())
    assert (answer.status_code, answer.json()["state"], answer.json()["status"]) == (200, "halted", "rejected")


async def test_a_buy_before_the_first_audit_is_to_be_sent_again(world: World) -> None:
    world.core.boot(world.settings)
    first = await world.post(world.alert())
    assert (first.status_code, first.headers["Retry-After"]) == (503, "5")
    assert first.json() == {"status": "unavailable", "signal_id": "ema-btc-1|BUY|1", "reasons": ["not_ready"]}

    world.core.audit()
    assert (await world.post(world.alert())).status_code == 202


async def test_what_cannot_be_written_down_is_to_be_sent_again(world: World) -> None:
    world.core.broken = True
    first = await world.post(world.alert())
    assert (first.status_code, first.headers["Retry-After"], first.json()["reasons"]) == (503, "5", ["not_persisted"])
    assert world.core.bot.state is State.IDLE

    world.core.broken = False
    assert (await world.post(world.alert())).status_code == 202


async def test_what_the_disk_does_not_keep_is_to_be_sent_again(world: World) -> None:
    world.core.lost = True
    answer = await world.post(world.alert())
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["not_persisted"])


async def test_a_bug_is_a_bare_500_and_in_our_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(input: object) -> None:
        raise ZeroDivisionError("internal detail")

    monkeypatch.setattr(world.core, "fire", broken)
    with capture_logs() as logs:
        answer = await world.post(world.alert())
    assert answer.status_code == 500
    assert "internal detail" not in answer.text
    assert isinstance(next(line for line in logs if line["event"] == "request_failed")["exc_info"], ZeroDivisionError)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_the_content_type_is_not_looked_at(world: World, content_type: str) -> None:
    assert (await world.post(world.alert(), headers={"Content-Type": content_type})).status_code == 202


BAD = {
    "empty": (b"", "body", "is empty"),
    "blank": (b" \n", "body", "is empty"),
    "not json": (b"BUY BTCUSDT", "body", "is not JSON"),
    "unquoted time": (b'{"price": 67432.5, "timestamp": 2025-01-15T14:30:05Z}', "body", 'as in "{{timenow}}"'),
    "cut off": (b'{"signal": "BUY", ', "body", "is not JSON"),
    "not utf-8": (b'{"signal": "\xff"}', "body", "is not UTF-8 text: byte 12"),
    "byte order mark": (b'\xef\xbb\xbf{"signal": "BUY"}', "body", "is not JSON (Unexpected UTF-8 BOM"),
    "a list": (b'["BUY"]', "body", "is not a JSON object"),
    "a text": (b'"BUY"', "body", "is not a JSON object"),
    "null": (b"null", "body", "is not a JSON object"),
    "deep": (b'{"a":' * 2000 + b"1" + b"}" * 2000, "body", "is nested too deeply"),
    "deep list": (b"[" * 16_000, "body", "is nested too deeply"),
    "open placeholder": (b'{"signal": "BUY", "price": {{close}}}', "body", "{{close}} was not filled in"),
    "huge exponent": (b'{"price": 1e99999999999999999999}', "body", "has a number too large"),
}


@pytest.mark.parametrize("case", BAD)
async def test_an_unreadable_body_is_explained(world: World, case: str) -> None:
    body, field, problem = BAD[case]
    answer = await world.post(body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert problem in error["problem"]
    assert len(world.told) == 1
    assert problem in world.told[0]


@pytest.mark.parametrize("secret", [SECRET, "x" * 40])
async def test_who_knows_the_secret_and_forgot_a_quote_is_told_so(world: World, secret: str) -> None:
    """The secret is in the text that cannot be read, and the SELL is lost."""
    body = f'{{"secret": "{secret}", "signal": "SELL", "timestamp": 2025-01-15T14:30:05Z}}'
    answer = await world.post(body.encode(), secret=None)

    known = secret == SECRET
    assert answer.status_code == (422 if known else 401)
    assert len(world.told) == known
    assert secret not in answer.text + "".join(world.told)


async def test_all_wrong_fields_are_named_at_once(world: World) -> None:
    answer = await world.post({"action": "buy", "symbol": 7, "price": "1,000.5", "timestamp": "soon", "signal_id": ""})

    assert answer.status_code == 422
    assert {e["field"]: e["problem"] for e in answer.json()["errors"]} == {
        "signal": 'is required but missing: rename "action" to "signal"',
        "symbol": "is 7, which is no text: put it in double quotes",
        "timestamp": 'is "soon": use "{{timenow}}", or milliseconds since 1970',
        "signal_id": "is empty: it has to be different for every signal",
        "price": 'is "1,000.5": write it without commas (in Pine, str.tostring instead of str.format)',
    }
    assert world.core.signals() == []


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("secret", [SECRET, None])
async def test_a_body_over_16_kib_is_refused(world: World, declared: bool, secret: str | None) -> None:
    async def stream() -> Any:
        for _ in range(17):
            yield b" " * 1024

    body = b" " * (16 * 1024 + 1) if declared else stream()
    answer = await world.post(body, secret=secret)
    assert answer.status_code == 413
    assert answer.json()["errors"] == [{"field": "body", "problem": "is longer than 16384 bytes"}]
    assert len(world.told) == (secret is not None)


async def test_a_body_of_16_kib_is_read(world: World) -> None:
    body = world.client.build_request("POST", "/", json=world.alert()).content
    assert (await world.post(body.ljust(16 * 1024))).status_code == 202


@pytest.mark.parametrize("field", ["signal", "symbol", "price", "timestamp", "signal_id", "strategy", SECRET])
async def test_a_secret_in_the_wrong_place_goes_nowhere(world: World, field: str) -> None:
    with capture_logs() as logs:
        answer = await world.post(world.alert(**{field: SECRET, "secret": SECRET}))
        broken = await world.post(f'{{"{field}": {SECRET}')
        await world.post(f'{{"{field}": 1, "secret": "{SECRET}" 2025-01-01}}', secret=None)
    assert broken.status_code == 422
    assert len(logs) == 3
    shown = f"{answer.text} {broken.text} {world.told} {logs} {world.core.decisions}"
    assert not any(part in shown for part in (SECRET[:12], SECRET[-12:]))
