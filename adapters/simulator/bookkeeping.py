"""What every operation of a market stands on: its memory, clock and book, and the transaction around it."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from adapters.simulator.accounts import Fees, Purse
from adapters.simulator.book import Book, Depth, Offers, Walk
from adapters.simulator.orders import ZERO, Event, Order, OrderRequest, OrderType
from adapters.simulator.state import Changes, Fate, Journal, Passed, State


class Bookkeeping:
    """One account at one market, and what is open there."""

    def __init__(
        self,
        state: State,
        *,
        base: str,
        quote: str,
        clock: Callable[[], float],
        journal: Journal,
        fees: Fees | None = None,
        depth: Depth | None = None,
        tick: Decimal = Decimal("0.01"),
        lot: Decimal = Decimal("0.00001"),
    ) -> None:
        """`clock` returns epoch seconds (UTC); `tick` and `lot` are the steps of price and quantity."""
        self.state, self.base, self.quote = state, base, quote
        self.fees, self.depth = fees or Fees(), depth or Depth()
        self.tick, self.lot = tick, lot
        self.purse = Purse(base, quote, state.totals, self.fees)
        self.thin: Decimal | None = None
        self.passed = Passed.REFUSED
        self.fates: deque[Fate] = deque()
        self.admits: Callable[[Order], bool] = lambda _order: True  # the venue's filters, for an order that was paid
        self._clock, self._journal = clock, journal
        self._changes = Changes()
        self._book: Offers | None = None
        self._open = {order.id: order for order in state.orders.values() if order.open}

    @property
    def price(self) -> Decimal:
        """The last traded price."""
        return self.state.price

    @property
    def book(self) -> Offers:
        """The order book: the one that was observed, or a synthetic one at this price."""
        if self._book is None:
            self._book = Book(self.price, self.depth, self.tick)
        return self._book

    def now(self) -> int:
        """The market's time in epoch milliseconds."""
        return int(self._clock() * 1000)

    def covered(self) -> Decimal:
        """Base quantity that waiting stops would sell."""
        return sum((order.remaining for order in self._open.values() if order.waiting), ZERO)

    @contextmanager
    def _operation(self) -> Iterator[None]:
        """Collect what happens inside and journal it, as one, at the end."""
        self._changes = changes = Changes()
        yield
        held, covered, now = self.purse.totals.get(self.base, ZERO), self.covered(), self.now()
        events = [
            Event(time=now, kind=kind, detail=detail, held=held, covered=covered, price=self.price)
            for kind, detail in changes.notes
        ]
        self._journal.save(self.state, changes, events)

    def _note(self, kind: str, **detail: str) -> None:
        self._changes.notes.append((kind, detail))

    def _preview(self, request: OrderRequest) -> Walk:
        """What the order would take from the book now."""
        limit = request.price if request.type is not OrderType.MARKET else ZERO
        if request.quote_quantity > 0:
            return self.book.spend(request.side, request.quote_quantity, self.lot, cap=self.thin)
        return self.book.walk(request.side, request.quantity, limit=limit, cap=self.thin)
