"""How amounts are written for people."""

from __future__ import annotations

from decimal import Decimal

UNKNOWN = "?"


def money(value: Decimal | None) -> str:
    """Quote, to the cent."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def signed(value: Decimal) -> str:
    """Quote, to the cent; a gain says so."""
    return f"{value:+,.2f}"


def percent(value: Decimal) -> str:
    return f"{value:+.2f}"


def price(value: Decimal | None) -> str:
    """Quote for one unit. Cheap coins need more digits than dear ones."""
    if value is None:
        return UNKNOWN
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value.quantize(Decimal('0.00000001')).normalize():f}"


def quantity(value: Decimal) -> str:
    """Base, with every digit that counts."""
    return f"{value.normalize():f}"


def duration(seconds: float) -> str:
    """'45 s', '12 min', '3 h 5 min'."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(int(seconds // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
