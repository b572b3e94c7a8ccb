"""Kraken's spot REST protocol: the table of endpoints and the way of a request through the venue.

Application errors are answered with HTTP 200 and `{"error": ["E..."]}`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.simulator import kraken_data as data
from adapters.simulator import kraken_queries as queries
from adapters.simulator import kraken_trading as trading
from adapters.simulator.faults import Execution, Fault
from adapters.simulator.http import Reply, Request
from adapters.simulator.kraken_errors import KrakenError
from adapters.simulator.kraken_exchange import SimulatedKraken
from adapters.simulator.kraken_params import Params
from adapters.simulator.kraken_security import authenticate
from adapters.simulator.kraken_shapes import Json
from adapters.simulator.protocol import Front

Action = Callable[[SimulatedKraken, Params], Json]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path does, what it costs of the key's call counter, and the permission it needs."""

    action: Action
    private: bool = False
    cost: int = 0
    permission: str = ""


PREFIX: Final = "/0/"
_FUNDS, _OPEN, _CLOSED = "query-funds", "query-open-trades", "query-closed-trades"
_MODIFY, _CANCEL = "modify-trades", "close-trades"

ENDPOINTS: Final[dict[str, Endpoint]] = {
    "public/Time": Endpoint(data.server_time),
    "public/SystemStatus": Endpoint(data.system_status),
    "public/Assets": Endpoint(data.assets),
    "public/AssetPairs": Endpoint(data.asset_pairs),
    "public/Ticker": Endpoint(data.ticker),
    "public/Depth": Endpoint(data.depth),
    "public/Trades": Endpoint(data.trades),
    "public/OHLC": Endpoint(data.ohlc),
    "private/Balance": Endpoint(queries.balance, True, 1, _FUNDS),
    "private/BalanceEx": Endpoint(queries.balance_ex, True, 1, _FUNDS),
    "private/TradeVolume": Endpoint(queries.trade_volume, True, 1, _FUNDS),
    "private/OpenOrders": Endpoint(queries.open_orders, True, 1, _OPEN),
    "private/ClosedOrders": Endpoint(queries.closed_orders, True, 1, _CLOSED),
    "private/QueryOrders": Endpoint(queries.query_orders, True, 1, _OPEN),
    "private/QueryTrades": Endpoint(queries.query_trades, True, 1, _CLOSED),
    "private/TradesHistory": Endpoint(queries.trades_history, True, 2, _CLOSED),
    "private/GetApiKeyInfo": Endpoint(queries.api_key_info, True, 1),
    "private/AddOrder": Endpoint(trading.add_order, True, 0, _MODIFY),
    "private/AmendOrder": Endpoint(trading.amend_order, True, 0, _MODIFY),
    "private/CancelOrder": Endpoint(trading.cancel_order, True, 0, _CANCEL),
    "private/CancelAll": Endpoint(trading.cancel_all, True, 0, _CANCEL),
}


class KrakenProtocol(Front):
    """Speaks for a venue as Kraken does."""

    prefix = PREFIX

    def __init__(self, venue: SimulatedKraken) -> None:
        super().__init__(venue)
        self._kraken = venue

    async def handle(self, request: Request) -> Reply:
        """Answer a request, as honestly as the faults allow."""
        return await self._past_faults(request, lambda fault: self._process(request, fault))

    async def _process(self, request: Request, fault: Fault) -> Reply:
        """Credentials, nonce, permission and call counter on receipt; the rest after any delay."""
        venue = self._kraken
        try:
            endpoint, params = _endpoint(request), Params.of(request, venue.now())
            if endpoint.private:
                self._admit(request, endpoint, params)
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.execution is Execution.NEVER:
                return Reply()
            return Reply.json({"error": [], "result": endpoint.action(venue, params)})
        except KrakenError as error:
            return error.reply()

    def _admit(self, request: Request, endpoint: Endpoint, params: Params) -> None:
        venue = self._kraken
        authenticate(request, params.optional("nonce"), venue.account, venue.nonces)
        if endpoint.permission and endpoint.permission not in venue.permissions:
            raise KrakenError("EGeneral:Permission denied")
        venue.key_limits.call(endpoint.cost, venue.now())


def _endpoint(request: Request) -> Endpoint:
    found = ENDPOINTS.get(request.path.removeprefix(PREFIX))
    if found is None or request.method != ("POST" if found.private else "GET"):
        raise KrakenError("EGeneral:Unknown method")
    return found
