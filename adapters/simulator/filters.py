"""The symbol's trading rules: the filters of exchangeInfo, and their enforcement with Binance's own errors.

Binance's page "Filters" (filters.md) is the source. The average price of PERCENT_PRICE_BY_SIDE and NOTIONAL is here
simply the last price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.simulator.binance_errors import BinanceError, filter_failure
from adapters.simulator.orders import PRICED, STOPS, ZERO, Order, OrderRequest, OrderType

_UNSUPPORTED = {
    OrderType.MARKET: "Market orders",
    OrderType.LIMIT: "Limit orders",
    OrderType.LIMIT_MAKER: "Limit maker orders",
    OrderType.STOP_LOSS: "Stop loss orders",
    OrderType.STOP_LOSS_LIMIT: "Stop loss limit orders",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One symbol. Prices and amounts are in the quote asset, quantities in the base asset."""

    base: str = "BTC"
    quote: str = "USDT"
    order_types: Sequence[OrderType] = tuple(OrderType)
    tick: Decimal = Decimal("0.01")
    min_price: Decimal = Decimal("0.01")
    max_price: Decimal = Decimal(1000000)
    lot: Decimal = Decimal("0.00001")
    min_quantity: Decimal = Decimal("0.00001")
    max_quantity: Decimal = Decimal(9000)
    market_max_quantity: Decimal = Decimal(100)
    min_notional: Decimal = Decimal(5)
    max_notional: Decimal = Decimal(9000000)
    multiplier_up: Decimal = Decimal(5)
    multiplier_down: Decimal = Decimal("0.2")
    max_orders: int = 200
    max_algo_orders: int = 5
    max_lists: int = 20
    opo: bool = True  # a BUY may pay for a SELL

    @property
    def symbol(self) -> str:
        """The pair as Binance spells it."""
        return self.base + self.quote

    def check_terms(self, request: OrderRequest | Order, last: Decimal) -> None:
        """The rules for type and prices, which hold for an order without a quantity too."""
        if request.type not in self.order_types:
            raise BinanceError(-1013, f"{_UNSUPPORTED[request.type]} are not supported for this symbol.")
        if request.type in PRICED:
            self._check_price(request.price)
            self._check_percent(request, last)
        if request.type in STOPS:
            self._check_price(request.stop_price)

    def check(self, request: OrderRequest | Order, last: Decimal) -> None:
        """Raise the error Binance answers to an order that breaks a rule."""
        self.check_terms(request, last)
        if request.quote_quantity <= 0:
            self._check_quantity(request)
        notional = request.quote_quantity or request.quantity * _valued_at(request, last)
        if not self.min_notional <= notional <= self.max_notional:
            raise filter_failure("NOTIONAL")

    def check_room(self, requests: Sequence[OrderRequest], open_orders: Iterable[Order]) -> None:
        """Raise if there would be too many open orders, stops or lists on the symbol."""
        resting = list(open_orders)
        if len(resting) + len(requests) > self.max_orders:
            raise filter_failure("MAX_NUM_ORDERS")
        stops = sum(request.type in STOPS for request in requests)
        if stops and stops + sum(order.type in STOPS for order in resting) > self.max_algo_orders:
            raise filter_failure("MAX_NUM_ALGO_ORDERS")
        lists = {order.list_id for order in resting if order.list_id > 0}
        if len(requests) > 1 and len(lists) + 1 > self.max_lists:
            raise filter_failure("MAX_NUM_ORDER_LISTS")

    def describe(self) -> list[dict[str, object]]:
        """The filters as exchangeInfo lists them."""
        return [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": f"{self.min_price:.8f}",
                "maxPrice": f"{self.max_price:.8f}",
                "tickSize": f"{self.tick:.8f}",
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": f"{self.min_quantity:.8f}",
                "maxQty": f"{self.max_quantity:.8f}",
                "stepSize": f"{self.lot:.8f}",
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": f"{ZERO:.8f}",
                "maxQty": f"{self.market_max_quantity:.8f}",
                "stepSize": f"{ZERO:.8f}",
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": f"{self.multiplier_up}",
                "bidMultiplierDown": f"{self.multiplier_down}",
                "askMultiplierUp": f"{self.multiplier_up}",
                "askMultiplierDown": f"{self.multiplier_down}",
                "avgPriceMins": 5,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": f"{self.min_notional:.8f}",
                "applyMinToMarket": True,
                "maxNotional": f"{self.max_notional:.8f}",
                "applyMaxToMarket": True,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": self.max_orders},
            {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": self.max_lists},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": self.max_algo_orders},
        ]

    def _check_price(self, price: Decimal) -> None:
        if not self.min_price <= price <= self.max_price or price % self.tick:
            raise filter_failure("PRICE_FILTER")

    def _check_percent(self, request: OrderRequest | Order, last: Decimal) -> None:
        if not self.multiplier_down * last <= request.price <= self.multiplier_up * last:
            raise filter_failure("PERCENT_PRICE_BY_SIDE")

    def _check_quantity(self, request: OrderRequest | Order) -> None:
        if not self.min_quantity <= request.quantity <= self.max_quantity or request.quantity % self.lot:
            raise filter_failure("LOT_SIZE")
        if request.type in (OrderType.MARKET, OrderType.STOP_LOSS) and request.quantity > self.market_max_quantity:
            raise filter_failure("MARKET_LOT_SIZE")


def _valued_at(request: OrderRequest | Order, last: Decimal) -> Decimal:
    if request.type in PRICED:
        return request.price
    return request.stop_price if request.type in STOPS else last
