"""`auto-trader backtest`: the options of a run in an operator's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fsm.limits import Limits

from ..strategy import Lengths
from .bars import BadCandlesError
from .document import as_json
from .options import Options
from .page import report as as_html
from .runs import run
from .sheet import table
from .sweeps import Grid, Study, sweep

DEFAULTS, LIMITS = Options(), Limits()
FILE = click.Path(dir_okay=False, path_type=Path)


def number(text: str | Decimal) -> Decimal:
    """An exact decimal number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise click.BadParameter(f"{text!r} is not a number")
    return value


def lengths(text: str) -> tuple[int, int]:
    """Lengths of the two averages, such as 9/21."""
    fast, _, slow = text.partition("/")
    if not (fast.isdigit() and slow.isdigit()):
        raise click.BadParameter(f"{text!r} is not two lengths such as {DEFAULTS.lengths}")
    return int(fast), int(slow)


def axis(text: str) -> tuple[str, list[Any]]:
    """One axis of a sweep, such as stop=1,1.5,2."""
    name, _, values = text.partition("=")
    kinds: dict[str, Callable[[str], Any]] = {"stop": number, "risk": number, "lengths": lengths}
    if name not in kinds or not values:
        raise click.BadParameter(f"{text!r} is not stop=..., risk=... or lengths=...")
    return name, [kinds[name](value) for value in values.split(",")]


@click.command()
@click.argument("candles", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "json_", is_flag=True, help="Print every signal, trade and figure as JSON.")
@click.option("--report", type=FILE, help="Write a self-contained HTML page.")
@click.option("--database", type=FILE, help="Journal every decision into this new file; read it with `journal`.")
@click.option(
    "--sweep",
    "axes",
    type=axis,
    multiple=True,
    metavar="AXIS=VALUES",
    help="Try several settings: stop=1,2,3 risk=0.5,1 lengths=5/13,9/21,12/26. Once for each axis.",
)
@click.option("--pair", default=DEFAULTS.pair, envvar="TRADING_PAIR", show_default=True)
@click.option("--cash", type=number, default=DEFAULTS.cash, show_default=True, help="Quote, at the start.")
@click.option("--risk", type=number, default=LIMITS.risk_pct, envvar="RISK_PER_TRADE_PCT", show_default=True)
@click.option("--stop", type=number, default=LIMITS.stop_pct, envvar="STOP_LOSS_PCT", show_default=True)
@click.option(
    "--daily-loss", type=number, default=LIMITS.daily_loss_pct, envvar="MAX_DAILY_LOSS_PCT", show_default=True
)
@click.option("--drawdown", type=number, default=LIMITS.drawdown_pct, envvar="MAX_DRAWDOWN_PCT", show_default=True)
@click.option("--streak", default=LIMITS.streak, envvar="MAX_CONSECUTIVE_LOSSES", show_default=True)
@click.option("--cooldown", default=LIMITS.cooldown, envvar="COOLDOWN_AFTER_LOSS_S", show_default=True, help="Seconds.")
@click.option("--lengths", type=lengths, default=str(DEFAULTS.lengths), show_default=True, help="Of the averages.")
@click.option("--rsi", default=DEFAULTS.lengths.rsi, show_default=True, help="Length of the strength index.")
@click.option("--fee", type=number, default=DEFAULTS.fee_pct, show_default=True, help="Percent of every fill.")
@click.option(
    "--slippage",
    type=number,
    default=DEFAULTS.slippage_pct,
    show_default=True,
    help="Percent of every fill: half the spread and the impact.",
)
@click.option("--tick", type=number, default=DEFAULTS.tick, show_default=True, help="The venue's price step.")
@click.option("--lot", type=number, default=DEFAULTS.lot, show_default=True, help="The venue's quantity step.")
@click.option(
    "--resume/--no-resume", default=True, show_default=True, help="/resume at 00:00 UTC after a pause or halt."
)
def backtest(
    candles: Path,
    json_: bool,
    report: Path | None,
    database: Path | None,
    axes: tuple[tuple[str, list[Any]], ...],
    **given: Any,
) -> None:
    """Trade the history in CANDLES.csv with the bot itself: same gates, sizing, breakers, stops, fees.

    Reads exports of Binance and Kraken, and plain time,open,high,low,close. A signal is decided on a closed candle and
    traded at the next open; inside a candle the low comes before the high. Percentages are of the price, or of equity.
    """
    try:
        options = _options(given)
        with _progress("candles") as progress:
            result = run(candles, options, database=database, progress=progress)
        study = _study(candles, options, axes) if axes else None
    except (BadCandlesError, FileExistsError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if report:
        report.write_text(as_html(result, study), encoding="utf-8")
    if json_:
        click.echo(as_json(result, study))
    else:
        Console().print(table(result, study))


def _options(given: dict[str, Any]) -> Options:
    fast, slow = given["lengths"]
    return Options(
        pair=given["pair"],
        cash=given["cash"],
        fee_pct=given["fee"],
        slippage_pct=given["slippage"],
        tick=given["tick"],
        lot=given["lot"],
        resume=given["resume"],
        lengths=Lengths(fast, slow, given["rsi"]),
        limits=Limits(
            risk_pct=given["risk"],
            stop_pct=given["stop"],
            daily_loss_pct=given["daily_loss"],
            drawdown_pct=given["drawdown"],
            streak=given["streak"],
            cooldown=given["cooldown"],
        ),
    )


def _study(candles: Path, options: Options, axes: tuple[tuple[str, list[Any]], ...]) -> Study:
    """An axis that is not named keeps its one value."""
    named = dict(axes)
    pairs = [Lengths(fast, slow, options.lengths.rsi) for fast, slow in named.get("lengths", [])]
    grid = Grid(
        tuple(sorted(named.get("stop", [options.limits.stop_pct]))),
        tuple(sorted(named.get("risk", [options.limits.risk_pct]))),
        tuple(pairs or [options.lengths]),
    )
    with _progress("settings") as progress:
        return sweep(candles, options, grid, progress=progress)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where a person watches it."""
    console = Console(stderr=True)
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)
