"""The buttons under an orphan alert: keep, adopt or exit, each confirmed within a minute.

Law: the first press asks, only the second acts, and only on what the first one showed.
"""

from __future__ import annotations

import contextlib
import html
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from adapters.figures import quantity
from fsm.bot import Bot
from fsm.breakers import orphaned
from fsm.commands import Choice, Resolve

from .door import by
from .line import Core, Line

EXPIRES = 60.0  # seconds a confirmation is good for
MARK = f"ERROR: {orphaned.__name__} —"  # an alert with this in it is about an orphan
MEANING = {
    Choice.KEEP: "leave it alone, it is yours",
    Choice.ADOPT: "take it into the position and protect it",
    Choice.EXIT: "sell everything that is held at the market, an open position as well",
}


class Question(NamedTuple):
    """A choice that waits for its confirmation."""

    nonce: str
    choice: Choice
    until: float
    about: tuple[Decimal, tuple[str, ...]]


class Orphans:
    def __init__(self, core: Core, line: Line, clock: Callable[[], float]) -> None:
        self._core, self._line, self._clock = core, line, clock
        self._question: Question | None = None

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        application.add_handler(CallbackQueryHandler(self._pressed))

    def buttons(self, alert: str) -> InlineKeyboardMarkup | None:
        """For an alert that is about an orphan, while there is one."""
        return _choices() if MARK in alert and orphaned(self._core.bot) else None

    async def _pressed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None:
            return
        match (query.data or "").split(":"):
            case ["orphan", choice] if choice in [*Choice]:
                text, buttons = self._ask(Choice(choice))
            case ["orphan", "back"]:
                text, buttons = self._back()
            case ["orphan", "yes", nonce]:
                text, buttons = self._confirm(nonce, by(update))
                await self._core.durable()
            case _:
                text, buttons = "This button is from another time.", None
        self._line.spawn(self._show(query, text, buttons))

    async def _show(self, query: CallbackQuery, text: str, buttons: InlineKeyboardMarkup | None) -> None:
        """In place of what was pressed; where that cannot be changed any more, as a new message."""
        with contextlib.suppress(TelegramError):  # only takes the hourglass away
            await query.answer()
        try:
            await query.edit_message_text(text, reply_markup=buttons)
        except TelegramError:
            self._line.answer(text)

    def _ask(self, choice: Choice) -> tuple[str, InlineKeyboardMarkup | None]:
        bot = self._core.bot
        if not orphaned(bot):
            return "Nothing is unexplained any more.", None
        self._question = Question(secrets.token_hex(8), choice, self._clock() + EXPIRES, (bot.orphan, bot.strays))
        buttons = [
            InlineKeyboardButton(f"Yes, {choice.value}", callback_data=f"orphan:yes:{self._question.nonce}"),
            InlineKeyboardButton("Back", callback_data="orphan:back"),
        ]
        text = f"{describe(bot)}\n<b>{choice.value}</b>: {MEANING[choice]}. Sure? Good for {EXPIRES:.0f} s."
        return text, InlineKeyboardMarkup([buttons])

    def _back(self) -> tuple[str, InlineKeyboardMarkup | None]:
        self._question = None
        if not orphaned(self._core.bot):
            return "Nothing is unexplained any more.", None
        return f"{describe(self._core.bot)}\nWhat is to become of it?", _choices()

    def _confirm(self, nonce: str, by: str) -> tuple[str, InlineKeyboardMarkup | None]:
        """A nonce is used once."""
        bot, question, self._question = self._core.bot, self._question, None
        if question is None or not secrets.compare_digest(question.nonce.encode(), nonce.encode()):
            return self._again("That confirmation was used, or replaced by another.")
        if self._clock() > question.until:
            return self._again(f"Too late: a confirmation is good for {EXPIRES:.0f} s. Nothing was done.")
        if question.about != (bot.orphan, bot.strays):
            return self._again("It changed in the meantime. Nothing was done; look again.")
        decision = self._core.fire(Resolve(at=self._clock(), choice=question.choice, by=by))
        if not decision.accepted:
            return f"Refused: {html.escape('; '.join(decision.reasons))}", None
        return f"🧩 <b>{question.choice.value}</b>, decided by {html.escape(by)}. /resume trades again.", None

    def _again(self, why: str) -> tuple[str, InlineKeyboardMarkup | None]:
        text, buttons = self._back()
        return f"{why}\n{text}", buttons


def describe(bot: Bot) -> str:
    """What nobody can explain."""
    coins = f"{quantity(bot.orphan)} {bot.pair.split('/')[0]}" if bot.orphan else ""
    orders = f"{len(bot.strays)} open order{'s' if len(bot.strays) > 1 else ''}" if bot.strays else ""
    return f"🧩 Unexplained: {' and '.join(filter(None, (coins, orders)))}."


def _choices() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(c.value, callback_data=f"orphan:{c.value}") for c in Choice]])
