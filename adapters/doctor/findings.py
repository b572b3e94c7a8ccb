"""What one check found."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"  # it will trade, but read this
    FAIL = "fail"  # it will not work, or must not


class Finding(Struct, frozen=True):
    name: str
    level: Level
    what: str
    fix: str = ""
    fatal: bool = False  # in live mode the bot does not start with it


def ok(name: str, what: str) -> Finding:
    return Finding(name, Level.OK, what)


def warn(name: str, what: str, fix: str) -> Finding:
    return Finding(name, Level.WARN, what, fix)


def fail(name: str, what: str, fix: str, *, fatal: bool = False) -> Finding:
    return Finding(name, Level.FAIL, what, fix, fatal)
