"""The incidents: a bad habit, the public threads in which it hurt somebody, and the one test that must notice it here.

What concerns the core is a habit of `tests/world` by its name; what concerns the adapters is written down here.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.world.habits import HABITS, Habit

CORE, TALE = "tests/core/test_", "tests/stories/test_stories.py::test_story"
EXCHANGES, TELEGRAM, WEB = "tests/adapters/exchanges/test_", "tests/adapters/telegram/test_", "tests/adapters/web/test_"
RUNNER, STORE = "tests/adapters/test_runner.py::test_", "tests/adapters/test_store.py::test_"


class Incident(NamedTuple):
    hazard: int  # its row in docs/hazards.md
    habit: Habit
    threads: tuple[str, ...]  # owner/repository#number
    killer: str  # pytest's name of the test


def _core(name: str) -> Habit:
    return next(habit for habit in HABITS if habit.name == name)


def _shell(name: str, file: str, old: str, new: str) -> Habit:
    return Habit(name, "", f"adapters/{file}", old, new)


INCIDENTS = (
    # -- 1 bought twice
    Incident(
        1,
        _core("a timeout is a rejection"),
        ("hummingbot/hummingbot#493", "nautechsystems/nautilus_trader#4958"),
        f"{TALE}[an_entry_times_out_and_is_found_later]",
    ),
    Incident(
        1,
        _shell(
            "a request without an answer is sent again",
            "exchanges/desk.py",
            "        except Refused as refusal:\n            pause =",
            "        except Unresolved:\n            pause = 0.0\n"
            "        except Refused as refusal:\n            pause =",
        ),
        ("junta/tradingview-alert-connector#30", "scrtlabs/catalyst#315", "crypto-chassis/ccapi#70"),
        f"{EXCHANGES}faults.py::test_a_placing_without_a_definite_answer[entry-dropped-executed]",
    ),
    Incident(
        1,
        _shell(
            "a server's error is a refusal",
            "exchanges/outcome.py",
            "    if not 400 <= status < 500:\n        return Verdict(Outcome.UNRESOLVED,",
            "    if not 400 <= status < 500:\n        return Verdict(Outcome.REFUSED,",
        ),
        ("hummingbot/hummingbot#493", "ccxt/ccxt#2599"),
        f"{EXCHANGES}outcome.py::test_what_an_answer_proves",
    ),
    Incident(
        1,
        _shell(
            "an exception of the library means that nothing was sent",
            "exchanges/wire.py",
            'sent = not (_never_connected(error) and "Delete" not in method)',
            "sent = False",
        ),
        ("ccxt/ccxt#2698", "ccxt/ccxt#527", "hummingbot/hummingbot#2342"),
        f"{EXCHANGES}outcome.py::test_nor_is_any_other",
    ),
    Incident(
        1,
        _shell(
            "an order that Kraken is too busy for was refused",
            "exchanges/kraken_outcome.py",
            '    "EOrder:Post only order",',
            '    "EOrder:Post only order",\n    "EService:Busy",',
        ),
        ("ccxt/ccxt#2663", "scrtlabs/catalyst#317"),
        f"{EXCHANGES}kraken_outcome.py::test_what_an_answer_proves",
    ),
    Incident(
        1,
        _core("orders never expire"),
        ("scrtlabs/catalyst#315", "scrtlabs/catalyst#317"),
        f"{CORE}clock.py::test_a_lost_entry_is_not_absent_before_it_could_no_longer_arrive",
    ),
    # -- 2 an order that was there is forgotten
    Incident(
        2,
        _core("an unanswered order alarms nobody"),
        ("hummingbot/hummingbot#8457",),
        f"{CORE}evidence.py::test_an_entry_whose_questions_stay_unanswered_calls_a_person",
    ),
    Incident(
        2,
        _core("an order proven absent stays dead even when it is seen"),
        ("hummingbot/hummingbot#3374",),
        f"{CORE}ledger.py::test_existence_outranks_absence",
    ),
    Incident(
        2,
        _core("open orders are not audited"),
        ("nautechsystems/nautilus_trader#5000",),
        f"{TALE}[an_order_by_hand]",
    ),
    Incident(
        2,
        _core("'not found' is believed at once"),
        ("freqtrade/freqtrade#2054", "hummingbot/hummingbot#5502"),
        f"{CORE}ledger.py::test_absence_needs_two_questions_asked_after_it_could_arrive",
    ),
    Incident(
        2,
        _core("the acknowledgement of a cancel is final"),
        ("nautechsystems/nautilus_trader#4288",),
        f"{CORE}ledger.py::test_the_acknowledgement_of_a_cancel_is_not_final_but_the_answer_to_a_question_is",
    ),
    Incident(
        2,
        _core("the status of the last message counts, even if it is lower"),
        ("nautechsystems/nautilus_trader#4479",),
        f"{CORE}ledger.py::test_a_late_report_of_an_order_as_open_does_not_open_it_again",
    ),
    Incident(
        2,
        _core("fills are added up"),
        ("nautechsystems/nautilus_trader#3493",),
        f"{CORE}ledger.py::test_the_same_fill_told_twice_is_one_fill",
    ),
    Incident(
        2,
        _shell(
            "a cancel that finds nothing is a cancel",
            "exchanges/binance.py",
            "        return None\n\n    def _names",
            "        return Seen(Report(Status.CANCELED))\n\n    def _names",
        ),
        ("freqtrade/freqtrade#5101", "freqtrade/freqtrade#1727"),
        "tests/contracts/test_cards_orders.py::test_17_a_cancel_that_finds_nothing_open_is_a_doubt_unless_the_order_has_ended[binance]",
    ),
    # -- 3 no stop, or the wrong one
    Incident(
        3,
        _core("known fills wait for the entry's last word"),
        ("freqtrade/freqtrade#3499", "freqtrade/freqtrade#2862"),
        f"{CORE}protection.py::test_known_fills_of_an_entry_without_an_end_get_their_stop_after_five_seconds",
    ),
    Incident(
        3,
        _core("long naked, and nobody hears of it"),
        ("freqtrade/freqtrade#3499", "freqtrade/freqtrade#2862"),
        f"{CORE}clock.py::test_naked_for_fifteen_seconds_is_told_once",
    ),
    Incident(
        3,
        _core("a confirmed stop is replaced at the first answer that does not know it"),
        ("freqtrade/freqtrade#3116", "freqtrade/freqtrade#4403"),
        f"{CORE}protection.py::test_one_answer_that_does_not_know_a_confirmed_stop_changes_nothing",
    ),
    Incident(
        3,
        _core("a refused stop is tried again at the same price"),
        ("freqtrade/freqtrade#12598",),
        f"{CORE}protection.py::test_the_second_try_is_priced_under_the_market_if_that_is_lower",
    ),
    Incident(
        3,
        _core("any refused stop means that it was hit"),
        ("freqtrade/freqtrade#10833", "freqtrade/freqtrade#2206"),
        f"{TALE}[the_stop_is_refused_twice]",
    ),
    # -- 4 the fee was taken from the coins
    Incident(
        4,
        _core("what was filled is what we own"),
        ("freqtrade/freqtrade#1371", "freqtrade/freqtrade#1720", "freqtrade/freqtrade#528"),
        f"{CORE}ledger.py::test_fees_in_coins_are_coins_we_do_not_own",
    ),
    Incident(
        4,
        _core("what was bought is what is sold"),
        ("freqtrade/freqtrade#1371", "gobeli/pump-and-dump#28"),
        f"{TALE}[a_round_trip]",
    ),
    # -- 5 parts and dust
    Incident(
        5,
        _core("a stop is sized by the order, not by the fill"),
        ("freqtrade/freqtrade#2877", "freqtrade/freqtrade#3622"),
        f"{CORE}protection.py::test_known_fills_of_an_entry_without_an_end_get_their_stop_after_five_seconds",
    ),
    Incident(
        5,
        _core("dust is a position"),
        ("freqtrade/freqtrade#4992", "freqtrade/freqtrade#7586", "Codaone/DEXBot#486"),
        f"{CORE}book.py::test_a_round_trip_costs_both_fees",
    ),
    Incident(
        5,
        _core("a refused stop is tried again for ever"),
        ("freqtrade/freqtrade#13537",),
        f"{TALE}[the_stop_is_refused_twice]",
    ),
    # -- 6 the venue's clock
    Incident(
        6,
        _shell(
            "a refused clock is not looked at again",
            "exchanges/wire.py",
            "        if reply.code == SKEW:\n            self._offset_ms = None\n",
            "",
        ),
        ("ccxt/binance-trade-bot#215", "sammchardy/python-binance#60", "taniman/profit-trailer#504"),
        f"{EXCHANGES}refusals.py::test_a_clock_that_went_wrong_is_set_again",
    ),
    Incident(
        6,
        _shell(
            "the time window is widened until orders pass",
            "exchanges/base.py",
            "return int(min(LONGEST, self.left()) * 1000)",
            "return 60_000",
        ),
        ("freqtrade/freqtrade#9404", "Drakkar-Software/OctoBot#1883"),
        f"{EXCHANGES}refusals.py::test_the_venue_is_told_the_expiry",
    ),
    # -- 7 a connection that says nothing
    Incident(
        7,
        _core("silence is never questioned"),
        ("binance/binance-connector-js#135", "nautechsystems/nautilus_trader#3869"),
        f"{CORE}clock.py::test_the_stop_goes_on_being_asked_about",
    ),
    # -- 8 maintenance
    Incident(
        8,
        _core("a stop is cancelled while the venue takes cancels only"),
        ("freqtrade/freqtrade#4491",),
        f"{TALE}[the_venue_takes_cancels_only]",
    ),
    Incident(
        8,
        _shell(
            "a venue in maintenance ends the program",
            "exchanges/desk.py",
            "        except (Refused, Unresolved) as error:\n"
            '            log.info("the venue did not answer: %s", error)\n'
            "        except Exception as error:\n"
            '            log.error("a question to the venue failed: %s", type(error).__name__)  # noqa: TRY400\n',
            "        finally:\n            pass\n",
        ),
        ("freqtrade/freqtrade#2889", "taniman/profit-trailer#1030"),
        "tests/contracts/test_cards_facts.py::test_02_a_missing_fact_makes_the_venue_unreachable",
    ),
    # -- 9 Telegram is away
    Incident(
        9,
        _shell(
            "a message that cannot be sent ends the telling",
            "notifications/tail.py",
            '                log.warning("not_told", error=str(error), waiting=len(self._pending), again_in=pause)\n',
            "                raise error\n",
        ),
        ("freqtrade/freqtrade#113", "freqtrade/freqtrade#46", "freqtrade/freqtrade#5802"),
        "tests/adapters/notifications/test_tail.py::test_each_failure_waits_longer_and_a_success_ends_that",
    ),
    Incident(
        9,
        _shell(
            "a message that could not be sent is forgotten",
            "notifications/tail.py",
            "                await asyncio.sleep(pause)\n",
            "                self._done(count)\n                await asyncio.sleep(pause)\n",
        ),
        ("lorcalhost/BTB-manager-telegram#260", "m1ndgames/binance_bot#22"),
        "tests/adapters/notifications/test_tail.py::test_what_was_not_told_is_told_after_a_restart",
    ),
    # -- 10 two readers of one Telegram bot
    Incident(
        10,
        _shell(
            "a second reader of the chat is only logged",
            "telegram/polling.py",
            "        if isinstance(error, Conflict):\n            self._rival()\n        elif",
            "        if",
        ),
        ("freqtrade/freqtrade#4871", "freqtrade/freqtrade#5227", "freqtrade/freqtrade#11528"),
        f"{TELEGRAM}connection.py::test_a_second_reader_is_an_alarm_told_once",
    ),
    # -- 11 bought, and the database did not know
    Incident(
        11,
        _core("some effects leave no footprint"),
        ("freqtrade/freqtrade#7184",),
        f"{TALE}[a_crash_between_the_order_and_its_answer]",
    ),
    Incident(
        11,
        _shell(
            "an order leaves before its row is on the disk",
            "runner.py",
            "isinstance(effect, Cancel | Place) and not await self.durable()",
            "self.trouble",
        ),
        ("freqtrade/freqtrade#7184", "freqtrade/freqtrade#4653"),
        f"{RUNNER}a_question_need_not_wait_for_the_disk_and_an_order_must",
    ),
    Incident(
        11,
        _shell(
            "the order leaves before it is written down",
            "runner.py",
            "        failure = self._append(decision)\n",
            "        for effect in decision.effects:\n            self._spawn(effect)\n"
            "        failure = self._append(decision)\n",
        ),
        ("freqtrade/freqtrade#7184", "freqtrade/freqtrade#4653"),
        f"{RUNNER}a_full_disk_refuses_an_entry_and_leaves_the_bot_as_it_was",
    ),
    Incident(
        11,
        _shell(
            "what could not be written is not written later either",
            "runner.py",
            "        if failure and decision.newsworthy:\n            self._unwritten.append(decision)\n",
            "",
        ),
        ("freqtrade/freqtrade#7184", "freqtrade/freqtrade#6353", "askmike/gekko#1751"),
        f"{RUNNER}what_could_not_be_written_is_written_as_soon_as_the_disk_has_room",
    ),
    # -- 12 the disk is full
    Incident(
        12,
        _shell(
            "with a full disk nothing can be sold",
            "runner.py",
            "        if failure and _adds_risk(decision):\n",
            "        if failure:\n",
        ),
        ("freqtrade/freqtrade#5621", "freqtrade/freqtrade#4038"),
        f"{RUNNER}a_full_disk_does_not_keep_us_in_a_position",
    ),
    Incident(
        12,
        _shell(
            "with a full disk buying goes on",
            "runner.py",
            "        if failure and _adds_risk(decision):\n            raise failure\n",
            "",
        ),
        ("freqtrade/freqtrade#5621", "freqtrade/freqtrade#8969"),
        f"{RUNNER}a_full_disk_refuses_an_entry_and_leaves_the_bot_as_it_was",
    ),
    # -- 13 two bots
    Incident(
        13,
        _shell(
            "two programs may share a database",
            "store/store.py",
            "        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
            "        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)\n",
        ),
        ("freqtrade/freqtrade#9782", "freqtrade/freqtrade#8666", "DeviaVir/zenbot#1016"),
        f"{STORE}a_second_process_is_refused_while_the_first_lives",
    ),
    Incident(
        13,
        _shell(
            "any account will do for a database",
            "store/store.py",
            "        if differing := found.against(wanted):\n",
            "        if (differing := found.against(wanted)) and False:\n",
        ),
        ("freqtrade/freqtrade#3906", "freqtrade/freqtrade#5545"),
        f"{STORE}a_database_of_another_account_is_refused_by_name",
    ),
    Incident(
        13,
        _core("an order a person told us to keep is an orphan again"),
        ("freqtrade/freqtrade#11494",),
        f"{CORE}evidence.py::test_what_a_person_told_us_to_keep_is_kept",
    ),
    # -- 14 Kraken's nonce
    Incident(
        14,
        _shell(
            "private requests to Kraken go side by side",
            "exchanges/kraken_line.py",
            "        if not self._busy:\n            self._busy = True\n            return\n",
            "        return\n",
        ),
        ("veox/python3-krakenex#21", "btcpayserver/btcTransmuter#37", "ccxt/ccxt#22971"),
        f"{EXCHANGES}kraken_line.py::test_requests_go_one_by_one_and_orders_first",
    ),
    # -- 15 killed and started again
    Incident(
        15,
        _core("a restart trusts the account it knew"),
        ("freqtrade/freqtrade#633", "freqtrade/freqtrade#2530"),
        f"{TALE}[a_database_restored_from_a_copy]",
    ),
    Incident(
        15,
        _core("a restart asks nothing"),
        ("askmike/gekko#916", "nautechsystems/nautilus_trader#5000"),
        f"{TALE}[a_crash_between_the_order_and_its_answer]",
    ),
    # -- 16 alerts twice, late, or never
    Incident(
        16,
        _core("an old BUY is taken"),
        ("soranoo/TradingView-Free-Webhook-Alerts#4",),
        f"{CORE}refusals.py::test_a_signal_that_is_too_old_or_from_the_future",
    ),
    Incident(
        16,
        _core("what the journal remembers is not asked"),
        ("soranoo/TradingView-Free-Webhook-Alerts#4", "darwinex/dwxconnect#21"),
        f"{RUNNER}a_repeat_is_recognised_long_after_the_core_forgot_it",
    ),
    Incident(
        16,
        _shell(
            "an alert that could not be written down is answered 200",
            "web/webhook.py",
            'error=str(error))\n            return self._later(alert, "not_persisted")',
            'error=str(error))\n            return _reply(200, Answer(status="accepted", signal_id=alert.signal_id))',
        ),
        ("junta/tradingview-alert-connector#44",),
        f"{WEB}answers.py::test_what_cannot_be_written_down_is_to_be_sent_again",
    ),
    Incident(
        16,
        _shell(
            "an alert that the disk did not keep is answered 202",
            "web/webhook.py",
            "if not await self._core.durable():",
            "if False:",
        ),
        ("junta/tradingview-alert-connector#44",),
        f"{WEB}answers.py::test_what_the_disk_does_not_keep_is_to_be_sent_again",
    ),
    # -- 17 the machine's clock and the day
    Incident(
        17,
        _core("a clock that was set back is waited for"),
        ("xLydianSoftware/Qubx#358",),
        f"{CORE}clock.py::test_the_stop_goes_on_being_asked_about",
    ),
    Incident(
        17,
        _core("the day rolls with the clock, back as well"),
        ("Ekliptor/WolfBot#86", "Superalgos/Superalgos#5280"),
        f"{CORE}book.py::test_the_day_rolls_at_midnight_utc_and_never_back",
    ),
    # -- 18 what should be secret, and who may command
    Incident(
        18,
        _shell(
            "the HTTP library may write addresses into the log",
            "logs.py",
            'QUIET = ("httpx", "httpcore", "transitions", "apscheduler")',
            'QUIET = ("transitions", "apscheduler")',
        ),
        ("HKUDS/OpenHarness#241", "Lingtai-AI/lingtai-kernel#199"),
        "tests/adapters/test_logs.py::test_libraries_speak_through_us",
    ),
    Incident(
        18,
        _shell(
            "who is in the group may command",
            "telegram/door.py",
            "        return not self._is_group or user.id in self._user_ids\n",
            "        return True\n",
        ),
        ("freqtrade/freqtrade#11504", "freqtrade/freqtrade#163"),
        f"{TELEGRAM}door.py::test_in_a_group_only_listed_people_may_speak",
    ),
)
