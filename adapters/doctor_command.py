"""`auto-trader doctor` and `auto-trader healthcheck`, ready for `main.add_command`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import click
import msgspec

from .settings import ConfigurationError, legible, load, read_env

# checks that may keep a live bot from starting, and may be overruled
FATAL = ("secrets", "database", "exchange", "clock", "key", "withdrawal", "pair", "orders", "fees")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check.")
def doctor(as_json: bool) -> None:
    """Look for everything that can be wrong before it costs money. Changes nothing.

    Exit code: 0 nothing failed (read the warnings), 1 a check failed, 2 the configuration has a mistake in it.
    """
    from rich.console import Console

    from .doctor import Level, examine, render

    settings = load(read_env(Path(".env")))
    findings = asyncio.run(examine(settings, time.time))
    if as_json:
        for found in findings:
            click.echo(msgspec.json.encode(found))
    else:
        render(findings, Console(highlight=False))
    sys.exit(1 if any(found.level is Level.FAIL for found in findings) else 0)


@click.command()
@click.option("--port", help="Of the bot; default from PORT.")
def healthcheck(port: str | None) -> None:
    """For containers: does the bot on this machine answer? Exit code 0 also while it is halted, because nothing that a
    restart could do helps then."""
    from .doctor.machine import ask_health

    number = port or legible(Path(".env")).get("PORT", "8000")
    if not number.isdecimal():
        raise ConfigurationError([f"PORT: {number!r} is not a whole number"])
    state = ask_health(int(number))
    click.echo(state or f"nobody answers at 127.0.0.1:{number}/health")
    sys.exit(0 if state else 1)
