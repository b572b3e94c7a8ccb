"""The exchange kills the bot: at the n-th of its orders, or of its questions about the account."""

from __future__ import annotations

import os
import signal

from adapters.simulator import Answer, Execution, Fault, Faults

ORDERS = {
    "/api/v3/order",
    "/api/v3/orderList",
    "/api/v3/orderList/oco",
    "/0/private/AddOrder",
    "/0/private/CancelOrder",
}
LATER = 3.0  # seconds: the bot lives again by then, and the exchange still takes the order

FATES = {
    "unsent": Fault("*", "*", Answer.DROPPED, Execution.NEVER),
    "unread": Fault("*", "*"),
    "late": Fault("*", "*", Answer.DROPPED, Execution.LATE, delay=LATER),
    "unasked": Fault("*", "*"),
}


class Reaper(Faults):
    """unsent: it dies, and the order never arrives. unread: the order is executed, nobody reads the answer. late: the
    order is executed when the bot lives again. unasked: it dies over a question."""

    def __init__(self, moment: str, nth: int) -> None:
        super().__init__()
        self.pid: int | None = None  # of the bot, while it may still be killed
        self._moment, self._left = moment, nth

    def take(self, method: str, path: str) -> Fault:
        order = path in ORDERS and (method != "GET")
        mine = not order and _private(method, path) if self._moment == "unasked" else order
        if self.pid is None or not mine:
            return super().take(method, path)
        self._left -= 1
        if self._left:
            return super().take(method, path)
        os.kill(self.pid, signal.SIGKILL)
        self.pid = None
        return FATES[self._moment]


def _private(method: str, path: str) -> bool:
    return path.startswith(("/0/private/", "/api/v3/account", "/api/v3/openOrder", "/api/v3/order", "/api/v3/myTrades"))
