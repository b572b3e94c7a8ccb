"""The window: one page that shows what the bot is doing and why, fed by server-sent events. It cannot do anything."""

from .stream import Dashboard

__all__ = ["Dashboard"]
