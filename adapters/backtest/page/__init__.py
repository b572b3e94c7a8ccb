"""The report: one HTML file with everything in it, and no script."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from ..metrics import Metrics, measure
from ..result import Result
from ..sweeps import Study
from ..words import figures, moment, number, percent, plain, settings, span
from .candles import close_ups, overview
from .curves import curves
from .heat import heat
from .tables import gates, months, trades

ASSUMED = (
    "A signal is decided on a closed candle and traded at the open of the next one, as a market order. After a missing "
    "candle a BUY is refused as stale, as the bot refuses a late alert; a SELL is taken at the next price there is.",
    "Inside a candle the worst comes first: open, low, high, close. A stop sells where the price first touches it, or "
    "at the open if the market opened below it, less the slippage.",
    "Gates, sizing, breakers, rounding and order types are the bot's and the live client's own code; the exchange is "
    "the simulator's matching core. The answers come at once: no request is lost here, no alert is late.",
    "The book is endless at the slippage: an order larger than the market would have paid more.",
)


def report(result: Result, study: Study | None = None) -> str:
    """A page that can be mailed: style and drawings are inside, nothing is loaded."""
    metrics = measure(result)
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    parts = [
        f"<h1>Backtest: {escape(result.history.name)}</h1>",
        f'<p class="note">{_about(result)}<br>{escape(settings(result.options))}.</p>',
        _tiles(metrics),
        _section("Equity", _equity_note(result), curves(result)),
        _section("Trades", "Green made money after fees, red lost it.", overview(result) + close_ups(result)),
        _section("Months", "Return on the equity at the month's start.", months(result)),
        _section("Refused signals", "What the gates, guards and breakers let through is traded.", gates(result)),
        _section("Sweep", "", heat(study)) if study else "",
        _section("All figures", "", _figures(metrics)),
        _section("Every trade", _journal_note(), trades(result)),
        _section("What was assumed", "", f"<ul>{''.join(f'<li>{text}</li>' for text in ASSUMED)}</ul>"),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Backtest {escape(result.history.name)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _about(result: Result) -> str:
    history = result.history
    missing = f", {history.missing:,} missing" if history.missing else ""
    return (
        f"{len(history.bars):,} candles of {span(history.interval)}{missing}, "
        f"{moment(history.bars[0].time / 1000)} to {moment(history.end / 1000)} UTC"
    )


def _tiles(m: Metrics) -> str:
    win = "–" if m.win_rate_pct is None else f"{m.win_rate_pct:.0f} % won"
    tiles = (
        ("Return", percent(m.return_pct), f"buy and hold {percent(m.buy_and_hold_pct)}", m.return_pct),
        ("Max drawdown", percent(m.max_drawdown_pct), f"{m.max_drawdown_days:,.1f} days below a high", 0),
        ("Sharpe", number(m.sharpe), f"Sortino {number(m.sortino)}", 0),
        ("Trades", f"{m.trades:,}", win, 0),
        ("Profit factor", number(m.profit_factor), f"{number(m.expectancy, sign='+')} a trade", 0),
        ("Fees", number(m.fees, 0), f"{m.exposure_pct:.0f} % of the time in a position", 0),
    )
    return f'<div class="tiles">{"".join(_tile(*tile) for tile in tiles)}</div>'


def _tile(name: str, value: str, also: str, sign: float) -> str:
    colour = "up" if sign > 0 else "down" if sign < 0 else ""
    return f'<div class="tile"><span>{name}</span><b class="{colour}">{value}</b><span>{also}</span></div>'


def _section(title: str, note: str, body: str) -> str:
    said = f'<p class="note">{note}</p>' if note else ""
    return f"<section><h2>{title}</h2>{said}{body}</section>"


def _equity_note(result: Result) -> str:
    note = "At the close of each candle, and its fall from the highest close before."
    if result.episodes:
        note += " Shaded: a breaker kept the bot from entering."
    if killed := next((e for e in result.episodes if e.state == "killed"), None):
        note += f" Killed by the drawdown limit at {moment(killed.start)}: what follows was not traded."
    if result.holding:
        note += f" Still open at the end: {plain(result.holding.qty)} at {number(result.holding.entry_price)}."
    return note


def _journal_note() -> str:
    return (
        "With <code>--database FILE</code> each of them is explained, decision by decision, by "
        "<code>auto-trader journal</code> over that file: look for its signal."
    )


def _figures(m: Metrics) -> str:
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in figures(m))}</dl>"
