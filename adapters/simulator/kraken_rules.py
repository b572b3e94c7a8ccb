"""The pair's trading rules, as AssetPairs tells them, and their enforcement with Kraken's own errors.

The defaults are those of XBTUSDT in November 2025.
"""

from dataclasses import dataclass
from decimal import Decimal

from adapters.simulator.kraken_errors import KrakenError, invalid
from adapters.simulator.kraken_names import altname, code, pair_key
from adapters.simulator.orders import PRICED, STOPS, Order, OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRules:
    """One pair. Prices and costs are in the quote asset, volumes in the base asset."""

    base: str = "BTC"
    quote: str = "USDT"
    price_decimals: int = 1
    tick: Decimal = Decimal("0.1")
    lot_decimals: int = 8
    cost_decimals: int = 5
    order_min: Decimal = Decimal("0.00005")
    cost_min: Decimal = Decimal("0.5")

    @property
    def key(self) -> str:
        """The pair as a key of results."""
        return pair_key(self.base, self.quote)

    @property
    def altname(self) -> str:
        """The pair's other name, which orders carry."""
        return altname(self.base) + altname(self.quote)

    @property
    def wsname(self) -> str:
        """The pair's name on the WebSocket."""
        return f"{altname(self.base)}/{altname(self.quote)}"

    @property
    def names(self) -> tuple[str, str, str]:
        """All that a request may call it."""
        return self.key, self.altname, self.wsname

    @property
    def codes(self) -> dict[str, str]:
        """The assets' names, by Kraken's code for them."""
        return {code(self.base): altname(self.base), code(self.quote): altname(self.quote)}

    def check(self, request: OrderRequest, last: Decimal) -> None:
        """Raise the error Kraken answers to an order that breaks a rule."""
        if request.type in PRICED:
            self.check_price(request.price)
        if request.type in STOPS:
            self.check_price(request.stop_price)
        for price in (request.close_stop, request.close_price):
            if price:
                self.check_price(price)
        valued_at = request.price if request.type in PRICED else request.stop_price or last
        volume = request.quantity or request.quote_quantity / last
        if not request.quote_quantity:
            self.check_volume(volume)
        elif volume < self.order_min:
            raise KrakenError("EOrder:Order minimum not met")
        if volume * valued_at < self.cost_min:
            raise KrakenError("EOrder:Cost minimum not met")

    def check_price(self, price: Decimal) -> None:
        """Require a price on the grid."""
        if price <= 0:
            raise invalid("price")
        if price % Decimal(1).scaleb(-self.price_decimals):
            words = f"price can only be specified up to {self.price_decimals} decimals."
            raise KrakenError(f"EOrder:Invalid price:{self.altname} {words}")
        if price % self.tick:
            raise KrakenError("EOrder:Tick size check failed")

    def check_volume(self, volume: Decimal) -> None:
        """Require a volume of at least the minimum, in whole lots."""
        if volume % Decimal(1).scaleb(-self.lot_decimals):
            raise invalid("volume")
        if volume < self.order_min:
            raise KrakenError("EOrder:Order minimum not met")

    def is_rest(self, order: Order) -> bool:
        """Whether so little of a partly filled order is left that Kraken calls it done."""
        return order.executed > 0 and order.remaining < self.order_min
