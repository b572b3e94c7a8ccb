"""Options that pytest must know before it collects."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write the stories' transcripts anew instead of comparing")
