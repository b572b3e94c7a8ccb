"""Whatever is posted, the answer is one of those that are written down, and nothing breaks.

FUZZ_INPUTS=100000 for the full strength; FUZZ_SEED for other inputs.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from .conftest import NOON, SECRET, World

pytestmark = pytest.mark.anyio
INPUTS = int(os.environ.get("FUZZ_INPUTS", "1000"))
SEED = int(os.environ.get("FUZZ_SEED", "6"))
ANSWERS = {200, 202, 400, 401, 413, 422, 429}  # no 408: nobody is slow here; no 503: the journal can be written
STATUSES = {"accepted", "duplicate", "rejected", "invalid", "unauthorized", "limited"}
CHUNK = 500

TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b":",
        b",",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\\u202e",
        b"\x00",
        b"\xff",
        b"\n",
    ),
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"1e999", b"-0", b"9" * 400, b"1e-999", b"0x10", b"1_0"),
    *(
        b"{{close}}",
        b"{{timenow}}",
        b"{{",
        b"}}",
        "\u0661".encode(),
        "\U0001f600".encode(),
        b"\xef\xbb\xbf",
        b"\xc0\x80",
    ),
    *(b'"signal"', b'"secret"', b'"price":', b'"signal_id":""', b'"__proto__":1', SECRET.encode(), b"BUY", b"SELL"),
    *(b"2025-01-15T12:00:00Z", b"0000-00-00", b"1736942400", b"1736942400000", b"99999999999999999999"),
]
ODD = [
    "",
    " ",
    "\x00",
    "\ud800",
    "💥",
    "NaN",
    "{{x}}",
    "a" * 300,
    0,
    -1,
    1.5e300,
    True,
    None,
    [],
    {},
    [[[]]],
    {"a": {}},
]
FIELDS = ["signal", "symbol", "price", "timestamp", "strategy", "signal_id", "secret", "Signal", "extra", ""]

Mutation = Callable[[random.Random, bytes], bytes]


def _cut(dice: random.Random, body: bytes) -> bytes:
    a, b = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    return dice.choice((body[:a], body[a:], body[:a] + body[b:], body[a:b]))


def _flip(dice: random.Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.randrange(1, 5) if changed else 0):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _insert(dice: random.Random, body: bytes) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + dice.choice(TOKENS) * dice.choice((1, 1, 1, 2, 50)) + body[at:]


def _repeat(dice: random.Random, body: bytes) -> bytes:
    return (body * dice.choice((2, 3, 200)))[: 17 * 1024]


def _nest(dice: random.Random, body: bytes) -> bytes:
    depth = dice.choice((1, 10, 900, 3000))
    return dice.choice((b"[" * depth + body + b"]" * depth, b'{"a":' * depth + body + b"}" * depth))


def _recode(dice: random.Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(dice.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp500")), "replace")


MUTATIONS: tuple[Mutation, ...] = (_cut, _flip, _insert, _insert, _repeat, _nest, _recode)


def make(dice: random.Random, n: int, moment: float) -> bytes:
    """An alert, in which something is odd."""
    fields: dict[str, object] = {
        "signal": dice.choice(("BUY", "SELL", "buy")),
        "symbol": "BTCUSDT",
        "price": "64210.5",
        "timestamp": int(moment * 1000),
        "strategy": "fuzz",
        "signal_id": f"fuzz-{n}",
    }
    for _ in range(dice.choice((0, 0, 1, 1, 2, 5))):
        fields[dice.choice(FIELDS)] = dice.choice(ODD)
    if dice.random() < 0.3:
        fields["secret"] = dice.choice((SECRET, SECRET, "wrong", SECRET + "x"))
    body = json.dumps(fields).encode()
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 4))):
        body = dice.choice(MUTATIONS)(dice, body)
    return body


async def test_bodies_without_end(world: World) -> None:
    dice, answers = random.Random(SEED), Counter[str]()
    for start in range(0, INPUTS, CHUNK):
        with capture_logs() as logs:
            for n in range(start, min(start + CHUNK, INPUTS)):
                world.clock.now = NOON + 10 * n
                body = make(dice, n, world.clock.now)
                path, header = dice.choice((("/webhook", SECRET), ("/webhook", None), (f"/webhook/{SECRET}", None)))
                answer = await world.post(body, path=path, secret=header)
                said = answer.json()
                assert answer.status_code in ANSWERS, (SEED, n, body, answer.text)
                assert said["status"] in STATUSES, (SEED, n, body, answer.text)
                assert SECRET not in answer.text, (SEED, n, body, answer.text)
                answers[f"{answer.status_code} {said['status']}"] += 1
            del world.core.decisions[:-50], world.told[:-50]
        assert [line for line in logs if line["event"] == "request_failed"] == [], SEED
        assert SECRET not in repr(logs), SEED
    print(dict(answers))
    assert {"202 accepted", "401 unauthorized", "422 invalid"} <= set(answers)
