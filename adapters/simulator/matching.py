"""The mechanics under the market: fills, triggers, and the orders that fills create or pay."""

from decimal import ROUND_DOWN, Decimal

from adapters.simulator.book import Walk
from adapters.simulator.bookkeeping import Bookkeeping
from adapters.simulator.orders import (
    NOT_WORKING,
    STOPS,
    UNNAMED,
    ZERO,
    Fill,
    Order,
    OrderRequest,
    OrderType,
    Side,
    Status,
    TimeInForce,
)
from adapters.simulator.state import Fate, Passed, Phase


class Matching(Bookkeeping):
    """One account's orders meeting the offers of a market."""

    def _accept(self, request: OrderRequest, list_id: int = -1, parent: int = 0, status: Status = Status.NEW) -> Order:
        number, now = next(reversed(self.state.orders), 0) + 1, self.now()
        order = Order(
            id=number,
            client_id=request.client_id or f"{UNNAMED}{number:019d}",
            side=request.side,
            type=request.type,
            quantity=request.quantity,
            quote_quantity=request.quote_quantity,
            price=request.price,
            stop_price=request.stop_price,
            time_in_force=request.time_in_force,
            list_id=list_id,
            created=now,
            updated=now,
            working=NOT_WORKING if request.type in STOPS or status is Status.PENDING_NEW else now,
            status=status,
            close_stop=request.close_stop,
            close_price=request.close_price,
            fee_in=request.fee_in or self.fees.charged_in,
            parent=parent,
            words=request.words,
        )
        self.state.orders[number] = self._open[number] = self._changes.orders[number] = order
        self._note("accepted", order=str(number), client_id=order.client_id, type=order.type.value)
        return order

    def _execute(self, order: Order, walk: Walk) -> None:
        """Take a walk's levels at once; what a dry book leaves of a market order expires.

        Binance, "Market Orders FAQ": a market order that empties the book ends EXPIRED with what it got.
        """
        if order.quote_quantity > 0:
            order.quantity = walk.quantity
        self._take(order, walk)
        self._finish(order, Status.EXPIRED if walk.dry else Status.FILLED)

    def _match_limit(self, order: Order) -> None:
        """Match a limit order that just reached the book, then rest or expire what is left."""
        walk = self.book.walk(order.side, order.quantity, limit=order.price, cap=self.thin)
        if walk.dry and order.time_in_force is TimeInForce.FOK:
            self.thin = None
            self._finish(order, Status.EXPIRED, "UNFILLED_FOK_ORDER_EXPIRED")
            return
        self._take(order, walk)
        if not walk.dry:
            self._finish(order, Status.FILLED)
        elif order.time_in_force is TimeInForce.IOC:
            self._finish(order, Status.EXPIRED)

    def _take(self, order: Order, walk: Walk) -> None:
        self.thin = None
        self.book.take(order.side, walk)
        for level in walk.levels:
            self._fill(order, level.price, level.quantity, maker=False)

    def _fill(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> None:
        amount = price * quantity
        commission, asset = self.fees.due(order, price, quantity, maker=maker, purse=self.purse)
        sign = 1 if order.side is Side.BUY else -1
        if pending := self._paid_by(order):
            self._pay(pending, quantity, commission if asset == self.base else ZERO)
        self.purse.add(self.base, sign * quantity)
        self.purse.add(self.quote, -sign * amount)
        self.purse.add(asset, -commission)
        order.executed += quantity
        order.quote_executed += amount
        order.status, order.updated = Status.PARTIALLY_FILLED, self.now()
        fill = Fill(
            id=len(self.state.fills) + 1,
            order_id=order.id,
            list_id=order.list_id,
            side=order.side,
            price=price,
            quantity=quantity,
            commission=commission,
            commission_asset=asset,
            maker=maker,
            time=order.updated,
        )
        self.state.fills.append(fill)
        self._changes.fills.append(fill)
        self._changes.orders[order.id] = order
        self._note("fill", order=str(order.id), price=str(price), quantity=str(quantity))
        if order.close_stop or order.close_price:
            self._add_secondary(order, quantity)

    def _add_secondary(self, order: Order, quantity: Decimal) -> None:
        """Create the order that a fill asks for. Once created it is on its own."""
        fate = self.fates.popleft() if self.fates else Fate.CREATED
        if fate is Fate.MISSING:
            return
        affordable = quantity <= self.purse.free(self.base, self._open.values())
        created = self._accept(order.secondary(quantity), parent=order.id)
        if fate is Fate.CANCELED or not affordable:
            self._finish(created, Status.CANCELED, "Insufficient funds")
        elif created.type is OrderType.LIMIT:
            self._match_limit(created)
        elif self.price <= created.stop_price:
            self._pass(created)

    def _paid_by(self, order: Order) -> Order | None:
        """The order that waits for what this one receives."""
        return next((other for other in self._open.values() if other.pending and other.parent == order.id), None)

    def _pay(self, pending: Order, quantity: Decimal, commission: Decimal) -> None:
        """Lock what was received. Its commission comes from other coins, if enough are free (Binance, "OPO FAQ")."""
        spared = commission <= self.purse.free(self.base, self._open.values())
        pending.quantity += quantity if spared else quantity - commission
        self._changes.orders[pending.id] = pending

    def _activate(self, pending: Order) -> None:
        """Bring an order that was paid to the market, in whole lots; the rest of what it had locked is free again.

        Only now it meets the filters and the price, and may be refused (Binance, "OPO FAQ"; "User Data Streams",
        expiry reason REJECTED).
        """
        fate = self.fates.popleft() if self.fates else Fate.CREATED
        if fate is Fate.MISSING:
            return
        pending.quantity = (pending.quantity / self.lot).to_integral_value(ROUND_DOWN) * self.lot
        passed = pending.type in STOPS and self.price <= pending.stop_price
        if fate is Fate.CANCELED or passed or not self.admits(pending):
            pending.quantity = ZERO  # it never was for sale
            self._finish(pending, Status.EXPIRED, "REJECTED")
            return
        pending.status, pending.updated = Status.NEW, self.now()
        self._changes.orders[pending.id] = pending
        self._note("activated", order=str(pending.id), client_id=pending.client_id)

    def _pass(self, order: Order) -> None:
        """Deal with a stop which the price has passed already, on venues that do not refuse it."""
        if self.passed is Passed.TRIGGERED:
            self._trigger(order)
        else:
            self._finish(order, Status.CANCELED, "Order would trigger immediately")

    def _finish(self, order: Order, status: Status, reason: str = "") -> None:
        """Close an order, with what it was to pay for, and its list once no leg of it is open."""
        order.status, order.updated, order.reason = status, self.now(), reason
        self._open.pop(order.id, None)
        self._changes.orders[order.id] = order
        self._note(status.value.lower(), order=str(order.id), client_id=order.client_id)
        if (pending := self._paid_by(order)) and status is Status.FILLED:
            self._activate(pending)
        elif pending:
            self._finish(pending, Status.EXPIRED, "OTO_PHASE_ONE_EXPIRED")
        listed = self.state.lists.get(order.list_id)
        if listed and not any(other.list_id == order.list_id for other in self._open.values()):
            listed.done, listed.updated = True, order.updated
            self._changes.lists[listed.id] = listed

    def _expire_siblings(self, order: Order) -> None:
        """The other leg of an OCO; never an order that this one has just paid for."""
        for other in list(self._open.values()):
            if order.list_id > 0 and other.list_id == order.list_id and other.parent != order.id and other is not order:
                self._finish(other, Status.EXPIRED)

    def _match_all(self) -> None:
        """Let the present price trigger stops and fill resting orders, oldest first."""
        if self.state.phase is not Phase.TRADING:
            return
        for order in list(self._open.values()):
            if order.waiting and self.price <= order.stop_price:
                self._trigger(order)
            elif order.open and not order.waiting and not order.pending and self._touched(order):
                self._fill(order, order.price, order.remaining, maker=True)
                self._finish(order, Status.FILLED)
                self._expire_siblings(order)

    def _touched(self, order: Order) -> bool:
        return self.price >= order.price if order.side is Side.SELL else self.price <= order.price

    def _trigger(self, order: Order) -> None:
        """Turn a stop into the order it stands for.

        The other leg of a list expires before the stop executes (Binance, "User Data Streams", order lists). After a
        gap a STOP_LOSS sells at the gapped price; a STOP_LOSS_LIMIT may find no bid at its limit and just rest.
        """
        if not self.purse.hold_stops and order.remaining > self.purse.free(self.base, self._open.values()):
            self._finish(order, Status.CANCELED, "Insufficient funds")
            return
        order.working = self.now()
        self._changes.orders[order.id] = order
        self._note("triggered", order=str(order.id), stop_price=str(order.stop_price))
        self._expire_siblings(order)
        if order.type is OrderType.STOP_LOSS:
            self._execute(order, self.book.walk(order.side, order.quantity, cap=self.thin))
        else:
            self._match_limit(order)
