"""Writes the reference pages that are derived from the program: `python docs/generate.py`.

With --check it writes nothing, and exits 1 if a page is not what it would write; `tests/docs/test_guides.py` asks, too.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import click

from adapters.cli import main
from adapters.settings import Settings
from adapters.variables import VARIABLES

DOCS = Path(__file__).parent
NOTE = "<!-- written by docs/generate.py; do not edit -->\n"
SPECIAL = {  # what a table cannot take from the program: a default that depends, a field with another name
    "TRADING_MODE": "`testnet` on binance, `paper` on kraken",
    "WEBHOOK_SECRET": "required",
    "BINANCE_API_KEY": "required on binance, except in paper mode",
    "BINANCE_API_SECRET": "required on binance, except in paper mode",
    "KRAKEN_API_KEY": "required on kraken, except in paper mode",
    "KRAKEN_API_SECRET": "required on kraken, except in paper mode",
    "TELEGRAM_BOT_TOKEN": "required, except in paper mode or with an EXCHANGE_URL on this machine",
    "TELEGRAM_CHAT_ID": "required, except in paper mode or with an EXCHANGE_URL on this machine",
}


def environment() -> str:
    lines = [
        NOTE,
        "# Environment",
        "",
        "Read from the process environment, then from `.env` in the working directory; the environment wins. An empty",
        "value counts as unset. All mistakes are told at once, with exit code 2. Secrets are masked everywhere.",
        "",
        "| Variable | Default | Allowed | Meaning |",
        "|---|---|---|---|",
    ]
    meanings = _meanings()
    for variable in VARIABLES:
        secret = " (secret)" if variable.secret else ""
        cells = [
            f"`{variable.name}`{secret}",
            _default(variable.name),
            variable.allowed,
            meanings.get(variable.name, ""),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _meanings() -> dict[str, str]:
    """The comment over a variable in the example configuration."""
    found: dict[str, str] = {}
    comment = ""
    for line in (DOCS.parent / ".env.example").read_text().splitlines():
        if line.startswith("#"):
            comment = "" if line.startswith("# --") else line.removeprefix("# ")
        elif "=" in line:
            found[line.split("=")[0]] = f"`{comment}`" if comment.startswith("python3 ") else comment
            comment = ""
        else:
            comment = ""
    return found


def _default(name: str) -> str:
    if name in SPECIAL:
        return SPECIAL[name]
    defaults = dict(zip(Settings.__struct_fields__[::-1], Settings.__struct_defaults__[::-1], strict=False))
    value = defaults.get(name.lower())
    return "" if value in (None, ()) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def commands() -> str:
    lines = [NOTE, "# Command line", "", "Every command explains itself with `--help`.", ""]
    for name in sorted(main.commands):
        command = main.commands[name]
        context = click.Context(command, info_name=f"auto-trader {name}")
        lines += [f"## {name}", "", *inspect.cleandoc((command.help or "").replace("\b", "")).splitlines(), ""]
        lines += ["```", command.get_usage(context), "```", ""]
        options = [o for p in command.params if isinstance(p, click.Option) and (o := p.get_help_record(context))]
        if options:
            lines += ["| Option | |", "|---|---|"]
            lines += [f"| `{names}` | {text} |".replace("[", "\\[") for names, text in options]
            lines.append("")
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


PAGES = {"reference/environment.md": environment, "reference/commands.md": commands}


def drifted() -> list[str]:
    """Pages that are not what the program says."""
    return [page for page, write in PAGES.items() if not (file := DOCS / page).exists() or file.read_text() != write()]


if __name__ == "__main__":
    late = drifted()
    if "--check" not in sys.argv:
        for page in late:
            (DOCS / page).write_text(PAGES[page]())
    sys.stdout.write("".join(f"{page}\n" for page in late))
    sys.exit(1 if late and "--check" in sys.argv else 0)
