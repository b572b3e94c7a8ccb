"""A bot on a real socket, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.health import Vitals
from adapters.settings import Settings, load
from adapters.store import Reader, Store
from adapters.web import create_app, serve
from adapters.web.dashboard import Dashboard
from adapters.web.dashboard.trace import Trace

from . import chromium
from .story import Story

TOKEN = "a-token-for-the-dashboard-1"
SECRET = "a-secret-for-the-webhook-0123456789"


@dataclass
class Bot:
    """What the page looks at, and what it must agree with."""

    story: Story
    settings: Settings
    vitals: Vitals
    reader: Reader  # a second connection: what is really in the file
    port: int = 0
    _server: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """As the owner opens it the first time."""
        return f"{self.url}/?token={TOKEN}"

    def clock(self) -> float:
        return self.story.clock

    async def up(self) -> None:
        """Serve, on the port of the last time."""
        runner, reader = self.story.runner, self.story.store.reader
        dashboard = Dashboard(runner, self.settings, self.vitals, reader, runner.bell(), self.clock)
        dashboard.trace = Trace(self.story.prices)  # as if it had watched the whole day
        app = create_app(runner, self.settings, self.vitals, self.clock, dashboard=dashboard)
        url = await self._server.enter_async_context(serve(app, self.settings.host, self.port))
        self._server.callback(dashboard.close)
        self.port = int(url.rpartition(":")[2])

    async def down(self) -> None:
        await self._server.aclose()


Start = Callable[[Callable[[Story], None]], AbstractAsyncContextManager[Bot]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_log() -> Iterator[None]:
    """A day of trading is a thousand lines."""
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def debugger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = chromium.binary()
    if program is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(chromium.NAMES)} is in the PATH")
    with chromium.running(program, tmp_path_factory.mktemp("profile")) as address:
        yield address


@pytest.fixture
async def tab(anyio_backend: str, debugger: str) -> AsyncIterator[chromium.Tab]:
    async with chromium.tab(debugger) as tab:
        yield tab


@pytest.fixture
def bot(tmp_path: Path) -> Start:
    """Start a bot whose past is the tale."""

    @asynccontextmanager
    async def start(tale: Callable[[Story], None]) -> AsyncIterator[Bot]:
        settings = load(
            {
                "TRADING_MODE": "paper",
                "WEBHOOK_SECRET": SECRET,
                "DASHBOARD_TOKEN": TOKEN,
                "DATABASE_PATH": str(tmp_path / "bot.db"),
                "HOST": "127.0.0.1",
            }
        )
        with Store(settings.database_path) as store:
            story = Story(store)
            tale(story)
            vitals = Vitals(started_at=story.clock, exchange_connected=True)
            with closing(Reader.open(settings.database_path)) as reader:
                bot = Bot(story, settings, vitals, reader)
                await bot.up()
                try:
                    yield bot
                finally:
                    await bot.down()

    return start
