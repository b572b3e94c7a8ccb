"""From a file of candles to a result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..store import Identity, Store
from .bars import BadCandlesError, History, read
from .options import Options
from .replay import Replay
from .result import Result

Progress = Callable[[int, int], None]  # candles done, candles in all
DEFAULTS = Options()
EVERY = 1000  # candles between two calls of it
BACKTEST = "backtest"  # mode and key of the database: it can never be taken for a live account's


def run(
    path: Path, options: Options = DEFAULTS, *, database: Path | None = None, progress: Progress | None = None
) -> Result:
    """Replay a CSV file. With a `database` (a new file) every decision is journaled, for `auto-trader journal`.

    Raises BadCandlesError, FileExistsError for a database that is there already, OSError.
    """
    return run_history(read(path), options, database=database, progress=progress)


def run_history(
    history: History, options: Options = DEFAULTS, *, database: Path | None = None, progress: Progress | None = None
) -> Result:
    """The same for candles that are in memory already."""
    _fits(history, options)
    if database is None:
        return _finished(Replay(history, options), progress)
    if database.exists():
        raise FileExistsError(f"{database} exists: a backtest writes its journal into a new file")
    with Store(database) as store:
        identity = store.claim(Identity(BACKTEST, BACKTEST, options.pair, BACKTEST))
        return _finished(Replay(history, options, store, identity.tag), progress)


def _finished(replay: Replay, progress: Progress | None) -> Result:
    total = len(replay.history.bars)
    for done in replay.run():
        if progress and (done % EVERY == 0 or done == total):
            progress(done, total)
    return replay.result()


def _fits(history: History, options: Options) -> None:
    """Prices between two steps of the venue's would be rounded, and every fill with them."""
    for bar in history.bars:
        if any(price % options.tick for price in bar[1:]):
            raise BadCandlesError(
                f"the candle of {bar.time} has prices finer than the venue's price step {options.tick}: set the tick"
            )
