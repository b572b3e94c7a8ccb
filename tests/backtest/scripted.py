"""A strategy that says what a test wants it to say."""

from __future__ import annotations

import pytest

from adapters.backtest import History, Options, Result, replay, run_history


def trade(
    monkeypatch: pytest.MonkeyPatch, history: History, says: dict[int, str], options: Options | None = None
) -> Result:
    """Replay with a signal at the close of these candles (by their place), and no others."""
    monkeypatch.setattr(replay, "EmaCross", lambda lengths: Script(says))
    return run_history(history, options or Options())


class Script:
    def __init__(self, says: dict[int, str]) -> None:
        self._says, self._at = says, -1

    def close(self, price: float) -> str | None:
        self._at += 1
        return self._says.get(self._at)
