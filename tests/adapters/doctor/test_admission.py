"""A live bot that must not start: who hears of it, how often, and how a person overrules it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from adapters import admission
from adapters.admission import admit, review
from adapters.doctor.venues import Kraken, Venue
from adapters.doctor_command import FATAL
from adapters.exchanges import Desk
from adapters.settings import ConfigurationError, Settings
from adapters.simulator import BOUNDLESS, Answer, Fault, SimulatedKraken, serve
from fsm.effects import Audit
from fsm.events import Audited

from .conftest import Clinic
from .test_sick import SICK, paid_in_bnb, soon_expired

pytestmark = pytest.mark.anyio


async def start(clinic: Clinic, *despite: str) -> None:
    clinic.env.update(TRADING_MODE="live")
    clinic.env.pop("EXCHANGE_URL", None)
    await admit(clinic.settings, time.time, despite, find=clinic.live)


def texts(clinic: Clinic) -> list[str]:
    return [sent.text for sent in clinic.chat.sent]


async def test_a_refused_start_is_told_once_and_again_when_it_is_news(clinic: Clinic) -> None:
    clinic.rights["enableWithdrawals"] = True
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="live mode refuses to start: withdrawal: the key may withdraw"):
            await start(clinic)
    assert texts(clinic) == [
        "🚫 NOT STARTED: live mode refuses to start: withdrawal: the key may withdraw: who steals it, takes "
        "everything; take that right away at the exchange"
    ]
    clinic.rights["enableWithdrawals"] = False
    await start(clinic)
    clinic.rights["enableWithdrawals"] = True
    with pytest.raises(ConfigurationError):
        await start(clinic)
    assert len(texts(clinic)) == 2


async def test_one_check_is_overruled_by_its_name_and_no_other(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    paid_in_bnb(clinic)
    clinic.rights["enableWithdrawals"] = True
    with pytest.raises(ConfigurationError, match="withdrawal") as caught:
        await start(clinic, "fees")
    assert "fees" not in str(caught.value)
    await start(clinic, "fees", "withdrawal")
    assert "despite" in capsys.readouterr().out


@pytest.mark.parametrize("trouble", ["blocked", "revoked"])
async def test_a_chat_that_hears_nothing_changes_nothing(
    clinic: Clinic, trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.rights["enableWithdrawals"] = True
    setattr(clinic.chat, trouble, True)
    with pytest.raises(ConfigurationError, match="withdrawal"):
        await start(clinic)
    assert "not_told" in capsys.readouterr().out


async def test_a_folder_that_cannot_be_written_hides_nothing(clinic: Clinic) -> None:
    (clinic.folder / "data").write_text("a file, where a folder should be")
    clinic.env["DATABASE_PATH"] = str(clinic.folder / "data" / "bot.db")
    with pytest.raises(ConfigurationError, match="database"):
        await start(clinic)
    assert len(texts(clinic)) == 1


def test_what_can_be_overruled_is_what_can_be_fatal() -> None:
    assert set(FATAL) == {case.check for case in SICK if case.fatal} | {"exchange"}


async def reviewed(clinic: Clinic, mode: str = "live") -> list[str]:
    clinic.env.update(TRADING_MODE=mode)
    if mode == "live":
        clinic.env.pop("EXCHANGE_URL", None)
    said: list[str] = []
    await review(clinic.settings, time.time, said.append, find=clinic.live)
    return said


async def test_a_right_that_changes_while_the_bot_runs_is_told_each_day_until_it_is_mended(clinic: Clinic) -> None:
    assert await reviewed(clinic) == []
    clinic.rights["ipRestrict"] = False  # a choice, which the doctor warned of
    assert await reviewed(clinic) == []
    clinic.rights["enableWithdrawals"] = True
    soon_expired(clinic)
    for _ in range(2):
        given, ending = await reviewed(clinic)
        assert given.startswith("🔑 KEY: the key may withdraw")
        assert ending.startswith("🔑 KEY: the key's right to trade ends on ")
    clinic.rights["enableWithdrawals"] = False
    clinic.rights["enableSpotAndMarginTrading"] = False
    assert (await reviewed(clinic))[0] == "🔑 KEY: the key may not trade; give it the right to trade on spot"


async def test_an_exchange_that_does_not_tell_is_asked_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(admission, "AGAIN", (0.0, 0.0))
    clinic.rights["enableWithdrawals"] = True
    clinic.exchange.faults.add(Fault("GET", "/api/v3/account", answer=Answer.HTML_502))
    (given,) = await reviewed(clinic)
    assert given.startswith("🔑 KEY: the key may withdraw")
    assert capsys.readouterr().out.count("key_not_reviewed") == 1

    clinic.exchange.faults.add(Fault("GET", "/api/v3/account", answer=Answer.HTML_502, times=None))
    assert await reviewed(clinic) == []
    assert capsys.readouterr().out.count("key_not_reviewed") == 2


async def test_a_key_that_is_refused_is_told(clinic: Clinic) -> None:
    clinic.key = "deleted"
    (dead,) = await reviewed(clinic)
    assert dead.startswith("🔑 KEY: the exchange refuses it: -2015")


async def test_the_same_at_kraken_beside_a_bot_that_uses_the_key(clinic: Clinic) -> None:
    kraken = SimulatedKraken.create()
    kraken.key_limits.tier = BOUNDLESS
    async with serve(kraken) as url:
        account = kraken.account

        def find(settings: Settings, clock: Any) -> Venue:
            return Kraken(url, account.api_key, account.api_secret, settings.trading_pair, clock)

        clinic.env |= {
            "ACTIVE_EXCHANGE": "kraken",
            "TRADING_MODE": "live",
            "KRAKEN_API_KEY": account.api_key,
            "KRAKEN_API_SECRET": account.api_secret,
        }
        clinic.env.pop("EXCHANGE_URL", None)
        bots = find(clinic.settings, time.time).client
        await bots.connect()
        said: list[str] = []
        for permissions, told in ((kraken.permissions, 0), ((*kraken.permissions, "withdraw-funds"), 1)):
            kraken.permissions = permissions
            _, held = await asyncio.gather(
                review(clinic.settings, time.time, said.append, find=find), Desk(bots, time.time).perform(Audit(1))
            )
            assert isinstance(held, Audited)
            assert len(said) == told
        await bots.disconnect()
    kraken.close()


async def test_a_key_for_play_money_is_not_reviewed(clinic: Clinic) -> None:
    clinic.rights["enableWithdrawals"] = True
    assert await reviewed(clinic, "testnet") == []
