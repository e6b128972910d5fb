"""docs/glossary.md names every term that is stored or published, and no other."""

import inspect
import pkgutil
import re
from enum import Enum, IntEnum
from importlib import import_module

import pytest
from tests.docs.pages import ROOT

from jaga.core import cases, referrals, terms

PAGE = (ROOT / "docs" / "glossary.md").read_text()
TERMS = [import_module(f"{terms.__name__}.{one.name}") for one in pkgutil.iter_modules(terms.__path__)]
ENUMS = [
    enum
    for module in (*TERMS, cases, referrals)
    for _, enum in inspect.getmembers(module, inspect.isclass)
    if issubclass(enum, Enum) and enum.__module__ == module.__name__
]


def rows(enum: type[Enum]) -> list[list[str]]:
    """The cells of the enum's table."""
    found = re.search(rf"^### `{enum.__name__}`.*?\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/glossary.md has no section for {enum.__name__}"
    lines = [line for line in found[1].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_member_stands_in_its_table_in_the_order_of_the_code(enum: type[Enum]) -> None:
    """A missing term could be shown to people who have never read what it means."""
    spelt = [member.name.lower() if issubclass(enum, IntEnum) else member.value for member in enum]
    assert [row[0].strip("`") for row in rows(enum)] == spelt


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_member_has_an_indonesian_word_and_a_meaning(enum: type[Enum]) -> None:
    """Reviewers work in Indonesian; the table keeps the code's word and theirs together."""
    assert [row[0] for row in rows(enum) if len(row) != 3 or not all(row)] == []


def test_no_section_is_left_of_an_enum_that_is_gone() -> None:
    """Terms that the code no longer has must not stay on the page."""
    assert set(re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE)) == {enum.__name__ for enum in ENUMS}


def test_words_that_are_not_used_name_no_class_of_ours() -> None:
    """ "Ticket", "ban" and the like are not words of this project."""
    ours = {path.stem for path in (ROOT / "src" / "jaga").rglob("*.py")}
    assert ours & {"ticket", "tickets", "ban", "bans", "user", "users", "utils", "helpers"} == set()
