"""The baseline: a webhook bot as tutorials write it, in a process of its own.

`python -m tests.benchmarks.naive PORT VENUE KEY SECRET`. It asks for the balance, then the price, places the order,
asks what became of it, and places the stop: one after the other, with ccxt as it comes out of the box. It keeps no
journal, checks nothing, and believes every answer; it is here for its round trips alone.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import ccxt

PAIR = "BTC/USDT"


def client(venue: str, key: str, secret: str) -> Any:
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False}
    found = ccxt.binance({"apiKey": key, "secret": secret, "options": options})
    found.urls["api"] = dict.fromkeys(found.urls["api"], f"{venue}/api/v3")
    found.load_markets()
    return found


def buy(exchange: Any) -> None:
    cash = exchange.fetch_balance()["USDT"]["free"]
    price = exchange.fetch_ticker(PAIR)["last"]
    order = exchange.create_market_buy_order(PAIR, exchange.amount_to_precision(PAIR, cash / 10 / price))
    order = exchange.fetch_order(order["id"], PAIR)
    stop = exchange.price_to_precision(PAIR, order["average"] * 0.98)
    coins = exchange.amount_to_precision(PAIR, order["filled"] * 0.999)
    exchange.create_order(PAIR, "STOP_LOSS", "sell", coins, None, {"stopPrice": stop})


def sell(exchange: Any) -> None:
    exchange.cancel_all_orders(PAIR)
    coins = exchange.fetch_balance()["BTC"]["free"]
    exchange.create_market_sell_order(PAIR, exchange.amount_to_precision(PAIR, coins))


def main(port: str, venue: str, key: str, secret: str) -> None:
    exchange = client(venue, key, secret)

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            (buy if alert["signal"] == "BUY" else sell)(exchange)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    HTTPServer(("127.0.0.1", int(port)), Webhook).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
