"""The findings as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .findings import Finding, Level

SIGNS = {Level.OK: "[green]ok[/]", Level.WARN: "[yellow]warn[/]", Level.FAIL: "[bold red]FAIL[/]"}


def render(findings: Sequence[Finding], console: Console) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for found in findings:
        text = escape(found.what) + (f"\n[dim]→ {escape(found.fix)}[/]" if found.fix else "")
        table.add_row(found.name, SIGNS[found.level], text)
    console.print(table)
    failed, warned = (sum(f.level is level for f in findings) for level in (Level.FAIL, Level.WARN))
    fatal = [found.name for found in findings if found.fatal]
    console.print(
        f"\n{len(findings)} checks, {warned} warnings, {failed} failures"
        + (f"; live mode would refuse to start: {', '.join(fatal)}" if fatal else "")
    )
