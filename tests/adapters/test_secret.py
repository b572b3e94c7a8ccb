"""A secret shows itself only when it is asked to."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest

from adapters.secret import Secret
from adapters.settings import load

SETTINGS = load({"TRADING_MODE": "paper", "WEBHOOK_SECRET": "canary" * 6})


def test_a_secret_stays_one() -> None:
    secret = Secret("canary")
    assert secret.reveal() == "canary"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>10}", repr([secret]), repr(SETTINGS)):
        assert "***" in shown
        assert "canary" not in shown
    assert not hasattr(secret, "__dict__")
    for write in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError):
            write(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(SETTINGS)
    assert secret == Secret("canary")
    assert secret != Secret("other")
    assert secret != "canary"
    assert len({secret, Secret("canary")}) == 1
