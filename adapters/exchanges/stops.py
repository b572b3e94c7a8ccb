"""The shape of a protective order at Binance, alone or paid for by its entry, and which refusals are the list's fault.

One OCO: a LIMIT_MAKER far above that is never meant to fill, a stop below; the coins are locked once for both.
Binance's pages "New Order List - OCO", "New Order List - OPO" and "New order" (rest-api.md), "Filters" (filters.md),
"One Pays the Other" (opo.md).

Our id names the list; its legs carry our id and a letter, so each is findable alone, also where the venue refused the
list and the lower leg stands by itself. An entry that pays for its stop gives its id to their list as well; the stop
bears it with another letter, which is the id that the core knows it by.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fsm.ledger import WOULD_TRIGGER

from .base import Refused
from .outcome import REJECTED
from .rules import Rules, far_above, far_below, plain

ABOVE, BELOW, GONE = "A", "B", "C"  # the upper leg, the stop, and the id that a cancelled plain order gets from us
PAID = "S"  # the stop that its entry paid for
OURS = re.compile(r"[0-9a-f]{32}")
PAID_STOP = re.compile(r"[0-9a-f]{32}S")
LEG = re.compile(r"([0-9a-f]{32})[AB]")

MARKET_STOP, LIMIT_STOP = "STOP_LOSS", "STOP_LOSS_LIMIT"


def owner(client_order_id: str) -> str:
    """Our order's id from the id of one of its legs; other ids as they are."""
    leg = LEG.fullmatch(client_order_id)
    return leg[1] if leg else client_order_id


def stop_type(rules: Rules) -> str:
    """A stop that sells at any price, where the symbol has one. A limit stop may be jumped over by a gap."""
    return LIMIT_STOP if MARKET_STOP not in rules.types and LIMIT_STOP in rules.types else MARKET_STOP


def oco(rules: Rules, cid: str, qty: Decimal, trigger: Decimal, price: Decimal) -> dict[str, str | int]:
    """Parameters of POST orderList/oco; `price` is where the market is."""
    limit = stop_type(rules) == LIMIT_STOP
    return {
        "symbol": rules.symbol,
        "side": "SELL",
        "quantity": plain(qty),
        "listClientOrderId": cid,
        "aboveType": "LIMIT_MAKER",
        "abovePrice": plain(far_above(rules, price)),
        "aboveClientOrderId": cid + ABOVE,
        "belowType": stop_type(rules),
        "belowStopPrice": plain(trigger),
        **({"belowPrice": plain(far_below(rules, price, trigger, qty)), "belowTimeInForce": "GTC"} if limit else {}),
        "belowClientOrderId": cid + BELOW,
        "newOrderRespType": "RESULT",
    }


def lone(rules: Rules, cid: str, qty: Decimal, trigger: Decimal, price: Decimal) -> dict[str, str | int]:
    """Parameters of POST order for the stop alone."""
    limit = stop_type(rules) == LIMIT_STOP
    return {
        "symbol": rules.symbol,
        "side": "SELL",
        "type": stop_type(rules),
        "quantity": plain(qty),
        "stopPrice": plain(trigger),
        **({"price": plain(far_below(rules, price, trigger, qty)), "timeInForce": "GTC"} if limit else {}),
        "newClientOrderId": cid + BELOW,
        "newOrderRespType": "RESULT",
    }


def opo(rules: Rules, cid: str, qty: Decimal, limit: Decimal, trigger: Decimal) -> dict[str, str | int]:
    """Parameters of POST orderList/opo: all of it at no more than `limit`, and a stop under it, or nothing.

    The stop has no quantity of its own: the venue gives it what was received, net of the fee and in whole lots.
    """
    limited = stop_type(rules) == LIMIT_STOP
    low = {"pendingPrice": plain(far_below(rules, limit, trigger, qty)), "pendingTimeInForce": "GTC"}
    return {
        "symbol": rules.symbol,
        "listClientOrderId": cid,
        "workingType": "LIMIT",
        "workingTimeInForce": "FOK",
        "workingSide": "BUY",
        "workingQuantity": plain(qty),
        "workingPrice": plain(limit),
        "workingClientOrderId": cid,
        "pendingType": stop_type(rules),
        "pendingSide": "SELL",
        "pendingStopPrice": plain(trigger),
        **(low if limited else {}),
        "pendingClientOrderId": cid + PAID,
        "newOrderRespType": "FULL",
    }


def stop_may_stand_alone(refusal: Refused) -> bool:
    """The list was refused, and not for something that a lone stop would be refused for as well.

    A filter of the upper leg, a limit on lists, the relation of the prices: the stop may be fine. Money, credentials
    and a price already through the stop are not the list's fault.
    """
    if refusal.again is not None or refusal.reason == WOULD_TRIGGER or refusal.code is None:
        return False
    if refusal.code == REJECTED:
        return "insufficient balance" not in refusal.reason
    return refusal.code in (-1013, -1014, -1020) or -1199 <= refusal.code <= -1100
