"""`auto-trader template`: prints the text to paste, or explains one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from .settings import load, read_env
from .template import KINDS, YOUR_SECRET, Diagnosis, alert_text, explain

WHERE = {
    "strategy": "an alert on a strategy's order fills",
    "BUY": "an alert on a condition that means BUY",
    "SELL": "an alert on a condition that means SELL",
}


@click.command("template")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only this one, and nothing but the text.")
@click.option("--strategy", default="my-strategy", show_default=True, help="Its name, in every signal_id.")
@click.option("--with-secret", is_flag=True, help="Put WEBHOOK_SECRET in, from the environment or .env.")
@click.option("--explain", "pasted", type=click.File("r"), help="A file with a pasted text, or - for standard input.")
def template(kind: str | None, strategy: str, with_secret: bool, pasted: TextIO | None) -> None:
    """The alert text for TradingView's message box; with --explain, what is wrong with one, and the corrected text."""
    if pasted is not None:
        pair = read_env(Path(".env")).get("TRADING_PAIR", "BTC/USDT").strip().upper()
        sys.exit(_tell(explain(pasted.read(), pair), pair))
    secret = load(read_env(Path(".env"))).webhook_secret.reveal() if with_secret else YOUR_SECRET
    if kind:
        click.echo(alert_text(kind, strategy, secret))
        return
    for each, where in WHERE.items():
        click.echo(f"# {where}\n{alert_text(each, strategy, secret)}\n")
    if not with_secret:
        click.echo(f"# {YOUR_SECRET} is your WEBHOOK_SECRET; --with-secret puts it in.", err=True)


def _tell(diagnosis: Diagnosis, pair: str) -> int:
    for finding in diagnosis.findings:
        click.echo(f"✗ {finding.field}: {finding.problem}")
    for advice in diagnosis.advice:
        click.echo(f"• {advice}")
    if diagnosis.findings:
        click.echo(f"\nCorrected:\n{diagnosis.corrected}")
        return 1
    click.echo(f"✓ The bot, trading {pair}, would take it.")
    return 0
