"""The exchange: does it answer, whose key is it, may it trade our pair, and with how much. One question a check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from adapters.exchanges import Balance, Refused, Ticker
from adapters.figures import money, quantity
from adapters.settings import Settings
from fsm.book import Book
from fsm.bot import Bot
from fsm.events import Assessed, Market
from fsm.gates import min_balance, min_notional
from fsm.sizing import entry_qty

from .findings import Finding, fail, ok, warn
from .venues import Rights, Venue

SKEWED, ASKEW = 1.0, 10.0  # seconds; the bot signs by the venue's clock, but judges the age of signals by its own
SOON = 14 * 86_400.0  # seconds until the key expires
STOPS = {"STOP_LOSS", "STOP_LOSS_LIMIT"}
NO_KEY = "make a new key at the exchange, and copy both parts"


async def clock_skew(venue: Venue, clock: Callable[[], float]) -> Finding:
    """Half the round trip is not the clock's fault."""
    before = clock()
    there = await venue.client.server_time()
    after = clock()
    off = max(abs((before + after) / 2 - there) - (after - before) / 2, 0.0)
    what = f"{off:.1f} s from the exchange's"
    fix = "synchronise this machine's clock: timedatectl set-ntp true"
    if off > ASKEW:
        return fail("clock", f"{what}: the age of signals would be judged wrongly", fix, fatal=True)
    return warn("clock", what, fix) if off > SKEWED else ok("clock", what)


async def key_works(venue: Venue, settings: Settings) -> Finding:
    """Also what it holds: coins that the bot did not buy stop it at its first boot."""
    try:
        held = await venue.client.get_balance()
    except Refused as refusal:
        if refusal.again is not None:
            raise
        what = f"the exchange refuses it: {refusal.reason}"
        fix = f"{NO_KEY}; is it of this exchange and mode, is this machine's address on its list?"
        return fail("key", what, fix, fatal=True)
    base, quote = settings.trading_pair.split("/")
    what = f"works; the account holds {money(held.cash)} {quote} and {quantity(held.base)} {base}"
    if held.base and not settings.database_path.exists():
        fix = "after the first start: auto-trader orphan keep, then auto-trader resume"
        return warn("key", f"{what}, which the bot did not buy: it will halt and ask", fix)
    return ok("key", what)


def withdrawal(rights: Rights | None) -> Finding:
    name = "withdrawal"
    if rights is None:
        return ok(name, "not asked: only the live exchange tells a key's rights")
    if rights.withdraw:
        what = "the key may withdraw: who steals it, takes everything"
        return fail(name, what, "take that right away at the exchange", fatal=True)
    if not rights.trade:
        return fail(name, "the key may not trade", "give it the right to trade on spot", fatal=True)
    if rights.more:
        what = f"cannot withdraw; but has rights the bot never needs: {', '.join(rights.more)}"
        return warn(name, what, "take them away at the exchange")
    return ok(name, "the key can trade, and cannot withdraw")


def expiry(rights: Rights | None, now: float) -> Finding:
    name = "expiry"
    if rights is None:
        return ok(name, "not asked: only the live exchange tells a key's rights")
    if rights.expires is None:
        return ok(name, "the key's right to trade does not end")
    day = datetime.fromtimestamp(rights.expires, UTC).date().isoformat()
    what = f"the key's right to trade ends on {day}"
    return warn(name, what, "renew it at the exchange") if rights.expires - now < SOON else ok(name, what)


def address(rights: Rights | None) -> Finding:
    name = "address"
    if rights is None:
        return ok(name, "not asked: only the live exchange tells a key's rights")
    if not rights.bound:
        what = "the key works from any address: who steals it can trade with your money"
        return warn(name, what, "at the exchange, restrict the key to this machine's address")
    return ok(name, "the key works from listed addresses only")


async def pair(venue: Venue, settings: Settings) -> Finding:
    listing = await venue.client.status()
    if not listing.listed:
        what = f"the exchange does not know {settings.trading_pair}"
        return fail("pair", what, "set TRADING_PAIR to one that it lists", fatal=True)
    if not listing.trading:
        what = f"{settings.trading_pair} is not traded at this moment"
        return warn("pair", what, "look at the exchange's status page; entries wait")
    return ok("pair", f"{settings.trading_pair} is listed and traded")


async def orders(venue: Venue, settings: Settings) -> Finding:
    name = "orders"
    types = await venue.order_types()
    if types is None:
        return ok(name, "market orders carry their stop")
    if "MARKET" not in types or not STOPS & types:
        what = f"{settings.trading_pair} takes no {'stops' if 'MARKET' in types else 'market orders'}"
        return fail(name, what, "set TRADING_PAIR to another one", fatal=True)
    if "STOP_LOSS" not in types:
        what = "stops are limit orders here: the price can jump over one, and it rests unfilled"
        return warn(name, what, "know the risk, or set TRADING_PAIR to another one")
    if settings.entry_mode == "atomic":
        if (await venue.client.market()).attached:
            return ok(name, "entries carry their stop, and stops sell at the market")
        what = f"ENTRY_MODE=atomic, but {settings.trading_pair} takes no order that pays for its stop"
        return warn(name, f"{what}: entries are market orders", "set ENTRY_MODE=market, or TRADING_PAIR to another one")
    return ok(name, "market orders, and stops that sell at the market")


async def size(venue: Venue, settings: Settings) -> Finding:
    held, ticker, market = (
        await venue.client.get_balance(),
        await venue.client.get_ticker(),
        await venue.client.market(),
    )
    return judge_size(settings, held, ticker, market)


def judge_size(settings: Settings, held: Balance, ticker: Ticker, market: Market) -> Finding:
    """By the very gates that would judge the signal."""
    name = "size"
    quote = settings.trading_pair.split("/")[1]
    facts = Assessed(at=0, signal_id="", price=ticker.ask, cash=held.free_cash, market=market)
    limits = settings.limits
    bot = Bot(limits=limits, market=market, mark=ticker.bid, facts=facts, book=Book().open(held.cash))
    have, risk = f"with {money(held.cash)} {quote}", f"{limits.risk_pct} % risk"
    if min_balance.veto(bot):
        what = f"{have} no order is placed: the bot needs {limits.min_equity} {quote}"
        return fail(name, what, f"deposit {quote}")
    worth, smallest = entry_qty(bot) * ticker.ask, max(market.min_notional, limits.min_notional)
    what = f"{have} and {risk} your orders are {money(worth)} {quote}; minimum {quantity(smallest)}"
    if min_notional.veto(bot):
        left = (1 - 2 * market.fee) * (1 - limits.stop_pct / 100)
        needed = smallest / left * limits.stop_pct / limits.risk_pct + market.lot * ticker.ask
        fix = f"have at least {money(needed)} {quote}, or raise RISK_PER_TRADE_PCT, or lower STOP_LOSS_PCT"
        return fail(name, f"{what}, also after a fall to the stop: every BUY would be refused", fix)
    wanted = held.cash * limits.risk_pct / limits.stop_pct
    if worth < wanted * Decimal("0.99"):
        what = f"{what}. That is all there is: {risk} and a stop at {limits.stop_pct} % ask for {money(wanted)}"
        return warn(name, what, "raise STOP_LOSS_PCT or lower RISK_PER_TRADE_PCT, or know that less is at risk")
    return ok(name, what)


async def fee_currency(venue: Venue) -> Finding:
    if asset := await venue.fees_elsewhere():
        what = f"fees may be taken in {asset}, which is in no book of the bot: its P&L would look too good"
        return fail("fees", what, f"at the exchange, turn off paying fees in {asset}", fatal=True)
    return ok("fees", "taken from the pair, so the P&L is net of them")
