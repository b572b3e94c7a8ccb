"""One line an event, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from adapters import logs, outlet
from adapters.settings import Settings, load

CANARIES = {
    "WEBHOOK_SECRET": "canary-webhook-" + "x" * 32,
    "WEBHOOK_SECRET_PREVIOUS": "canary-previous-" + "y" * 32,
    "BINANCE_API_KEY": "canary&key",
    "BINANCE_API_SECRET": "canary+secret/==",
    "TELEGRAM_BOT_TOKEN": "123:canary-token",
    "TELEGRAM_CHAT_ID": "1",
    "DASHBOARD_TOKEN": "canary-dashboard~{token}",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Descriptor(io.StringIO):
    """What a process has: it is written to by the log's own thread."""

    def __init__(self) -> None:
        super().__init__()
        self._fd, name = tempfile.mkstemp()
        os.unlink(name)

    def fileno(self) -> int:
        return self._fd

    def getvalue(self) -> str:
        for handler in logging.getLogger().handlers:
            handler.flush()
        return os.pread(self._fd, 100_000_000, 0).decode()

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


@pytest.fixture
def settings() -> Settings:
    return load(CANARIES)


@pytest.fixture(autouse=True)
def _undo() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # else they would be closed
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(params=[io.StringIO, Terminal, Descriptor])
def stream(request: pytest.FixtureRequest, settings: Settings) -> io.StringIO:
    stream: io.StringIO = request.param()
    logs.configure(settings, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@dataclass
class Holder:
    text: str


def _fail(text: str) -> None:
    try:
        {}[text]
    except KeyError as error:
        raise ValueError(f"failed: {text}") from error


def test_no_secret_in_any_slot(stream: io.StringIO, settings: Settings) -> None:
    log = structlog.get_logger("ours")
    for secret in settings.secrets:
        text = secret.reveal()
        for form in (text, quote(text), quote(text, safe=""), json.dumps(text), repr(text)):
            log.info(f"event {form}", value=form, nested={"deep": [(form, {form: form})]}, holder=Holder(form))
            log.info("event %s", form)
            log.bind(**{form: 1}).warning("a key")
            logging.getLogger("library").warning("text %s", form)
            logging.getLogger("library").warning("extra", extra={"thing": [form]})
            with structlog.contextvars.bound_contextvars(context=form):
                log.info("context")
            try:
                _fail(form)
            except ValueError as error:
                log.exception("caught", error=error)
                logging.getLogger("library").exception("caught")
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn(form, stacklevel=1)
    shown = stream.getvalue()
    assert shown.count("***") > 100
    assert "canary" not in shown


def test_an_exception_is_shown_whoever_writes_the_line(stream: io.StringIO) -> None:
    for log in (structlog.get_logger("ours"), logging.getLogger("library")):
        try:
            _fail("why")
        except ValueError:
            log.exception("caught")
    assert stream.getvalue().count("ValueError: failed: why") == 2
    assert stream.getvalue().count("KeyError: 'why'") == 2


def test_a_line_tells_when_it_was_said_and_not_when_it_was_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, reading = Descriptor(), threading.Event()
    monkeypatch.setattr(outlet.Outlet, "_write", _once(reading, outlet.Outlet._write))
    logs.configure(settings, stream)
    said = []
    for log in (structlog.get_logger("ours"), logging.getLogger("library")):
        log.info("hello")
        said.append(time.time())
        time.sleep(0.1)
    reading.set()
    shown = [datetime.fromisoformat(line["timestamp"]).timestamp() for line in lines(stream)]
    assert shown == pytest.approx(said, abs=0.05)


def _once(reading: threading.Event, write: Callable[[outlet.Outlet, bytes], None]) -> Callable[..., None]:
    def wait(self: outlet.Outlet, data: bytes) -> None:
        reading.wait(5)
        write(self, data)

    return wait


@pytest.mark.parametrize(
    "path", ["/webhook/guess", "/webhook/gu%20ess?x=1", "http://h/webhook/guess#f", '"/webhook/a"']
)
def test_no_path_of_the_webhook(stream: io.StringIO, path: str) -> None:
    logging.getLogger("proxy").warning("POST %s 401", path)
    assert "/webhook/***" in stream.getvalue()
    assert "gu" not in stream.getvalue()


def test_a_short_secret_does_not_spoil_the_log() -> None:
    redact = logs.Redactor(load({**CANARIES, "BINANCE_API_KEY": "a"}).secrets)
    assert redact.text("a day at the market") == "a day at the market"
    assert logs.Redactor().text("nothing is secret") == "nothing is secret"


def test_libraries_speak_through_us(settings: Settings) -> None:
    stream = io.StringIO()
    logs.configure(settings, stream)
    for name in ("uvicorn.error", "ccxt.base", "telegram.ext", "anything"):
        logging.getLogger(name).info("hello", extra={"color_message": "\x1b[1mhello"})
    for name in ("httpx", "httpcore.http11", "apscheduler.scheduler", "transitions.core"):
        logging.getLogger(name).info("too much")
        logging.getLogger(name).warning("hello")
    assert [line["event"] for line in lines(stream)] == ["hello"] * 8
    assert not any("color_message" in line for line in lines(stream))


def test_the_level(settings: Settings) -> None:
    stream = io.StringIO()
    logs.configure(load({**CANARIES, "LOG_LEVEL": "WARNING"}), stream)
    structlog.get_logger().info("no")
    structlog.get_logger().warning("yes")
    logging.getLogger("x").info("no")
    logs.announce("what the owner is to know")
    assert [line["event"] for line in lines(stream)] == ["yes", "what the owner is to know"]


def test_one_json_object_a_line(settings: Settings) -> None:
    stream = io.StringIO()
    logs.configure(settings, stream)
    structlog.get_logger("ours").info("two\nlines", price=Decimal("1.50"), odd="\ud800", ids=("a", "b"))
    logs.announce("🟢 OPENED")
    first, second = lines(stream)
    assert {k: first[k] for k in ("event", "level", "logger", "price", "odd", "ids")} == {
        "event": "two\nlines",
        "level": "info",
        "logger": "ours",
        "price": "1.50",
        "odd": "\\ud800",
        "ids": ["a", "b"],
    }
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "🟢 OPENED"


def test_nobody_writes_a_line_of_his_own_on_the_terminal(settings: Settings) -> None:
    stream = Terminal()
    logs.configure(settings, stream)
    structlog.get_logger().info("first\n2025 [info] forged \x1b[2J", strategy="ema\nforged", id="\x1b[2J")
    logging.getLogger("x").info("first\r\nforged")
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b[2J" not in stream.getvalue()


def test_configured_twice_it_speaks_once(settings: Settings) -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(settings, first)
    logs.configure(settings, second)
    structlog.get_logger().info("hello")
    assert (len(first.getvalue()), len(lines(second))) == (0, 1)
