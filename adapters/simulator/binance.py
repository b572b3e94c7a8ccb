"""Binance's spot REST protocol: the table of endpoints and the way of a request through the venue."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from adapters.simulator import binance_data as data
from adapters.simulator import binance_lists as lists
from adapters.simulator import binance_queries as queries
from adapters.simulator import binance_trading as trading
from adapters.simulator.binance_errors import BinanceError
from adapters.simulator.binance_params import Params
from adapters.simulator.binance_security import authenticate, check_window
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.faults import Execution, Fault
from adapters.simulator.http import Reply, Request
from adapters.simulator.protocol import Front

Action = Callable[[SimulatedExchange, Params], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path does, its request weight, and how many new orders it counts as."""

    action: Action
    weight: int
    signed: bool = False
    orders: int = 0


PREFIX: Final = "/api/v3/"

ENDPOINTS: Final[dict[tuple[str, str], Endpoint]] = {
    ("GET", "ping"): Endpoint(data.ping, 1),
    ("GET", "time"): Endpoint(data.server_time, 1),
    ("GET", "exchangeInfo"): Endpoint(data.exchange_info, 20),
    ("GET", "ticker/24hr"): Endpoint(data.ticker_24hr, 2),
    ("GET", "ticker/bookTicker"): Endpoint(data.book_ticker, 2),
    ("GET", "ticker/price"): Endpoint(data.price_ticker, 2),
    ("GET", "depth"): Endpoint(data.depth, 5),
    ("GET", "aggTrades"): Endpoint(data.agg_trades, 4),
    ("GET", "klines"): Endpoint(data.klines, 2),
    ("GET", "account"): Endpoint(queries.account, 20, signed=True),
    ("GET", "account/commission"): Endpoint(queries.commission, 20, signed=True),
    ("GET", "order"): Endpoint(queries.order, 4, signed=True),
    ("GET", "openOrders"): Endpoint(queries.open_orders, 6, signed=True),
    ("GET", "allOrders"): Endpoint(queries.all_orders, 20, signed=True),
    ("GET", "orderList"): Endpoint(queries.listed_orders, 4, signed=True),
    ("GET", "openOrderList"): Endpoint(queries.open_lists, 6, signed=True),
    ("GET", "myTrades"): Endpoint(queries.my_trades, 20, signed=True),
    ("POST", "order"): Endpoint(trading.place, 1, signed=True, orders=1),
    ("POST", "order/test"): Endpoint(trading.validate, 1, signed=True),
    ("POST", "orderList/oco"): Endpoint(lists.place_oco, 1, signed=True, orders=2),
    ("POST", "orderList/opo"): Endpoint(lists.place_opo, 1, signed=True, orders=2),
    ("DELETE", "order"): Endpoint(trading.cancel, 1, signed=True),
    ("DELETE", "orderList"): Endpoint(trading.cancel_list, 1, signed=True),
    ("DELETE", "openOrders"): Endpoint(trading.cancel_all, 1, signed=True),
}


class BinanceProtocol(Front):
    """Speaks for a venue as Binance does."""

    prefix = PREFIX

    async def handle(self, request: Request) -> Reply:
        """Answer a request, as honestly as the faults allow."""
        endpoint = ENDPOINTS.get((request.method, request.path.removeprefix(PREFIX)))
        if endpoint is None:
            return Reply(status=404, content_type="text/html")
        return await self._past_faults(request, lambda fault: self._process(request, endpoint, fault))

    async def _process(self, request: Request, endpoint: Endpoint, fault: Fault) -> Reply:
        """Limits, credentials, time window - and, after any delay, the time window again before the engine."""
        venue = self._venue
        try:
            venue.limits.spend(endpoint.weight, venue.now())
            params = Params.of(request)
            if endpoint.signed:
                authenticate(request, params, venue.account)
                check_window(params, venue.now())
                venue.limits.spend_orders(endpoint.orders, venue.now())
            if fault.delay:
                await asyncio.sleep(fault.delay)
                if endpoint.signed:
                    check_window(params, venue.now())
            if fault.execution is Execution.NEVER:
                return Reply(headers=venue.limits.headers())
            answer = endpoint.action(venue, params)
        except BinanceError as error:
            return error.reply(venue.limits.headers())
        return Reply.json(answer, headers=venue.limits.headers())
