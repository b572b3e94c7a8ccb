"""From an alert to the fill and to the stop, at three distances, beside a naive bot; and what of it is our own time.

Times are taken at the bots' end of the distance: an order is filled, a stop is placed, when the answer that says so
arrives there. Kraken makes the stop with the fill, so there both are one answer.
Round trips are the median: on a busy machine what is asked at once may leave one after the other.
Own time is what passes between the alert's last byte and the order's first while no question to the exchange is open:
none of this signal's. The price, which the bot asks every second anyway, does not count, or it would hide some of it.
"""

from __future__ import annotations

import asyncio

import httpx
from msgspec import Struct

from tests.end_to_end.process import spoken

from .bots import Far, far, naive_bot, our_bot
from .distance import Question, numbered
from .figures import Figure, quantile, spread

TITLE = "From an alert to the fill and to the stop"
RTTS = (0.005, 0.05, 0.25)
PLACING = ("POST /api/v3/order", "POST /0/private/AddOrder")  # an order list begins with the first of them, too
ORDERS = {"binance": 2, "kraken": 1}  # entry and stop
PRICE = {"binance": "GET /api/v3/ticker/bookTicker", "kraken": "GET /0/public/Ticker"}
SAMPLES = {0.005: 27, 0.05: 27, 0.25: 9}
A_MINUTE = {"binance": 9, "kraken": 2}  # BUYs that the webhook takes, questions that Kraken's smallest key may ask


class Sample(Struct, frozen=True):
    """Seconds since the alert left, and round trips."""

    own: float
    filled: float
    protected: float
    trips_filled: int
    trips_protected: int
    connections: int


async def measure(tiny: bool) -> list[Figure]:
    figures = []
    for rtt in RTTS[-1:] if tiny else RTTS:  # far away, a busy machine cannot blur the counts
        count = 1 if tiny else SAMPLES[rtt]
        for case, samples in (
            ("naive bot, Binance", await naive(rtt, count)),
            ("ours, Binance", await ours("binance", rtt, count)),
            ("ours, Kraken", await ours("kraken", rtt, min(count, 4))),
        ):
            figures += told(f"{case}, RTT {rtt * 1000:g} ms", samples)
    return figures


def told(case: str, samples: list[Sample]) -> list[Figure]:
    return [
        Figure(case, "alerts", len(samples)),
        Figure(case, "trips to fill", quantile([s.trips_filled for s in samples], 0.5)),
        Figure(case, "trips to stop", quantile([s.trips_protected for s in samples], 0.5)),
        Figure(case, "new connections", max(s.connections for s in samples)),
        *spread(case, "filled", [s.filled for s in samples]),
        *spread(case, "protected", [s.protected for s in samples]),
        *spread(case, "own", [s.own for s in samples]),
    ]


async def ours(venue: str, rtt: float, count: int) -> list[Sample]:
    samples: list[Sample] = []
    while len(samples) < count:  # the webhook takes ten BUYs a minute, so a process is good for so many
        async with far(venue, rtt) as there, our_bot(venue, there) as bot, httpx.AsyncClient(base_url=bot.url) as http:
            for n in range(min(A_MINUTE[venue], 1 + count - len(samples))):
                sample = await one(there, venue, http, "/webhook", spoken("BUY", f"b{n}"), beside=PRICE[venue])
                samples += [sample] if n else []  # not the first: the audits of the start may still be under way
                await bot.state("in_position")
                await bot.alert("SELL", f"s{n}")
                await bot.state("idle")
    return samples


async def naive(rtt: float, count: int) -> list[Sample]:
    samples = []
    async with far("binance", rtt) as there, naive_bot(there) as http:
        for _ in range(count):
            samples.append(await one(there, "binance", http, "/", {"signal": "BUY"}))
            await http.post("/", json={"signal": "SELL"})
    return samples


async def one(
    there: Far, venue: str, http: httpx.AsyncClient, path: str, alert: dict[str, object], beside: str | None = None
) -> Sample:
    """One BUY, watched at the distance. `beside`: what is asked whether there is a signal or not."""
    distance, loop = there.distance, asyncio.get_running_loop()
    distance.forget()
    left = 0.0

    async def stamp(event: str, _: object) -> None:
        nonlocal left
        if event == "http11.send_request_body.complete":
            left = loop.time()

    sending = asyncio.ensure_future(http.post(path, json=alert, extensions={"trace": stamp}))
    async with asyncio.timeout(60):
        while len(placed := [q for q in distance.asked(*PLACING) if q.answered]) < ORDERS[venue]:
            await asyncio.sleep(0.01)
        await sending
    asked = [question for question in distance.questions if question.left >= left]
    turns = {id(question): n for question, n in numbered(asked)}
    order, stop = placed[0], placed[-1]
    return Sample(
        own=own_time([question for question in asked if question.line != beside], left, order.left),
        filled=(order.answered or 0) - left,
        protected=(stop.answered or 0) - left,
        trips_filled=turns[id(order)],
        trips_protected=turns[id(stop)],
        connections=distance.connections,
    )


def own_time(asked: list[Question], start: float, end: float) -> float:
    """Of the time from `start` to `end`, what passed while no question was open."""
    own, free_since = 0.0, start
    for question in sorted(asked, key=lambda q: q.left):
        if question.left >= end:
            break
        own += max(0.0, question.left - free_since)
        free_since = max(free_since, question.answered or end)
    return own + max(0.0, end - free_since)
