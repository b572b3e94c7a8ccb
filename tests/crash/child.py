"""`child.py committed|torn N`: `auto-trader run` that kills itself at the N-th row of its journal.

committed: the row is durable, and nothing of what it decided has left. torn: the row is written, but not committed.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from adapters.cli import main
from adapters.store import Store


def die_at(method: str, nth: int) -> None:
    """After the n-th call of one of the Store's methods."""
    original, calls = getattr(Store, method), 0

    def dying(self: Store, *args: Any) -> None:
        nonlocal calls
        original(self, *args)
        calls += 1
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(Store, method, dying)


if __name__ == "__main__":
    die_at({"committed": "append", "torn": "_journal"}[sys.argv[1]], int(sys.argv[2]))
    main(["run"])
