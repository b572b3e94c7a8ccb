"""The dashboard's routes as HTTP: who may look, what the page may do, what the events say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.health import Vitals
from adapters.metrics import Metrics
from adapters.runner import Runner
from adapters.settings import Settings, load
from adapters.store import Store
from adapters.web import create_app, serve
from adapters.web.app import HEADERS
from adapters.web.dashboard import Dashboard, stream
from adapters.web.visitors import COOKIE, VALID
from adapters.web.window import ASSETS, PAGE_POLICY
from fsm.commands import Side
from tests.adapters.driving import BOOT, NOW, signal

from .conftest import ENV, SECRET, Clock, Peer

pytestmark = pytest.mark.anyio
TOKEN = "a-token-for-the-dashboard-1"
PAGES = ["/", "/events", "/metrics", *ASSETS]


class House:
    """A bot on a real database with everything that can be looked at."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.clock = Clock(NOW)
        self.runner = Runner(store, self.clock)
        for input in BOOT:
            self.runner.fire(input)
        vitals = Vitals(started_at=NOW, exchange_connected=True)
        parts = (self.runner, settings, vitals, store.reader)
        self.dashboard = Dashboard(*parts, self.runner.bell(), self.clock)
        self.metrics = Metrics(*parts, self.runner.bell(), self.clock)
        self.app = create_app(self.runner, settings, vitals, self.clock, dashboard=self.dashboard, metrics=self.metrics)
        self.peer = Peer(self.app)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.peer), base_url="http://127.0.0.1:8000")

    async def status(self, path: str, **headers: str) -> int:
        return (await self.client.get(path, headers=headers)).status_code

    async def statuses(self, **headers: str) -> set[int]:
        """Of all pages; a stream ends when it has begun."""
        self.dashboard.close()
        async with asyncio.timeout(10):
            return {await self.status(path, **headers) for path in PAGES}


@pytest.fixture
def env() -> dict[str, str]:
    return ENV | {"DASHBOARD_TOKEN": TOKEN, "HOST": "127.0.0.1"}


@pytest.fixture
async def built(anyio_backend: str, env: dict[str, str], tmp_path: Path) -> AsyncIterator[House]:
    """Not yet alive: a real server will do that."""
    settings = load({**env, "DATABASE_PATH": str(tmp_path / "bot.db")})
    with Store(settings.database_path) as store:
        house = House(settings, store)
        async with house.client:
            yield house


@pytest.fixture
async def house(built: House) -> AsyncIterator[House]:
    async with built.app.lifespan():
        yield built


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
async def test_the_token_opens(house: House, header: str) -> None:
    assert await house.statuses(Authorization=header) == {200}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer "},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Cookie": f"{COOKIE}=ffffffff.{'0' * 64}"},
        {"Cookie": f"{COOKIE}=.é"},
        {"X-Webhook-Secret": SECRET},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
async def test_nothing_else_opens(house: House, headers: dict[str, str]) -> None:
    for path in PAGES:
        answer = await house.client.get(path, headers={n.encode(): text.encode() for n, text in headers.items()})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="auto-trader"'
        assert answer.json()["detail"] == "a token is needed: ?token=... once, or Authorization: Bearer ..."
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_the_token_in_the_address_becomes_a_cookie(house: House) -> None:
    answer = await house.client.get("/", params={"token": TOKEN})
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Max-Age={VALID}" in cookie
    assert "Secure" not in cookie  # this was http
    assert TOKEN not in cookie
    assert TOKEN not in answer.text
    assert (await house.client.get("/")).status_code == 200  # the client keeps it

    house.clock.now += VALID + 1
    assert (await house.client.get("/")).status_code == 401


async def test_a_cookie_dies_with_its_token(house: House, tmp_path: Path) -> None:
    await house.client.get("/", params={"token": TOKEN})
    (cookie,) = house.client.cookies.jar
    other = load(ENV | {"DASHBOARD_TOKEN": "another-token-for-it", "DATABASE_PATH": str(tmp_path / "other.db")})
    with Store(other.database_path) as store:
        new = House(other, store)
        async with new.app.lifespan(), new.client:
            assert await new.status("/", Cookie=f"{cookie.name}={cookie.value}") == 401


@pytest.mark.parametrize("query", ["?token=wrong", f"?token={TOKEN}&token=wrong", "?token="])
async def test_a_wrong_token_in_the_address(house: House, query: str) -> None:
    answer = await house.client.get(f"/{query}")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


async def test_guessing_is_slow(house: House) -> None:
    house.peer.speak_from("203.0.113.66")
    answers = [await house.client.get("/", headers={"Authorization": f"Bearer {n}"}) for n in range(40)]
    assert [a.status_code for a in answers] == [401] * 30 + [429] * 10
    assert answers[-1].headers["Retry-After"] == "60"
    assert await house.status("/", Authorization=f"Bearer {TOKEN}") == 200  # the owner is not locked out


class TestBehindAProxy:
    @pytest.fixture
    def env(self, env: dict[str, str]) -> dict[str, str]:
        return env | {"TRUSTED_PROXIES": "10.0.0.1"}

    async def test_https_makes_the_cookie_secure(self, house: House) -> None:
        house.peer.speak_from("10.0.0.1")
        answer = await house.client.get("/", params={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in answer.headers["Set-Cookie"]


class TestWithoutAToken:
    @pytest.fixture
    def env(self, env: dict[str, str]) -> dict[str, str]:
        return env | {"DASHBOARD_TOKEN": ""}

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "LOCALHOST:8000"])
    async def test_whoever_sits_at_the_machine_may_look(self, house: House, host: str) -> None:
        assert await house.statuses(Host=host) == {200}

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},  # a page from elsewhere whose name points here
            {"Host": ""},
            {"X-Forwarded-For": "127.0.0.1"},
            {"Forwarded": "for=127.0.0.1"},
            {"X-Real-IP": "127.0.0.1"},
            {"Via": "1.1 proxy"},
        ],
    )
    async def test_for_everybody_else_there_is_nothing(self, house: House, headers: dict[str, str]) -> None:
        nowhere = await house.client.get("/nowhere", headers=headers)
        for path in PAGES:
            answer = await house.client.get(path, headers=headers)
            assert (answer.status_code, answer.content) == (404, nowhere.content)

    class TestOnEveryAddress:
        @pytest.fixture
        def env(self, env: dict[str, str]) -> dict[str, str]:
            return env | {"HOST": "0.0.0.0"}

        async def test_there_is_nothing(self, house: House) -> None:
            assert await house.statuses() == {404}

    class TestWithAProxyThatIsTrusted:
        @pytest.fixture
        def env(self, env: dict[str, str]) -> dict[str, str]:
            return env | {"TRUSTED_PROXIES": "127.0.0.1"}

        async def test_there_is_nothing(self, house: House) -> None:
            assert await house.statuses() == {404}


async def test_the_page_may_run_only_what_we_serve(house: House) -> None:
    answer = await house.client.get("/", params={"token": TOKEN})
    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
    assert {n: answer.headers.get(n) for n in HEADERS if n != "Content-Security-Policy"} == {
        n: v for n, v in HEADERS.items() if n != "Content-Security-Policy"
    }
    assert "unsafe" not in PAGE_POLICY
    assert " style=" not in answer.text
    assert " onload=" not in answer.text
    assert answer.text.count("<script") == answer.text.count('<script type="module" src="/dashboard.js">') == 1
    for path, media_type in ASSETS.items():
        asset = await house.client.get(path)
        assert asset.headers["Content-Type"].startswith(media_type)
        assert "innerHTML" not in asset.text
        assert "//" not in asset.text.replace("// ", "").replace("http://www.w3.org/2000/svg", "")


async def test_no_secret_is_told(house: House) -> None:
    house.dashboard.close()
    for path in PAGES:
        text = (await house.client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})).text
        assert TOKEN not in text
        assert SECRET not in text


# -- events, over a real socket: a client in the same process would wait for their end


@pytest.fixture
async def url(built: House) -> AsyncIterator[str]:
    async with serve(built.app, "127.0.0.1", 0) as url:
        try:
            yield url
        finally:
            built.dashboard.close()


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


async def test_everything_at_first_then_what_changed(built: House, url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client, client.stream("GET", "/events") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        events = _events(response)
        whole = await anext(events)
        assert set(whole) == {
            *("about", "trace", "now", "bot", "position", "breakers", "health"),
            *("moved", "signals", "trades", "curve", "journal"),
        }
        assert whole["bot"]["state"] == "idle"

        built.runner.fire(signal(Side.BUY, "first"))
        change = await anext(events)
        assert set(change) >= {"bot", "moved", "signals", "journal"}
        assert not {"about", "trace", "trades", "curve", "breakers"} & set(change)
        assert change["bot"]["state"] == "validating"
        assert change["moved"]["edges"] == [["idle", "validating"]]
        assert change["signals"][0]["verdict"] == "undecided"


async def test_a_bot_that_decides_nothing_is_looked_at_all_the_same(
    built: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client, client.stream("GET", "/events") as response:
        events = _events(response)
        await anext(events)
        built.clock.now += 60
        async with asyncio.timeout(5):
            while "now" not in (change := await anext(events)):
                pass
        assert change["now"]["at"] - change["now"]["heard"] == 60
        assert {"name": "Bot", "mood": "bad", "text": "no tick for 1 min"} in change["health"]


async def test_so_many_may_watch_and_their_places_become_free(
    built: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "WATCHERS", 2)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        async with client.stream("GET", "/events") as one, client.stream("GET", "/events") as two:
            watched = [_events(one), _events(two)]  # kept: a generator that is thrown away hangs up
            for events in watched:
                await anext(events)
            async with asyncio.timeout(5):
                full = await client.get("/events")
            assert (full.status_code, full.headers["Retry-After"]) == (503, "10")
        async with asyncio.timeout(5):
            while (again := await _begun(client)) == 503:
                await asyncio.sleep(0.01)
        assert again == 200


async def _begun(client: httpx.AsyncClient) -> int:
    async with client.stream("GET", "/events") as response:
        return response.status_code


async def test_watchers_do_not_hold_up_the_end(built: House) -> None:
    loop = asyncio.get_running_loop()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(headers=headers) as client, serve(built.app, "127.0.0.1", 0) as url:
        async with client.stream("GET", f"{url}/events") as response:
            events = _events(response)
            await anext(events)
            built.dashboard.close()
            async with asyncio.timeout(5):
                async for _ in events:
                    pass
        stopped = loop.time()
    assert loop.time() - stopped < 1
