"""A simulated Binance or Kraken on loopback: a test double, the engine of the demo, and paper trading.

    exchange = SimulatedExchange.create(balances={"USDT": Decimal(10000)}, price=Decimal(64210))
    async with serve(exchange) as url:      # http://127.0.0.1:PORT, endpoints below /api/v3/
        ...                                 # any Binance client, pointed at `url`
        exchange.move(Decimal(62925))       # stops trigger before this returns
        exchange.faults.add(Fault("POST", "/api/v3/order", answer=Answer.DROPPED))
        exchange.naked().longest            # seconds, judged from the venue's own ledger

`SimulatedKraken.create(...)` takes the same arguments; `serve` yields an address with Kraken's endpoints below /0/.
`Market` is the matching core without protocol or storage; `RandomWalk` and `play` are a market that moves by itself.
"""

from adapters.simulator.accounts import Fees
from adapters.simulator.binance_security import Account
from adapters.simulator.book import Depth, Level
from adapters.simulator.exchange import DEFAULT_ACCOUNT, SimulatedExchange
from adapters.simulator.faults import Answer, ErrorAnswer, Execution, Fault, Faults
from adapters.simulator.feed import TIDES, Candle, RandomWalk, Regime, play
from adapters.simulator.filters import Rules
from adapters.simulator.kraken_exchange import KRAKEN_ACCOUNT, SimulatedKraken
from adapters.simulator.kraken_limits import BOUNDLESS, INTERMEDIATE, PRO, STARTER, Tier
from adapters.simulator.kraken_rules import PairRules
from adapters.simulator.ledger import Ledger
from adapters.simulator.live import Sight, Trade
from adapters.simulator.market import Market
from adapters.simulator.naked import Naked, naked_seconds
from adapters.simulator.orders import (
    Event,
    FeeIn,
    Fill,
    Order,
    OrderList,
    OrderRequest,
    OrderType,
    Side,
    Status,
    TimeInForce,
)
from adapters.simulator.server import serve
from adapters.simulator.state import Fate, NullJournal, Passed, Phase, Refusal, RefusedError, State

__all__ = [
    "BOUNDLESS",
    "DEFAULT_ACCOUNT",
    "INTERMEDIATE",
    "KRAKEN_ACCOUNT",
    "PRO",
    "STARTER",
    "TIDES",
    "Account",
    "Answer",
    "Candle",
    "Depth",
    "ErrorAnswer",
    "Event",
    "Execution",
    "Fate",
    "Fault",
    "Faults",
    "FeeIn",
    "Fees",
    "Fill",
    "Ledger",
    "Level",
    "Market",
    "Naked",
    "NullJournal",
    "Order",
    "OrderList",
    "OrderRequest",
    "OrderType",
    "PairRules",
    "Passed",
    "Phase",
    "RandomWalk",
    "Refusal",
    "RefusedError",
    "Regime",
    "Rules",
    "Side",
    "Sight",
    "SimulatedExchange",
    "SimulatedKraken",
    "State",
    "Status",
    "Tier",
    "TimeInForce",
    "Trade",
    "naked_seconds",
    "play",
    "serve",
]
