"""The whole venue in one object: market, ledger, rules, faults, credentials and clock."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Self

from adapters.simulator.accounts import Fees
from adapters.simulator.binance_errors import BinanceError
from adapters.simulator.binance_limits import Limits
from adapters.simulator.binance_security import Account
from adapters.simulator.book import Depth
from adapters.simulator.faults import Faults
from adapters.simulator.feed import Candle, play
from adapters.simulator.filters import Rules
from adapters.simulator.ledger import Ledger
from adapters.simulator.live import Sight
from adapters.simulator.market import Market
from adapters.simulator.naked import Naked, naked_seconds
from adapters.simulator.orders import ZERO, Order, OrderType
from adapters.simulator.state import State
from adapters.simulator.tape import Tape

DEFAULT_ACCOUNT = Account("simulated-key", "simulated-secret")


class SimulatedExchange:
    """One venue, one account, one pair. Its methods belong to one event loop.

    `skew` (seconds) is added to the clock that requests are held against: a client whose time disagrees is refused
    like on the real one. The ledger keeps the true time.
    `renames_cancelled` follows the documentation, where a cancelled order is only found under the cancel's id.
    """

    def __init__(
        self, market: Market, ledger: Ledger, rules: Rules, account: Account, clock: Callable[[], float]
    ) -> None:
        """Use `create`; this only keeps what it is given."""
        self.market, self.ledger, self.rules, self.account = market, ledger, rules, account
        self.faults, self.limits = Faults(), Limits()
        self.candles: list[Candle] = []
        self.skew = 0.0
        self.renames_cancelled = True
        self._clock = clock
        self.tape = Tape()
        self.tape.print(market.price, rules.min_quantity, market.now())
        market.admits = self._admits

    @classmethod
    def create(
        cls,
        pair: str = "BTC/USDT",
        *,
        balances: Mapping[str, Decimal] | None = None,
        price: Decimal = Decimal(64210),
        account: Account = DEFAULT_ACCOUNT,
        database: Path | None = None,
        clock: Callable[[], float] = time.time,
        taker_fee: Decimal = Decimal("0.001"),
        fees: Fees | None = None,
        depth: Depth | None = None,
        order_types: Sequence[OrderType] = tuple(OrderType),
        rules: Rules | None = None,
    ) -> Self:
        """Open a venue; with a `database` that was used before, go on where it stopped (price and balances too).

        `balances` defaults to 10,000 of the quote asset. `clock` returns epoch seconds (UTC). `fees` and `rules`
        replace `taker_fee` and `order_types` where more than these must differ.
        """
        base, quote = pair.split("/")
        rules = rules or Rules(base=base, quote=quote, order_types=tuple(order_types))
        ledger = Ledger(database)
        restored = ledger.load()
        market = Market(
            restored or State(price=price, totals={base: ZERO, quote: ZERO}),
            base=base,
            quote=quote,
            clock=clock,
            journal=ledger,
            fees=fees or Fees(taker=taker_fee, maker=taker_fee),
            depth=depth,
            tick=rules.tick,
            lot=rules.lot,
        )
        if restored is None:
            for asset, amount in (balances or {quote: Decimal(10000)}).items():
                market.transfer(asset, amount)
        return cls(market, ledger, rules, account, clock)

    def now(self) -> int:
        """The venue's time in epoch milliseconds."""
        return int((self._clock() + self.skew) * 1000)

    def move(self, price: Decimal) -> None:
        """Set the last price and print it on the tape; stops and resting orders that it touches have executed then."""
        self.tape.print(price, self.rules.min_quantity, self.market.now())
        self.market.move(price)

    def observe(self, sight: Sight) -> None:
        """Go on as a real market did; see `Market.observe`."""
        for trade in sight.trades:
            self.tape.print(trade.price, trade.quantity, trade.time)
        self.market.observe(sight)

    async def play(self, candles: Iterable[Candle], *, per_second: float) -> AsyncIterator[Candle]:
        """Trade along candles at a pace, and yield each when it has closed and is served as a kline."""
        async for candle in play(candles, self.move, per_second=per_second):
            self.candles.append(candle)
            yield candle

    def balances(self) -> dict[str, Decimal]:
        """Totals, free and locked together."""
        return dict(self.market.purse.totals)

    def naked(self, *, baseline: Decimal = ZERO) -> Naked:
        """How long the account held base that no waiting stop covered; see `naked_seconds`."""
        return naked_seconds(
            self.ledger.events(),
            now=self.market.now(),
            min_notional=self.rules.min_notional,
            baseline=baseline,
        )

    def _admits(self, order: Order) -> bool:
        """Whether an order that was just paid for keeps the rules."""
        try:
            self.rules.check(order, self.market.price)
        except BinanceError:
            return False
        return True

    def close(self) -> None:
        """Close the ledger's file."""
        self.ledger.close()
