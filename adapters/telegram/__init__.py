"""The operator's seat in Telegram: alerts out, commands in, by python-telegram-bot on the bot's own loop.

Law: nothing here is awaited by the trading. Telegram may be away, slow or lying: alerts wait, and the vitals say so.
Law: a command is decided before anything is sent about it, so `/stop` never waits for a network.
Law: strangers get silence: no answer, no error, no effect.
"""

from .connection import Telegram, running
from .last_word import tell
from .line import Core, NotDelivered

__all__ = ["Core", "NotDelivered", "Telegram", "running", "tell"]
