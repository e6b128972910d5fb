"""Telephone numbers in a jurisdiction with another numbering plan, or with none that could be assumed."""

import json
import os
import subprocess
import sys

import pytest

from jaga.app.config import PACKAGE

_PROGRAM = """
import json, sys
from dataclasses import replace
from jaga.policy import release as policy
from jaga.policy.models import Phones

code, trunk, *texts = sys.argv[1:]
there = replace(policy.jurisdiction(), phones=Phones(code, trunk) if code else None)
policy.jurisdiction = lambda: there
from tests.screening.contacts.test_kernel import by_block, by_definition

blocks = by_block(texts)
print(json.dumps([[[one[0] for one in row] for row in rows]
                  for rows in (blocks, [by_definition(text) for text in texts])]))
"""


def found(code: str, trunk: str, *texts: str) -> list[list[str]]:
    """The contacts of each text, read by a process with this plan; kernel and definition must agree."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, code, trunk, *texts],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{PACKAGE.parent}:{PACKAGE.parents[1]}"},
    )
    assert done.returncode == 0, done.stderr
    by_block, by_definition = json.loads(done.stdout)
    assert by_block == by_definition
    rows: list[list[str]] = by_block
    return rows


def test_without_a_plan_only_numbers_with_a_country_code_are_numbers() -> None:
    """As in the release `eu`: nobody guesses the member state, and digits alone stay digits."""
    assert found(
        "",
        "",
        "+32 470 12 34 56",
        "0032 470 12 34 56",
        "call +62 812 0000 1111 now",
        "0812 0000 1111",
        "wa 812 0000 1111",
        "62 812 0000 1111",
        "0470 12 34 56",
        "price 10 000 000 000",
        "+",
        "",
    ) == [["tel:+32470123456"], ["tel:+32470123456"], ["tel:+6281200001111"], [], [], [], [], [], [], []]


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        (
            "32",
            {
                "0470 12 34 56": "tel:+32470123456",
                "call 0470-12-34-56": "tel:+32470123456",
                "32 470 12 34 56": "tel:+32470123456",
                "+62 812 0000 1111": "tel:+6281200001111",
            },
        ),
        ("33", {"06 12 34 56 78": "tel:+33612345678"}),
        ("62", {"0812 0000 1111": "tel:+6281200001111"}),
    ],
)
def test_a_number_without_a_country_code_is_one_of_the_jurisdiction(code: str, numbers: dict[str, str]) -> None:
    """By the plan that `phones` names; the compiled plan is one of them. One process for each plan."""
    assert found(code, "0", *numbers) == [[number] for number in numbers.values()]
