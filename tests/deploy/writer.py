"""A bot that decides fast, for a machine that is about to be lost. Prints each durable step and its time."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from adapters.store import Identity, Store
from fsm.commands import Stop
from fsm.step import step
from tests.adapters.driving import BOOT

with Store(Path(sys.argv[1])) as store:
    store.claim(Identity("binance", "testnet", "BTC/USDT", "f" * 16))
    for n in itertools.count():
        commands = BOOT if n == 0 else (Stop(at=time.time(), by="writer"),)
        for command in commands:
            decision = step(store.load(), replace(command, at=time.time()))
            store.append(decision)
            print(decision.bot.seq, decision.bot.now, flush=True)
        time.sleep(float(sys.argv[2]))
