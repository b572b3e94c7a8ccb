"""Private endpoints which only look: balances, orders, trades and the key itself. Kraken's pages "Account Data"."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from adapters.simulator.kraken_errors import KrakenError, invalid
from adapters.simulator.kraken_exchange import SimulatedKraken
from adapters.simulator.kraken_names import code, number, number_of, order_txid, trade_txid
from adapters.simulator.kraken_params import Params
from adapters.simulator.kraken_shapes import Json, order_row, seconds, trade_row
from adapters.simulator.orders import ZERO, Fill, Order

_PAGE: Final = 50
_IDS: Final = 20


def balance(venue: SimulatedKraken, _params: Params) -> Json:
    """Totals."""
    return {name: row["balance"] for name, row in balance_ex(venue, _params).items()}


def balance_ex(venue: SimulatedKraken, _params: Params) -> Json:
    """Totals, and what open orders hold of them."""
    market = venue.market
    found = {}
    for asset, total in market.purse.totals.items():
        name, held = code(asset), market.locked(asset)
        found[name] = {"balance": number(total, 8), "hold_trade": number(held, 8)}
        if venue.auto_earn and asset == market.base:
            found[name]["balance"] = number(ZERO, 8)
            found[f"{venue.pair.codes[name]}.F"] = {"balance": number(total, 8), "hold_trade": number(ZERO, 8)}
    return found


def trade_volume(venue: SimulatedKraken, params: Params) -> Json:
    """The account's volume and its commission rates in per cent."""
    fees = venue.market.fees
    if params.has("pair"):
        params.pair(*venue.pair.names)
    rates = {"fees": fees.taker, "fees_maker": fees.maker}
    schedules = {
        name: {
            venue.pair.key: {
                "fee": f"{rate * 100:.4f}",
                "minfee": "0.0000",
                "maxfee": f"{rate * 100:.4f}",
                "nextfee": f"{rate * 100:.4f}",
                "nextvolume": "10000.0000",
                "tiervolume": "0.0000",
            }
        }
        for name, rate in rates.items()
    }
    return {"currency": "ZUSD", "volume": "0.0000", **schedules}


def api_key_info(venue: SimulatedKraken, _params: Params) -> Json:
    """What the key is and may do."""
    now = str(venue.now() // 1000)
    return {
        "apiKeyName": "simulated",
        "apiKey": venue.account.api_key,
        "nonce": str(venue.nonces.last),
        "nonceWindow": venue.nonces.window,
        "permissions": list(venue.permissions),
        "iban": "",
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": now,
        "modifiedTime": now,
        "ipAllowlist": [],
        "lastUsed": now,
    }


def open_orders(venue: SimulatedKraken, params: Params) -> Json:
    """All that can still trade, newest first."""
    wanted = _wanted(params)
    found = [order for order in reversed(venue.market.open_orders()) if wanted(order)]
    return {"open": _rows(venue, params, found)}


def closed_orders(venue: SimulatedKraken, params: Params) -> Json:
    """Orders that ended, 50 a page, the last to end first. `start` is exclusive, `end` inclusive."""
    wanted, times = _wanted(params), params.optional("closetime") or "both"
    if times not in ("open", "close", "both"):
        raise invalid("closetime")
    start, end = _moment(venue, params, "start", 0.0), _moment(venue, params, "end", float("inf"))

    def within(order: Order) -> bool:
        moments = {"open": [order.created], "close": [order.updated], "both": [order.created, order.updated]}[times]
        return any(start < seconds(moment) <= end for moment in moments)

    ended = [order for order in venue.market.state.orders.values() if not order.open]
    found = [order for order in ended if wanted(order) and within(order) and not _hidden(venue, order)]
    found.sort(key=lambda order: (order.updated, order.id), reverse=True)
    first = params.integer("ofs", 0)
    answer: Json = {"closed": _rows(venue, params, found[first : first + _PAGE], seen=True)}
    return answer if params.flag("without_count") else answer | {"count": len(found)}


def query_orders(venue: SimulatedKraken, params: Params) -> Json:
    """Orders by id, 20 at most; `userref` and `cl_ord_id` only narrow them down."""
    ids = [txid.strip() for txid in params.text("txid").split(",")]
    if len(ids) > _IDS:
        raise invalid("txid")
    wanted = _wanted(params)
    rows = _rows(venue, params, [found for found in (named_order(venue, txid) for txid in ids) if wanted(found)])
    if not rows and not (params.has("userref") or params.has("cl_ord_id")):
        raise KrakenError("EOrder:Unknown order")
    return rows


def query_trades(venue: SimulatedKraken, params: Params) -> Json:
    """Fills by id, 20 at most."""
    ids = [txid.strip() for txid in params.text("txid").split(",")]
    fills = {trade_txid(fill.id): fill for fill in venue.market.state.fills}
    if len(ids) > _IDS:
        raise invalid("txid")
    if unknown := [txid for txid in ids if txid not in fills]:
        raise KrakenError("EGeneral:Invalid arguments" if number_of(unknown[0]) is None else "EQuery:Unknown trade")
    return {txid: _trade(venue, fills[txid]) for txid in ids}


def trades_history(venue: SimulatedKraken, params: Params) -> Json:
    """Fills, 50 a page, newest first. `start` is exclusive, `end` inclusive."""
    start, end = _moment(venue, params, "start", 0.0), _moment(venue, params, "end", float("inf"))
    found = [fill for fill in reversed(venue.market.state.fills) if start < seconds(fill.time) <= end]
    page = found[params.integer("ofs", 0) :][:_PAGE]
    return {"trades": {trade_txid(fill.id): _trade(venue, fill) for fill in page}, "count": len(found)}


def named_order(venue: SimulatedKraken, txid: str, never: str = "EOrder:Unknown order") -> Order:
    """The order of an id. Raises `never` for an id that was never given out."""
    number = number_of(txid)
    found = venue.market.state.orders.get(number) if number else None
    if found is None:
        raise KrakenError(never if number is not None else "EOrder:Invalid order")
    return found


def _wanted(params: Params) -> Callable[[Order], bool]:
    client_id, reference = params.client_id(), params.user_ref()

    def wanted(order: Order) -> bool:
        return client_id in ("", order.client_id) and reference in ("", order.words.get("userref"))

    return wanted


def _rows(venue: SimulatedKraken, params: Params, orders: Iterable[Order], *, seen: bool = False) -> Json:
    fills: dict[int, list[Fill]] = defaultdict(list)
    for fill in venue.market.state.fills:
        fills[fill.order_id].append(fill)
    return {
        order_txid(order.id): order_row(order, venue.pair, fills[order.id], trades=params.flag("trades"))
        for order in orders
        if seen or not _hidden(venue, order)
    }


def _hidden(venue: SimulatedKraken, order: Order) -> bool:
    return venue.faults.hides(order.id, (venue.market.now() - order.created) / 1000)


def _trade(venue: SimulatedKraken, fill: Fill) -> Json:
    return trade_row(fill, venue.market.state.orders[fill.order_id], venue.pair)


def _moment(venue: SimulatedKraken, params: Params, name: str, default: float) -> float:
    """A time in epoch seconds, or the opening time of the order whose id is given."""
    if not params.has(name):
        return default
    text = params.text(name)
    try:
        return float(text)
    except ValueError:
        return seconds(named_order(venue, text).created)
