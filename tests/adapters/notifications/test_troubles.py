"""What is wrong at this moment: told when it begins and when it ends."""

from __future__ import annotations

from adapters.health import Vitals
from adapters.notifications import Troubles

from ..driving import NOW


def test_an_outage_of_the_exchange_is_told_when_it_lasts_and_when_it_ends() -> None:
    vitals, now = Vitals(started_at=NOW, exchange_connected=True), [NOW]
    troubles = Troubles(vitals, lambda: now[0])

    def look(at: float, connected: bool) -> list[str]:
        now[0], vitals.exchange_connected = at, connected
        return list(troubles.look())

    assert look(NOW, True) == []
    assert look(NOW + 1, False) == look(NOW + 15, False) == look(NOW + 15.5, True) == []  # a hiccup
    assert look(NOW + 20, False) == []
    (told,) = look(NOW + 35, False)
    assert told.startswith("❌ ERROR: exchange_unreachable — the exchange does not answer.")
    assert look(NOW + 60, False) == []
    assert look(NOW + 500, True) == ["✅ RECOVERED: the exchange answers again after 8 min"]
    assert look(NOW + 501, True) == []


def test_a_journal_that_cannot_be_written_is_told() -> None:
    vitals = Vitals(started_at=NOW, exchange_connected=True, database="disk full")
    troubles = Troubles(vitals, lambda: NOW)
    (told,) = troubles.look()
    assert told.startswith("❌ ERROR: database — the journal cannot be written (disk full).")
    assert list(troubles.look()) == []
    vitals.database = None
    assert list(troubles.look()) == ["✅ RECOVERED: the journal can be written again"]


def test_any_other_trouble_is_told_when_it_begins_and_when_it_ends() -> None:
    vitals = Vitals(started_at=NOW, exchange_connected=True, troubles=["scheduler: job audit failed"])
    troubles = Troubles(vitals, lambda: NOW)
    assert list(troubles.look()) == ["❌ ERROR: scheduler — job audit failed"]
    assert list(troubles.look()) == []
    vitals.troubles.clear()
    assert list(troubles.look()) == ["✅ RECOVERED: no more of this: scheduler: job audit failed"]


def test_a_clock_that_is_wrong_is_told_when_it_begins_and_when_it_ends() -> None:
    vitals = Vitals(started_at=NOW, exchange_connected=True)
    troubles = Troubles(vitals, lambda: NOW)
    for drift in (None, 0.4, -1.9):
        vitals.drift = drift
        assert list(troubles.look()) == []
    vitals.drift = -3600.0
    (told,) = troubles.look()
    assert told.startswith("❌ ERROR: clock — this machine's clock is 1 h 0 min behind the exchange's")
    assert list(troubles.look()) == []
    vitals.drift = 0.1
    assert list(troubles.look()) == ["✅ RECOVERED: this machine's clock agrees with the exchange's"]
