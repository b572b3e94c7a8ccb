"""The whole truth about one bot, as one frozen value. Loading it is the whole recovery."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from .book import DAY, Book
from .commands import Signal
from .effects import AnyEffect, Audit, Cancel, Place, Query
from .events import Assessed, Market
from .ledger import NEVER, ZERO, Ledger, Order, Purpose, moved
from .limits import Limits
from .witness import Witness


class State(StrEnum):
    """Seven promises about the ledger; `docs/lifecycle.md` spells them out."""

    IDLE = "idle"
    VALIDATING = "validating"
    ORDERING = "ordering"
    IN_POSITION = "in_position"
    PAUSED = "paused"
    HALTED = "halted"
    KILLED = "killed"


class Want(StrEnum):
    """The operator's will. Settling drives towards it."""

    RUN = "run"
    HALT = "halt"
    KILL = "kill"


class Leave(Struct, frozen=True, omit_defaults=True):
    """Why we are getting out; kept until we are."""

    why: str
    signal_id: str = ""


class Suspect(Struct, frozen=True, omit_defaults=True):
    """A difference between our books and the account that one audit showed. Two make it real."""

    base: Decimal
    cash: Decimal
    orders: tuple[str, ...]
    seq: int


class Heard(Struct, frozen=True):
    """A signal we met within the last minute."""

    signal: Signal
    at: float


class Bot(Struct, frozen=True, omit_defaults=True):
    state: State = State.IDLE
    want: Want = Want.RUN
    why: tuple[str, ...] = ()  # paused, halted or killed: because of this
    leave: Leave | None = None
    signal: Signal | None = None  # the entry signal that has no verdict yet
    opener: str = ""  # the signal that opened the trade in the ledger
    facts: Assessed | None = None
    ledger: Ledger = Ledger()
    book: Book = Book()
    limits: Limits = Limits()
    market: Market = Market()
    pair: str = ""
    tag: str = "00000000"
    epoch: int = 0
    mark: Decimal | None = None
    sunk_at: float | None = None  # the first of the latest marks that were all beyond the drawdown limit
    marked_at: float = NEVER
    trading: bool = True
    audited: bool = False  # since the last boot
    audit_at: float = NEVER
    pictured: float = NEVER  # when an audit last was evidence
    suspect: Suspect | None = None
    orphan: Decimal = ZERO  # coins that appeared (or, negative, went) and that nobody has explained
    strays: tuple[str, ...] = ()  # open orders that are not ours, or ours but forgotten
    testnet: bool = False  # the venue may begin anew, with other balances and without our orders
    witness: Witness | None = None  # on a test network, once an entry has filled
    heard: tuple[Heard, ...] = ()
    bare_since: float | None = None  # from when on some coins were without a confirmed stop
    bare_told: bool = False  # that it lasts too long
    seq: int = 0
    now: float = 0.0

    @property
    def coins(self) -> Decimal:
        """Everything that is ours, dust included."""
        return self.ledger.position + self.book.dust

    @property
    def childless(self) -> tuple[Order, ...]:
        """Entries whose attached stops are not all in sight."""
        return self.ledger.childless(self.market.lot)

    @property
    def owned(self) -> Decimal:
        """The position, less what earlier trades sold of coins that are not ours."""
        return self.ledger.position + min(self.book.dust, ZERO)

    @property
    def wiped(self) -> bool:
        """The test network began anew: the account of these books is no more."""
        return self.witness is not None and self.witness.forgotten

    @property
    def amnesia(self) -> bool:
        """The venue does not know even the witness: that it does not know another order says nothing about that one."""
        return self.witness is not None and self.witness.misses > 0

    @property
    def held(self) -> Decimal:
        """What of it is really there: coins that went missing can be neither protected nor sold."""
        return ZERO if self.wiped else self.owned + min(self.orphan + self.book.foreign, ZERO)

    @property
    def cash(self) -> Decimal:
        return (self.book.cash or ZERO) + self.ledger.flow

    @property
    def equity(self) -> Decimal:
        """Quote. Coins count at the mark, or, before there is one, at what they cost."""
        return self.cash + self.coins * (self.mark or self.ledger.entry_price or ZERO)

    @property
    def realised_equity(self) -> Decimal:
        """Quote. Coins count at what they cost: today's result is what today's trades realised, so the day must not
        open with an open profit or loss in it."""
        return self.cash + self.ledger.position * (self.ledger.entry_price or ZERO)

    def sellable(self, qty: Decimal) -> Decimal:
        """What the venue would let us sell of this much, or zero: then it is dust. One odd bid makes no position dust:
        a price under half of what was paid is not believed here."""
        lots, least = (qty / self.market.lot).to_integral_value(ROUND_DOWN) * self.market.lot, self.market.min_notional
        enough = self.mark is None or lots * self.mark >= least or lots * (self.ledger.entry_price or ZERO) / 2 >= least
        return lots if lots >= self.market.min_qty and enough else ZERO

    def heard_at(self, signal: Signal) -> float:
        return next((h.at for h in reversed(self.heard) if h.signal == signal), signal.at)

    def set_clock(self, by: float) -> Bot:
        """The clock was set by so many seconds: every moment moves along, so that what has lasted a while still has."""
        now = self.now + by
        return replace(
            self,
            now=now,
            ledger=self.ledger.set_clock(by),
            book=replace(self.book, lost_at=moved(self.book.lost_at, by), day=min(self.book.day, int(now // DAY))),
            heard=tuple(replace(h, at=h.at + by) for h in self.heard),
            marked_at=moved(self.marked_at, by),
            audit_at=moved(self.audit_at, by),
            pictured=moved(self.pictured, by),
            witness=self.witness and self.witness.set_clock(by),
            bare_since=None if self.bare_since is None else self.bare_since + by,
        )

    def testified(self, cid: str, learn: Callable[[Witness], Witness]) -> Bot:
        """The witness learns something, if this is the witness."""
        witness = self.witness
        return replace(self, witness=learn(witness)) if witness and witness.cid == cid else self

    def record(self, order: Order) -> Bot:
        return replace(self, ledger=self.ledger.put(order, self.seq))

    def expecting(self, effect: AnyEffect) -> Bot:
        """Leave the effect's footprint, so that the journal knows before the world does."""
        match effect:
            case Place(cid, purpose, qty, expires, trigger):
                attached = purpose is Purpose.ENTRY and trigger is not None
                return self.record(
                    Order(cid, purpose, qty, self.now, expires, trigger, attached=attached, checked=self.now)
                )
            case Cancel(cid) if order := self.ledger.get(cid):
                return self.record(replace(order, cancel_asked=True, checked=self.now))
            case Query(cid, asked_at):
                order = self.ledger.get(cid)
                bot = self.record(replace(order, asked_at=asked_at, checked=self.now)) if order else self
                return bot.testified(cid, lambda witness: witness.asked(asked_at))
            case Audit():
                return replace(self, audit_at=self.now)
            case _:
                return self
