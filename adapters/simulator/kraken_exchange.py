"""The simulated exchange in its Kraken form: the same market and ledger, with Kraken's rules, limits and habits."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Self

from adapters.simulator.accounts import Fees
from adapters.simulator.binance_security import Account
from adapters.simulator.book import Depth
from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.filters import Rules
from adapters.simulator.kraken_limits import KrakenLimits
from adapters.simulator.kraken_rules import PairRules
from adapters.simulator.kraken_security import Nonces
from adapters.simulator.ledger import Ledger
from adapters.simulator.market import Market
from adapters.simulator.naked import Naked, naked_seconds
from adapters.simulator.orders import ZERO, FeeIn, OrderType
from adapters.simulator.state import Passed

KRAKEN_ACCOUNT = Account("simulated-key", "c2ltdWxhdGVkLXNlY3JldA==")
KRAKEN_PERMISSIONS = ("query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades")


class SimulatedKraken(SimulatedExchange):
    """One venue, one account, one pair, speaking Kraken's spot REST protocol.

    `nonces.window` is a setting of the API key, `key_limits.tier` of the account. `min_deadline` and `max_deadline`
    (seconds) bound how far ahead an order's deadline may be. `auto_earn` moves the base balance under its `.F` name,
    as Kraken's rewards do.
    """

    def __init__(
        self, market: Market, ledger: Ledger, rules: Rules, account: Account, clock: Callable[[], float]
    ) -> None:
        """Use `create`; this only keeps what it is given."""
        super().__init__(market, ledger, rules, account, clock)
        self.pair = PairRules(base=rules.base, quote=rules.quote, tick=rules.tick)
        self.key_limits, self.nonces = KrakenLimits(), Nonces()
        self.permissions: Sequence[str] = KRAKEN_PERMISSIONS
        self.min_deadline, self.max_deadline = 2.0, 60.0
        self.auto_earn = False

    @classmethod
    def create(
        cls,
        pair: str = "BTC/USDT",
        *,
        balances: Mapping[str, Decimal] | None = None,
        price: Decimal = Decimal(64210),
        account: Account = KRAKEN_ACCOUNT,
        database: Path | None = None,
        clock: Callable[[], float] = time.time,
        taker_fee: Decimal = Decimal("0.004"),
        fees: Fees | None = None,
        depth: Depth | None = None,
        order_types: Sequence[OrderType] = tuple(OrderType),
        rules: Rules | None = None,
    ) -> Self:
        """Open a venue; with a `database` that was used before, go on where it stopped (price and balances too).

        `balances` defaults to 10,000 of the quote asset. The account's secret must be base64. Commissions are paid in
        the quote asset on both sides, by default at the lowest volume tier. What else the pair demands is in `pair`.
        """
        base, quote = pair.split("/")
        usual = PairRules(base=base, quote=quote)
        exchange = super().create(
            pair,
            balances=balances,
            price=price,
            account=account,
            database=database,
            clock=clock,
            fees=fees or Fees(taker=taker_fee, maker=taker_fee * 5 / 8, charged_in=FeeIn.QUOTE),
            depth=depth or Depth(spread=Decimal("0.2"), gap=Decimal("0.1")),
            rules=rules
            or Rules(
                base=base,
                quote=quote,
                order_types=tuple(order_types),
                tick=usual.tick,
                lot=Decimal("0.00000001"),
                min_quantity=usual.order_min,
                min_notional=usual.cost_min,
            ),
        )
        exchange.market.passed = Passed.CANCELED
        return exchange

    def naked(self, *, baseline: Decimal = ZERO) -> Naked:
        """How long the account held base that no waiting stop covered and that is more than the pair's minimum."""
        smallest = max(self.pair.cost_min, self.pair.order_min * self.market.price)
        return naked_seconds(self.ledger.events(), now=self.market.now(), min_notional=smallest, baseline=baseline)
