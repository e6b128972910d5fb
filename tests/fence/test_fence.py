"""What the product does is what the goldens say: routes, tables, rights, commands, formats and letters."""

import re

import pytest
from tests.fence.comparing import FACTS, GOLDENS, difference


@pytest.mark.parametrize("name", FACTS)
def test_nothing_differs_from_the_golden(name: str) -> None:
    """After a wanted change: `.venv/bin/python -m tests.fence --write`, and look at the difference."""
    assert difference(name) == ""


def test_no_golden_names_a_module_or_a_place_of_a_machine() -> None:
    """Otherwise a moved module, or another checkout, would differ."""
    wrong = re.compile(r"\bjaga(_practice)?\.(app|casework|core|jobs|policy|records|web)\.|/tmp/|/home/|/root/|/work/")
    assert {path.name for path in GOLDENS.iterdir()} == set(FACTS)
    assert [path.name for path in GOLDENS.iterdir() if wrong.search(path.read_text(encoding="utf-8"))] == []
