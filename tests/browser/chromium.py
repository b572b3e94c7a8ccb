"""A headless Chromium, spoken to in its own protocol (CDP)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 30  # seconds; the machine may be busy
DESKTOP, PHONE = (1360, 900), (390, 844)
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root, where Chromium has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
)


def binary() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextlib.contextmanager
def running(program: str, profile: Path) -> Iterator[str]:
    """The address of its debugger."""
    command = [program, f"--user-data-dir={profile}", *FLAGS]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{_port(process, profile / 'DevToolsActivePort')}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _port(process: subprocess.Popen[bytes], file: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(file.read_text().splitlines()[0])
        if process.poll() is not None:
            raise RuntimeError(f"chromium ended with {process.returncode}")
        time.sleep(0.02)
    raise TimeoutError("chromium opened no debugging port")


class Tab:
    """One page. What it complains about and where it goes is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._last = socket, 0
        self.complaints: list[str] = []
        self.requested: list[str] = []

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        await self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            said = json.loads(await self._socket.recv())
            if said.get("id") == self._last:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return dict(said["result"])
            self._note(said.get("method", ""), said.get("params", {}))

    def _note(self, event: str, params: dict[str, Any]) -> None:
        match event:
            case "Log.entryAdded":
                self.complaints.append(f"{params['entry']['level']}: {params['entry']['text']}")
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description", details["text"]))
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])

    async def open(self, url: str, size: tuple[int, int] = DESKTOP, dark: bool = False) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")
        await self.look_like(size, dark)
        await self.send("Page.navigate", url=url)

    async def look_like(self, size: tuple[int, int], dark: bool) -> None:
        width, height = size
        phone = size == PHONE
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        said = await self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            raise AssertionError(said["exceptionDetails"]["exception"]["description"])
        return said["result"].get("value")

    async def until(self, expression: str) -> None:
        """Until the expression holds."""
        look = f"(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError, AssertionError):  # the page is just being replaced
                if await self.ask(look):
                    return
            await asyncio.sleep(0.02)
        shown = await self.ask("document.body?.innerText")
        raise AssertionError(f"never came true: {expression}\n{shown}\n{self.complaints}")

    async def text(self, selector: str) -> str:
        (text,) = await self.texts(selector)
        return text

    async def texts(self, selector: str) -> list[str]:
        """Of all that match, as they are read: white space in one piece."""
        every = f"[...document.querySelectorAll({json.dumps(selector)})]"
        found = await self.ask(f"{every}.map((e) => e.innerText ?? e.textContent)")
        return [" ".join(text.split()) for text in found]

    async def press(self, key: str) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=9)

    async def screenshot(self) -> bytes:
        """The whole page, settled, as a WebP image."""
        await self.ask("Promise.all(document.getAnimations().map((animation) => animation.finished))")
        await self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        size = (await self.send("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = await self.send(
            "Page.captureScreenshot", format="webp", quality=85, clip=clip, captureBeyondViewport=True
        )
        return base64.b64decode(shot["data"])


@contextlib.asynccontextmanager
async def tab(debugger: str) -> AsyncIterator[Tab]:
    """A new page of its own, with cookies of its own."""
    async with httpx.AsyncClient() as client:
        version = (await client.get(f"{debugger}/json/version")).json()
    async with connect(version["webSocketDebuggerUrl"], max_size=None) as browser:
        whole = Tab(browser)
        context = (await whole.send("Target.createBrowserContext"))["browserContextId"]
        page = await whole.send("Target.createTarget", url="about:blank", browserContextId=context)
        address = debugger.replace("http", "ws") + f"/devtools/page/{page['targetId']}"
        async with connect(address, max_size=None) as socket:
            yield Tab(socket)
        await whole.send("Target.disposeBrowserContext", browserContextId=context)
