"""What each alarm and breaker means, and what a person is to do next."""

from __future__ import annotations

from fsm.picture import Picture

ALARMS = {
    "testnet_wiped": (
        "the test network began anew: other balances, and even the first order that filled is unknown there. The books "
        "are of an account that is no more, so nothing is booked, protected or sold. Go on with a new database: stop "
        "the bot, set DATABASE_PATH to another file, start it"
    ),
    "orphaned": (
        "coins or orders on the account that nobody can explain. Entries stop until you decide: "
        "auto-trader orphan keep (leave them alone), adopt (protect them) "
        "or exit (sell everything that is held, an open position as well); then /resume"
    ),
    "lost": (
        "an order has had no definite answer from the exchange for a while. The bot never sends it again on a guess, "
        "and keeps asking. Look at the open orders on the exchange, and /resume when the bot says that it was found"
    ),
    "unprotectable": (
        "the exchange refused the protective stop twice. The position is being sold at the market; "
        "look for the reason in auto-trader journal, then /resume"
    ),
    "cannot_leave": (
        "the exchange keeps refusing to sell, or nobody buys. The bot protects the position again and retries; "
        "look at the exchange, and sell there by hand if it cannot wait"
    ),
    "naked": (
        "coins have had no confirmed stop for 15 s. The bot goes on trying to protect them or to sell them; "
        "look at the exchange, and sell there by hand if it cannot wait"
    ),
}
SOLVED = {
    "testnet_wiped": "the test network remembers us after all; /resume when you have looked",
    "naked": "every coin is watched by a stop again, or sold",
    "orphaned": "nothing on the account is unexplained any more; /resume when you have looked",
    "lost": "every order has its answer again; /resume when you have looked",
}


def stopped(why: str, seen: Picture) -> str | None:
    """The message for a bot that stopped because of this; nothing for a reason a person gave."""
    match why:
        case "losing_streak":
            return f"{seen.streak} losses in a row, so entries are paused. Look at /trades, then /resume"
        case "drawdown":
            return (
                f"equity fell {-seen.drawdown_pct:.2f} % from its peak. What is held is sold, and the bot is killed; "
                'only a person at the machine starts it again, with: auto-trader rearm --reason "..."'
            )
        case _:
            return ALARMS.get(why)
