"""The command line, thin: a command reads its settings, calls one part, and says what went wrong in one line."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import NoReturn

import click
import httpx

from fsm import diagram as drawing
from fsm.commands import Choice, Rearm, Resolve, Resume, Stop

from . import control
from .backtest.command import backtest
from .doctor_command import FATAL, doctor, healthcheck
from .restore import command as restore_check
from .settings import ConfigurationError, Settings, essentials, load, read_env
from .template_command import template


class Friendly(click.Group):
    """Known failures end with a sentence and exit code 2 (configuration) or 1, never with a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            click.echo(str(error), err=True)
            if not Path(".env").exists():
                click.echo(f"There is no .env in {Path.cwd()}: only the environment was read", err=True)
            ctx.exit(2)
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            click.echo(f"{error}: is this the right path, and the user that the bot runs as?", err=True)
            ctx.exit(1)
        except OSError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(1)


@click.group(cls=Friendly, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auto-trader")
def main() -> None:
    """A spot trading bot for TradingView alerts. Start with: auto-trader demo"""


for _command_elsewhere in (backtest, doctor, healthcheck, restore_check, template):
    main.add_command(_command_elsewhere)

FULL_CAST = 102873  # in 17 s: a stop, 6 s later a SELL that is refused (by 5 the bot has noticed), an exit by SELL


def _settings() -> Settings:
    return load(read_env(Path(".env")))


@main.command()
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=30.0, show_default=True, help="How long the market runs."
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of the bot's webhook; 0 takes a free one.")
@click.option("--seed", default=FULL_CAST, show_default=True, help="Of the price walk: the same seed, the same market.")
def demo(seconds: float, port: int, seed: int) -> None:
    """The whole system on loopback: a simulated Binance, real ccxt, real webhook posts. No keys, no network."""
    from .demo import TooSlow, play

    try:
        sys.exit(asyncio.run(play(seconds, port, seed)))
    except (TooSlow, OSError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option(
    "--despite",
    "despite",
    multiple=True,
    type=click.Choice(FATAL),
    metavar="CHECK",
    help=f"Start a live bot although the doctor found this fatal ({', '.join(FATAL)}); may be repeated.",
)
def run(despite: tuple[str, ...]) -> None:
    """The bot, configured by the environment or .env (see .env.example)."""
    from . import app, logs
    from .store import Mismatch, Unusable, told

    settings = _settings()
    logs.configure(settings)

    async def announce(text: str) -> None:
        logs.announce(text)

    try:
        with told(settings.database_path):
            asyncio.run(app.run(settings, announce, despite=despite))
    except (Mismatch, Unusable) as error:
        raise ConfigurationError([f"DATABASE_PATH: {error}"]) from error
    except OSError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--venue", type=click.Choice(["binance", "kraken"]), default="binance", show_default=True)
@click.option("--port", type=click.IntRange(0, 65_535), default=9000, show_default=True)
@click.option("--seed", default=7, show_default=True, help="Of the price walk.")
def simulate(venue: str, port: int, seed: int) -> None:
    """The simulated exchange alone, with its real HTTP protocol; point EXCHANGE_URL at it."""
    from .demo import host_exchange

    try:
        asyncio.run(host_exchange(venue, port, seed))
    except OSError as error:
        raise click.ClickException(f"cannot listen on PORT={port}: {error}") from error


@main.command()
@click.option("--format", "fmt", type=click.Choice(["mermaid", "dot", "svg"]), default="mermaid", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def diagram(fmt: str, output: Path | None) -> None:
    """The lifecycle, drawn from the table that the bot runs on."""
    from .web.diagram import render

    text = drawing.dot() if fmt == "dot" else drawing.mermaid()
    if fmt == "svg":
        text = render(text)
    if output:
        output.write_text(text)
    else:
        click.echo(text)


@main.command()
@click.argument("side", type=click.Choice(["BUY", "SELL"], case_sensitive=False))
@click.option("--url", help="Of the running bot; default from HOST and PORT.")
def signal(side: str, url: str | None) -> None:
    """Send a test alert to a running bot, as TradingView would."""
    from . import logs
    from .alert import post

    settings = _settings()
    target = url or f"http://127.0.0.1:{settings.port}"
    try:
        status, body = post(target, settings, side.upper(), time.time())
    except httpx.HTTPError as error:
        nobody = f"nobody answers at {target}: {error}; is the bot running, is --url right?"
        raise click.ClickException(logs.Redactor(settings.secrets).text(nobody)) from error
    click.echo(f"{status} {body}")
    sys.exit(0 if status == 202 else 1)


@main.command()
@click.option("--follow", is_flag=True, help="Go on as it happens; Ctrl-C ends it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--last", type=click.IntRange(min=0), default=0, help="Only the last N rows.")
@click.option("--verify", is_flag=True, help="Decide it all again: does the rest of the database follow?")
@click.option("--database", type=click.Path(dir_okay=False, path_type=Path), help="Another one than the bot's.")
def journal(follow: bool, as_json: bool, last: int, verify: bool, database: Path | None) -> None:
    """What happened and why."""
    from .journal import lines
    from .store import Unusable, told

    path = database or essentials(Path(".env")).database_path
    try:
        with told(path):
            if verify:
                _verify(path)
            for line in lines(path, follow=follow, as_json=as_json, last=last):
                click.echo(line)
    except (FileNotFoundError, Unusable) as error:
        raise click.ClickException(str(error)) from error


def _verify(path: Path) -> NoReturn:
    from .verify import report, verify

    proof = verify(path)
    for line in report(proof):
        click.echo(line)
    sys.exit(1 if proof.differences else 0)


def _command(command: control.OperatorCommand) -> None:
    """To the running bot; without one, under the database's lock, straight into the journal."""
    from . import logs

    needed = essentials(Path(".env"))
    logs.configure(needed)
    path = needed.database_path
    try:
        answer = control.ask(path, command)
    except (FileNotFoundError, ConnectionError):
        answer = _journaled(path, command)
        click.echo(
            f"no bot is running: written into {path.absolute()} for its next start. Until then nothing is sold or"
        )
        click.echo("cancelled; a stop that rests at the exchange watches what is held")
    except TimeoutError:
        raise click.ClickException("no answer within 10 s; it may have been taken: see auto-trader journal") from None
    word = "accepted" if answer.accepted else "refused"
    click.echo(f"{word}: {answer.state}" + (f" ({'; '.join(answer.reasons)})" if answer.reasons else ""))
    sys.exit(0 if answer.accepted else 1)


def _journaled(path: Path, command: control.OperatorCommand) -> control.Answer:
    """The answer of a bot that is not running. A database that no bot has used is not begun by it."""
    from .runner import Runner
    from .store import Mismatch, Store, Unusable, look, told

    try:
        with told(path):
            look(path).close()
            with Store(path) as store:
                return asyncio.run(control.command(Runner(store, time.time), command))
    except FileNotFoundError:
        nothing = f"no bot is running, and there is no database at {path.absolute()}: is this its directory?"
        raise click.ClickException(nothing) from None
    except Mismatch as error:
        raise click.ClickException(f"{error}, but it does not answer on its socket") from error
    except Unusable as error:
        raise ConfigurationError([f"DATABASE_PATH: no bot is running, and {error}"]) from error


@main.command()
def stop() -> None:
    """Halt, cancel what is in flight, sell what is held. Lasts until resume."""
    _command(Stop(at=time.time(), by="command line"))


@main.command()
def resume() -> None:
    """Trade again after a halt or a pause; says which guard refuses it."""
    _command(Resume(at=time.time(), by="command line"))


@main.command()
@click.option("--reason", required=True, help="Why it is safe to go on; it is journaled.")
def rearm(reason: str) -> None:
    """Leave killed for halted, with a new equity peak."""
    _command(Rearm(at=time.time(), reason=reason, by="command line"))


@main.command()
@click.argument("choice", type=click.Choice([c.value for c in Choice]))
def orphan(choice: str) -> None:
    """Decide about coins or orders nobody can explain: leave them alone, protect them, or sell them. Selling means
    everything that is held: an open position of the bot's is left as well."""
    _command(Resolve(at=time.time(), choice=Choice(choice), by="command line"))
