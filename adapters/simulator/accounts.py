"""The trader's purse: totals are stored, what is locked is derived from the open orders, so the two cannot drift."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from adapters.simulator.orders import ZERO, FeeIn, Order, Side

SATOSHI = Decimal("0.00000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Commission rates. A commission is taken from `charged_in`, unless it can be paid in `discount_asset`.

    `discount_price` is how much quote one unit of the discount asset is worth; 0 turns the discount off. One order
    may be charged in both assets, when the discount asset runs out between two fills.
    """

    taker: Decimal = Decimal("0.001")
    maker: Decimal = Decimal("0.001")
    discount_asset: str = "BNB"
    discount_price: Decimal = ZERO
    discount: Decimal = Decimal("0.25")
    charged_in: FeeIn = FeeIn.RECEIVED

    def due(
        self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool, purse: "Purse"
    ) -> tuple[Decimal, str]:
        """The commission of one fill and the asset it is paid in."""
        rate = self.maker if maker else self.taker
        if self.discount_price > 0:
            cheap = price * quantity * rate * (1 - self.discount) / self.discount_price
            cheap = cheap.quantize(SATOSHI, ROUND_DOWN)
            if purse.totals.get(self.discount_asset, ZERO) >= cheap:
                return cheap, self.discount_asset
        in_base = order.side is Side.BUY if order.fee_in is FeeIn.RECEIVED else order.fee_in is FeeIn.BASE
        traded, asset = (quantity, purse.base) if in_base else (price * quantity, purse.quote)
        return (traded * rate).quantize(SATOSHI, ROUND_DOWN), asset

    def on_top(self, side: Side, fee_in: FeeIn) -> Decimal:
        """The commission, as a fraction, which an order needs beyond what it gives away."""
        given = FeeIn.QUOTE if side is Side.BUY else FeeIn.BASE
        return self.taker if fee_in is given else ZERO


@dataclass(slots=True)
class Purse:
    """Balances of one account on one pair. `hold_stops` False leaves what waiting stops would sell free."""

    base: str
    quote: str
    totals: dict[str, Decimal]
    fees: Fees
    hold_stops: bool = True

    def locked(self, asset: str, orders: Iterable[Order]) -> Decimal:
        """How much of an asset the open orders hold. The legs of a list hold it once between them."""
        holds: dict[int, Decimal] = {}
        for order in orders:
            if order.waiting and not self.hold_stops:
                continue
            if order.side is Side.SELL:
                held, amount = self.base, order.remaining
            else:
                held, amount = self.quote, order.remaining * order.price
            if held == asset:
                amount += amount * self.fees.on_top(order.side, order.fee_in)
                key = order.list_id if order.list_id > 0 else -order.id
                holds[key] = max(holds.get(key, ZERO), amount)
        return sum(holds.values(), ZERO)

    def free(self, asset: str, orders: Iterable[Order]) -> Decimal:
        """What is left to spend or withdraw."""
        return self.totals.get(asset, ZERO) - self.locked(asset, orders)

    def add(self, asset: str, amount: Decimal) -> None:
        """Credit, or with a negative amount debit, the total."""
        self.totals[asset] = self.totals.get(asset, ZERO) + amount
