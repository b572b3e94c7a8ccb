"""The cards in the documentation and the tests that hold them are one list."""

import re
from pathlib import Path

from . import test_cards_facts, test_cards_orders

CARDS = Path(__file__).parents[2] / "docs" / "venues" / "cards.md"


def test_every_card_has_its_test_and_every_test_its_card() -> None:
    titles = re.findall(r"^### (\d\d) (.+)$", CARDS.read_text(), re.MULTILINE)
    cards = [f"test_{number}_{title.lower().replace(' ', '_').replace(',', '')}" for number, title in titles]
    modules = (test_cards_facts, test_cards_orders)
    tests = [name for module in modules for name in vars(module) if re.match(r"test_\d\d_", name)]

    assert cards == tests
    assert [int(number) for number, _ in titles] == list(range(1, len(titles) + 1))
