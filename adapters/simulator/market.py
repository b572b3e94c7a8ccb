"""The matching core's front: one account, one pair, deterministic, Decimal only, no I/O, no clock of its own.

A price is set with `move`; everything that the new price makes happen has happened when it returns. Every command
ends in one call of the journal with all that it changed, before its result is returned.
"""

from collections.abc import Mapping
from decimal import Decimal

from adapters.simulator.book import Walk
from adapters.simulator.live import LiveBook, Sight
from adapters.simulator.matching import Matching
from adapters.simulator.orders import PRICED, STOPS, Order, OrderList, OrderRequest, OrderType, Side, Status
from adapters.simulator.state import Passed, Phase, Refusal, RefusedError


class Market(Matching):
    """What may be asked of a market, and what may be told to it."""

    def open_orders(self) -> list[Order]:
        """Orders that can still trade, oldest first."""
        return list(self._open.values())

    def find(self, client_id: str) -> Order | None:
        """The newest order under a client id: ids may be used again once their order is no longer open."""
        matches = (order for order in reversed(self.state.orders.values()) if order.client_id == client_id)
        return next(matches, None)

    def find_list(self, client_id: str) -> OrderList | None:
        """The newest list under a client id."""
        matches = (listed for listed in reversed(self.state.lists.values()) if listed.client_id == client_id)
        return next(matches, None)

    def legs(self, list_id: int) -> list[Order]:
        """The orders of a list."""
        return [order for order in self.state.orders.values() if order.list_id == list_id]

    def free(self, asset: str) -> Decimal:
        """Balance that no open order holds."""
        return self.purse.free(asset, self._open.values())

    def locked(self, asset: str) -> Decimal:
        """Balance held by open orders."""
        return self.purse.locked(asset, self._open.values())

    def place(self, request: OrderRequest) -> Order:
        """Accept an order and match it as far as the book allows. Raises `RefusedError`."""
        self._admit(request)
        passed = request.type in STOPS and self.price <= request.stop_price
        if passed and self.passed is Passed.REFUSED:
            raise RefusedError(Refusal.TRIGGERS_NOW)
        walk = self._preview(request)
        if request.type is OrderType.LIMIT_MAKER and walk.levels:
            raise RefusedError(Refusal.MATCHES_NOW)
        self._afford(request, walk)
        with self._operation():
            order = self._accept(request)
            if order.type is OrderType.MARKET:
                self._execute(order, walk)
            elif order.type is OrderType.LIMIT:
                self._match_limit(order)
            elif passed:
                self._pass(order)
        return order

    def place_oco(self, above: OrderRequest, below: OrderRequest, client_id: str = "") -> OrderList:
        """Accept a maker order above the market and a stop below it, over one quantity. Raises `RefusedError`."""
        self._admit(above)
        self._admit(below)
        listed = self.find_list(client_id)
        if (listed and not listed.done) or (above.client_id and above.client_id == below.client_id):
            raise RefusedError(Refusal.DUPLICATE)
        if not above.price > self.price > below.stop_price:
            raise RefusedError(Refusal.PRICES_CROSSED)
        if above.quantity > self.free(self.base):
            raise RefusedError(Refusal.FUNDS)
        with self._operation():
            listed = self._list(client_id)
            self._accept(below, listed.id)
            self._accept(above, listed.id)
        return listed

    def place_opo(self, working: OrderRequest, pending: OrderRequest, client_id: str = "") -> OrderList:
        """Accept a BUY and the SELL that it pays for: when the one is filled, the other takes what was received, when
        it ends without, so does the other. Raises `RefusedError`."""
        self._admit(working)
        self._admit(pending)
        listed = self.find_list(client_id)
        if (listed and not listed.done) or (working.client_id and working.client_id == pending.client_id):
            raise RefusedError(Refusal.DUPLICATE)
        walk = self._preview(working)
        if working.type is OrderType.LIMIT_MAKER and walk.levels:
            raise RefusedError(Refusal.MATCHES_NOW)
        self._afford(working, walk)
        with self._operation():
            listed = self._list(client_id)
            payer = self._accept(working, listed.id)
            self._accept(pending, listed.id, parent=payer.id, status=Status.PENDING_NEW)
            if payer.type is OrderType.LIMIT:
                self._match_limit(payer)
        return listed

    def cancel(self, order_id: int, *, client_id: str | None = None, by_venue: bool = False) -> list[Order]:
        """Take an order off the market, with its whole list if it is part of one; returns what went.

        `client_id` replaces the id of what was cancelled. A venue that cancels unasked expires the order.
        Raises `RefusedError`.
        """
        order = self._open.get(order_id)
        if order is None:
            raise RefusedError(Refusal.UNKNOWN)
        if self.state.phase not in (Phase.TRADING, Phase.CANCEL_ONLY) and not by_venue:
            raise RefusedError(Refusal.CLOSED)
        with self._operation():
            gone = [order] if order.list_id < 0 else [leg for leg in self.legs(order.list_id) if leg.open]
            for leg in reversed(gone):  # what is to be paid before what pays
                self._finish(leg, Status.EXPIRED if by_venue else Status.CANCELED)
                leg.client_id = client_id or leg.client_id
        return gone

    def amend(
        self,
        order_id: int,
        *,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> Order:
        """Change a waiting stop in place; one whose new trigger is passed triggers at once. Raises `RefusedError`."""
        order = self._open.get(order_id)
        if order is None or not order.waiting:
            raise RefusedError(Refusal.UNKNOWN)
        if self.state.phase is not Phase.TRADING:
            raise RefusedError(Refusal.CLOSED)
        if quantity and quantity - order.quantity > self.free(self.base):
            raise RefusedError(Refusal.FUNDS)
        with self._operation():
            order.quantity, order.price = quantity or order.quantity, price or order.price
            order.stop_price, order.updated = stop_price or order.stop_price, self.now()
            self._changes.orders[order.id] = order
            self._note("amended", order=str(order.id), stop_price=str(order.stop_price))
            self._match_all()
        return order

    def move(self, price: Decimal) -> None:
        """Set the last traded price, which refills the book and then triggers and fills whatever it touches."""
        with self._operation():
            self.state.price = price
            self._book = None
            self._match_all()

    def observe(self, sight: Sight) -> None:
        """Go on as a real market did: its book replaces ours, and each of its trades triggers and fills what it
        touches, against that book. The trades and all that they caused are journaled together with the cursor."""
        book = self._book if isinstance(self._book, LiveBook) else LiveBook()
        book.renew(sight)
        self._book = book
        if not sight.trades and sight.cursor == self.state.cursor:
            return
        with self._operation():
            for trade in sight.trades:
                self.state.price = trade.price
                self._match_all()
            self.state.cursor = sight.cursor

    def set_phase(self, phase: Phase) -> None:
        """Open or close the market. On opening, stops that the price passed meanwhile trigger at once."""
        with self._operation():
            self.state.phase = phase
            self._note("phase", phase=phase.value)
            self._match_all()

    def transfer(self, asset: str, amount: Decimal) -> None:
        """Deposit, or with a negative amount withdraw. Raises `RefusedError` beyond the free balance."""
        if amount < 0 and -amount > self.free(asset):
            raise RefusedError(Refusal.FUNDS)
        with self._operation():
            self.purse.add(asset, amount)
            self._note("transfer", asset=asset, amount=str(amount))

    def _list(self, client_id: str) -> OrderList:
        number, now = next(reversed(self.state.lists), 0) + 1, self.now()
        listed = OrderList(id=number, client_id=client_id or f"list{number}", created=now, updated=now)
        self.state.lists[number] = self._changes.lists[number] = listed
        return listed

    def wipe(self, given: Mapping[str, Decimal]) -> None:
        """Begin anew, as a test network does: every order, list and fill is forgotten; `given` is what there is."""
        with self._operation():
            for memory in (self.state.orders, self.state.lists, self.state.fills, self._open, self.state.totals):
                memory.clear()
            self.state.totals.update(given)
            self._changes.wiped = True
            self._note("wiped")

    def _admit(self, request: OrderRequest) -> None:
        if self.state.phase is not Phase.TRADING:
            raise RefusedError(Refusal.CLOSED)
        if request.client_id and any(order.client_id == request.client_id for order in self._open.values()):
            raise RefusedError(Refusal.DUPLICATE)
        stops = request.type in STOPS if request.side is Side.BUY else request.close_stop or request.close_price
        if stops:
            raise RefusedError(Refusal.UNSUPPORTED)

    def _afford(self, request: OrderRequest, walk: Walk) -> None:
        """Refuse what the free balance cannot pay. A market order is measured by what the book would give it."""
        if request.side is Side.SELL:
            asset, needed = self.base, max(request.quantity, walk.quantity)
        elif request.type in PRICED:
            asset, needed = self.quote, request.quantity * request.price
        else:
            asset, needed = self.quote, max(walk.amount, request.quote_quantity)
        on_top = self.fees.on_top(request.side, request.fee_in or self.fees.charged_in)
        if needed * (1 + on_top) > self.free(asset):
            raise RefusedError(Refusal.FUNDS)
