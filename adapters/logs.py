"""What the process says while it works: one line an event, for people on a terminal and as JSON everywhere else.

Law: a secret does not reach the log, whoever wrote it there: ours, a library's message, an exception's text, a path.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from .outlet import Outlet
from .secret import MASK, Secret
from .settings import Essentials, Settings

SHORTEST = 4  # characters; masking every "a" would hide nothing and spoil everything
WEBHOOK_PATH = re.compile(r"(/webhook/)[^\s?#\"'\\<>,)\]}]+")
# Talkative at INFO, and with the secret in the URL or, at DEBUG, in the headers they print.
QUIET = ("httpx", "httpcore", "transitions", "apscheduler")
CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F) if code != 0x09}

OURS = "auto-trader"  # speaks to the owner
_log = structlog.get_logger(OURS)


class Redactor:
    """Takes secrets out of text, also where they were percent-encoded for a URL."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        texts = {s.reveal() for s in secrets if len(s.reveal()) >= SHORTEST}
        forms = {form for text in texts for form in (text, quote(text), quote(text, safe=""))}
        longest_first = sorted(forms, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def text(self, text: str) -> str:
        encodable = text.encode("utf-8", "backslashreplace").decode()
        return WEBHOOK_PATH.sub(rf"\1{MASK}", self._secret.sub(MASK, encodable))

    def value(self, value: Any) -> Any:
        """The same in containers; anything else that is not a plain number is shown by its repr, redacted."""
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(k)): self.value(v) for k, v in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(item) for item in value]
            case _:
                return self.text(str(value) if isinstance(value, Exception | Decimal | PurePath) else repr(value))

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {self.text(key): self.value(value) for key, value in event.items()}


def configure(settings: Settings | Essentials, stream: TextIO | None = None) -> None:
    """Send everything that is logged, by us and by libraries, to one stream (standard error), once and for all.

    May be called again, for instance by a test: the last call counts.
    """
    stream = stream or sys.stderr
    redact = Redactor(settings.secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
    ]
    handler = _handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _dated,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain,
                structlog.processors.format_exc_info,
                redact,
                *_rendering(stream),
            ],
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,  # another thread would not find it
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _handler(stream: TextIO) -> logging.Handler:
    try:
        return Outlet(stream.fileno())
    except io.UnsupportedOperation:  # it is in memory, and always takes what comes
        return logging.StreamHandler(stream)


def announce(text: str) -> None:
    """What is meant for the owner and has no other way to him, whatever the log's level."""
    _log.info(text)


def _rendering(stream: TextIO) -> list[Processor]:
    if not stream.isatty():
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [_one_line, structlog.dev.ConsoleRenderer(repr_native_str=True, sort_keys=False)]


def _dated(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """With the moment at which it was said: it may have waited for somebody who reads."""
    moment = datetime.fromtimestamp(event["_record"].created, UTC)
    event["timestamp"] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return event


def _plain(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Without uvicorn's second, coloured copy of its message."""
    event.pop("color_message", None)
    return event


def _one_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Nothing that someone sent may begin a new line, or move the cursor, on a terminal."""
    event["event"] = str(event["event"]).translate(CONTROL)
    return event
