"""How Kraken calls things: assets, pairs, orders and trades.

Bitcoin is XBT; coins that are older than 2017 or so carry an X before their name, fiat money a Z, and newer assets such
as USDT nothing (Kraken's pages "Get Asset Info" and "Get Tradable Asset Pairs").
"""

import re
from decimal import Decimal
from typing import Final

_ALTNAMES: Final = {"BTC": "XBT", "DOGE": "XDG"}
_CODES: Final = {
    **{name: f"X{name}" for name in ("XBT", "ETH", "LTC", "XRP", "XLM", "XMR", "ZEC", "ETC", "REP", "XDG")},
    **{name: f"Z{name}" for name in ("USD", "EUR", "GBP", "CAD", "JPY", "AUD")},
}
_ORDER: Final = "OSIMUL-ORDER-{:06d}"
_TRADE: Final = "TSIMUL-TRADE-{:06d}"
_ID: Final = re.compile(r"([OT])[A-Z0-9]{5}-[A-Z0-9]{5}-([A-Z0-9]{6,})")


def altname(asset: str) -> str:
    """What an asset is called in pair names: XBT, USDT, USD."""
    return _ALTNAMES.get(asset, asset)


def code(asset: str) -> str:
    """What an asset is called in balances: XXBT, USDT, ZUSD."""
    return _CODES.get(altname(asset), altname(asset))


def pair_key(base: str, quote: str) -> str:
    """What a pair is called as a key of results: XBTUSDT, but XXBTZUSD where both sides have old names."""
    old = all(code(asset) != altname(asset) for asset in (base, quote))
    return code(base) + code(quote) if old else altname(base) + altname(quote)


def order_txid(order_id: int) -> str:
    """An order's id on the wire."""
    return _ORDER.format(order_id)


def trade_txid(fill_id: int) -> str:
    """A trade's id on the wire."""
    return _TRADE.format(fill_id)


def number_of(txid: str) -> int | None:
    """What an id on the wire stands for: 0 for one that was never given out, None for what is not an id at all."""
    found = _ID.fullmatch(txid)
    if found is None:
        return None
    number = int(found[2]) if found[2].isdecimal() else 0
    return number if txid in (order_txid(number), trade_txid(number)) else 0


def number(value: Decimal, places: int) -> str:
    """A decimal number with that many places, or with more where fewer would not be exact."""
    exponent = value.normalize().as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) else 0
    return f"{value:.{max(places, needed)}f}"
