"""Who gets in, and what everybody else can find out: nothing."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.web import auth

from .conftest import OLD_SECRET, SECRET, World

pytestmark = pytest.mark.anyio
WRONG = "wrong-secret_0123456789.abcdefghijklm"


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
@pytest.mark.parametrize("place", ["header", "path", "body"])
async def test_three_places_and_two_secrets(world: World, place: str, secret: str) -> None:
    path, header, more = "/webhook", None, {}
    match place:
        case "header":
            header = secret
        case "path":
            path = f"/webhook/{secret}"
        case "body":
            more = {"secret": secret}
    answer = await world.post(world.alert(**more), path=path, secret=header)
    assert answer.status_code == 202
    assert world.told == []


STRANGE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "wrong header": {"headers": {"X-Webhook-Secret": WRONG}},
    "empty header": {"headers": {"X-Webhook-Secret": ""}},
    "cut header": {"headers": {"X-Webhook-Secret": SECRET[:-1]}},
    "non-ascii header": {"headers": {"X-Webhook-Secret": "sécrèt".encode()}},
    "wrong path": {"path": f"/webhook/{WRONG}"},
    "non-ascii path": {"path": "/webhook/s%C3%A9cret"},
    "broken utf-8 path": {"path": "/webhook/%FF%FE"},
    "right header, wrong path": {"headers": {"X-Webhook-Secret": SECRET}, "path": f"/webhook/{WRONG}"},
    "two headers": {"headers": [("X-Webhook-Secret", SECRET), ("X-Webhook-Secret", WRONG)]},
    "wrong body": {"body": {"secret": WRONG}},
    "wrong header, right body": {"headers": {"X-Webhook-Secret": WRONG}, "body": {"secret": SECRET}},
    "secret twice": {"body": f'{{"secret": "{SECRET}", "secret": "{WRONG}"}}'},
    "number for a secret": {"body": {"secret": 7}},
    "object for a secret": {"body": {"secret": {"secret": SECRET}}},
    "lone surrogate": {"body": '{"secret": "\\ud800"}'},
    "deeper secret": {"body": {"x": {"secret": SECRET}}},
    "unreadable body": {"body": b"\xff"},
    "no json": {"body": "secret=" + SECRET},
    "empty body": {"body": b""},
}


async def _knock(world: World, case: dict[str, Any]) -> Any:
    body = case.get("body", world.alert())
    content = json.dumps({**world.alert(), **body}) if isinstance(body, dict) else body
    return await world.client.post(case.get("path", "/webhook"), content=content, headers=case.get("headers"))


async def test_every_stranger_gets_the_same_answer(world: World) -> None:
    answers = {name: await _knock(world, case) for name, case in STRANGE.items()}

    assert {name: a.status_code for name, a in answers.items()} == dict.fromkeys(STRANGE, 401)
    assert len({(a.content, tuple(a.headers.items())) for a in answers.values()}) == 1
    assert world.core.signals() == []
    assert world.told == []  # strangers do not get to write to anybody's phone


@pytest.mark.parametrize(
    ("path", "headers"), [("/webhook", {"X-Webhook-Secret": WRONG}), (f"/webhook/{WRONG}", {}), ("/webhook/x", {})]
)
async def test_a_wrong_secret_is_judged_before_the_body_is_read(
    world: World, path: str, headers: dict[str, str]
) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(True)
        yield json.dumps(world.alert(secret=SECRET)).encode()

    answer = await world.client.post(path, content=body(), headers=headers)
    assert answer.status_code == 401
    assert read == []

    assert (await world.client.post("/webhook", content=body(), headers={"X-Webhook-Secret": SECRET})).status_code < 300
    assert read == [True]


def test_secrets_are_compared_in_constant_time() -> None:
    """Every active secret is always compared, by `compare_digest` only, as digests of one length."""
    tree = ast.parse(inspect.getsource(auth.Keyring))
    knows = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_knows")
    called = [n.func.attr for n in ast.walk(knows) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    assert called == ["compare_digest"]
    assert not {"any", "all", "next"} & {n.id for n in ast.walk(knows) if isinstance(n, ast.Name)}
    assert {type(op) for n in ast.walk(knows) if isinstance(n, ast.Compare) for op in n.ops} == {ast.Gt}  # of the sum
    assert len(auth._digest("")) == len(auth._digest(SECRET)) == len(auth._digest("\ud800" * 99))


async def test_the_log_does_not_show_what_strangers_tried(world: World) -> None:
    with capture_logs() as logs:
        for case in STRANGE.values():
            await _knock(world, case)
    assert len(logs) == len(STRANGE)
    assert not any(text in str(logs) for text in (SECRET, WRONG, OLD_SECRET))


class TestAddresses:
    @pytest.fixture
    def env(self, env: dict[str, str]) -> dict[str, str]:
        return env | {"WEBHOOK_ALLOWED_IPS": "52.89.214.238, 2001:db8::/32", "TRUSTED_PROXIES": "10.0.0.0/8, ::1"}

    @pytest.mark.parametrize(
        ("peer", "forwarded", "status"),
        [
            ("52.89.214.238", None, 202),
            ("2001:db8::7", None, 202),
            ("::ffff:52.89.214.238", None, 202),
            ("52.89.214.239", None, 401),
            ("testclient", None, 401),
            ("203.0.113.7", "52.89.214.238", 401),  # not a proxy of ours: whoever it says it is
            ("10.0.0.1", "52.89.214.238", 202),
            ("10.0.0.1", "52.89.214.238, 10.9.9.9", 202),
            ("10.0.0.1", "203.0.113.7, 52.89.214.238", 202),
            ("10.0.0.1", "52.89.214.238, 203.0.113.7", 401),
            ("10.0.0.1", "52.89.214.238, nonsense", 401),
            ("10.0.0.1", None, 401),
            ("::1", "2001:db8::8", 202),
        ],
    )
    async def test_the_allow_list(self, world: World, peer: str, forwarded: str | None, status: int) -> None:
        world.address(peer)
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        answer = await world.post(world.alert(), headers=headers)
        assert answer.status_code == status
        if status == 401:
            assert answer.json() == {"status": "unauthorized"}
