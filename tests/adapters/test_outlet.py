"""A log that nobody reads holds nobody up, and loses nothing that there is room for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from adapters.outlet import Outlet

PIPE = 65_536  # bytes that a pipe takes
LINE = "x" * 1_000


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("test", logging.INFO, "", 0, text, None, None)


def read(fd: int, enough: bytes) -> bytes:
    """Until it ends with this; the log has no end of its own."""
    found = b""
    while not found.endswith(enough):
        found += os.read(fd, PIPE)
    return found


def test_every_line_comes_in_its_order(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1])
    for n in range(1_000):
        outlet.emit(record(f"line {n}"))
    assert read(pipe[0], b"line 999\n").decode().splitlines() == [f"line {n}" for n in range(1_000)]


def test_a_reader_that_sleeps_holds_nobody_up_and_is_told_how_much_it_missed(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1], room=100)
    log = logging.getLogger("auto-trader")
    log.addHandler(outlet)
    try:
        before = time.monotonic()
        for _ in range(1_000):
            outlet.emit(record(LINE))
        outlet.flush()  # as at the end of the program
        assert time.monotonic() - before < 5
        lines = read(pipe[0], b"because nobody read them\n").decode().splitlines()
    finally:
        log.removeHandler(outlet)
    written, lost = lines.count(LINE), int(lines[-1].split()[0])
    assert 100 <= written < 200
    assert written + lost == 1_000


def test_a_program_ends_although_nobody_reads_its_log_and_ends_with_its_last_line_if_somebody_does() -> None:
    program = (
        "import logging, sys; from adapters.outlet import Outlet\n"
        "logging.basicConfig(handlers=[Outlet(sys.stderr.fileno())], level='INFO', format='%(message)s')\n"
        "for n in range(int(sys.argv[1])): logging.info('x' * 1000)\n"
        "logging.info('the end')\n"
    )
    deaf = subprocess.Popen([sys.executable, "-c", program, "500"], stderr=subprocess.PIPE)
    assert deaf.wait(20) == 0
    assert deaf.stderr
    deaf.stderr.close()
    heard = subprocess.run([sys.executable, "-c", program, "500"], capture_output=True, text=True, timeout=20)
    assert heard.stderr.splitlines()[-1] == "the end"


def test_a_line_that_cannot_be_put_together_ends_neither_the_log_nor_whoever_spoke(pipe: tuple[int, int]) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("the secret is xyzzy")

    outlet = Outlet(pipe[1])
    outlet.emit(logging.LogRecord("test", logging.INFO, "", 0, "%s", (Broken(),), None))
    outlet.emit(record("the next"))
    assert read(pipe[0], b"the next\n").decode().splitlines() == [
        "a log line of test cannot be shown: ValueError",
        "the next",
    ]


def test_a_reader_that_went_away_is_no_trouble() -> None:
    reader, writer = os.pipe()
    outlet = Outlet(writer)
    os.close(reader)
    outlet.emit(record("to nobody"))
    outlet.flush()
    assert outlet._lines.unfinished_tasks == 0
    os.close(writer)
