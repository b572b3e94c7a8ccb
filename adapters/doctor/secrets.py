"""Secrets that are long enough to be accepted, and too weak to be kept."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from adapters.settings import Settings
from adapters.variables import MAKE_ONE

from .findings import Finding, fail, ok, warn

ENOUGH = 80.0  # bits; 32 random hex digits have about 110 by this measure, a repeated word has almost none


def bits(text: str) -> float:
    """How much surprise is in a text, judged by itself: its letters' entropy, and a repetition counts once."""
    period = next(n for n in range(1, len(text) + 1) if text == (text[:n] * (len(text) // n + 1))[: len(text)])
    once = text[:period]
    parts = [count / len(once) for count in Counter(once).values()]
    return -sum(p * math.log2(p) for p in parts) * len(once)


def secrets(settings: Settings) -> Finding:
    name = "secrets"
    given = {
        "WEBHOOK_SECRET": settings.webhook_secret,
        "WEBHOOK_SECRET_PREVIOUS": settings.webhook_secret_previous,
        "DASHBOARD_TOKEN": settings.dashboard_token,
    }
    there = {variable: secret for variable, secret in given.items() if secret is not None}
    weak = [variable for variable, secret in there.items() if bits(secret.reveal()) < ENOUGH]
    if [variable for variable in weak if variable.startswith("WEBHOOK")]:
        what = f"{', '.join(weak)} can be guessed: too few different characters, or a repetition"
        return fail(name, what, MAKE_ONE, fatal=True)
    if weak:
        return warn(name, f"{', '.join(weak)} can be guessed", MAKE_ONE)
    if settings.dashboard_token is not None and settings.dashboard_token == settings.webhook_secret:
        what = "DASHBOARD_TOKEN is WEBHOOK_SECRET: whoever may look can also trade"
        return warn(name, what, f"give the dashboard one of its own; {MAKE_ONE}")
    if settings.webhook_secret_previous is not None:
        what = "strong; WEBHOOK_SECRET_PREVIOUS still opens the door as well"
        return warn(name, what, "remove it once every alert in TradingView carries the new secret")
    return ok(name, f"{len(there)} set, strong")


def environment_file(path: Path) -> Finding:
    """`path` is the file that the settings were read from, if it is there."""
    name = "configuration"
    if not path.exists():
        return ok(name, "complete; from the environment alone")
    if path.stat().st_mode & 0o077:
        what = f"complete; but others on this machine can read {path}, and your keys in it"
        return warn(name, what, f"chmod 600 {path}")
    return ok(name, f"complete; {path} can be read by you only")
