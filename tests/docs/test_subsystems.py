"""The subsystem pages: one for each package, generated pictures up to date, and names that exist."""

import re
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType

import pytest
from django.apps import apps
from tests.docs.pages import ROOT, inline_in, name_of

from jaga.core import lifecycles
from jaga.core.lifecycles import BATCH, Lifecycle
from jaga.core.terms.reports import BatchState

PAGES = tuple(sorted((ROOT / "docs" / "subsystems").glob("*.md")))
TOLD_IN = {"adoption": "policy", "proofs": "ledger"}
"""Subjects that the page of a neighbour explains."""
BESIDE_SUBJECTS = {
    "app",
    "desk",
    "ledger",
    "platforms",
    "policy",
    "screening",
    "store",
    "web",
    "web-api",
    "web-public",
    "work",
}
"""Pages about parts of the program that are no subjects."""
SECTIONS = ("## Where to start reading", "## How to change it")
_DRAWN = re.compile(r"<!-- drawn: \w+ ?[\w. ]*? -->\n(.*?)<!-- drawn: end -->", re.DOTALL)
_NAMED_FILE = re.compile(r"[\w./-]+/[\w.-]+\.(?:py|sql|html|yaml|md|toml|txt|js|css|po)")


def _tool(name: str) -> ModuleType:
    spec = spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures() -> Iterator[ModuleType]:
    yield _tool("pictures")
    del sys.modules["tools_pictures"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pictures_are_as_the_code_is(page: Path, pictures: ModuleType) -> None:
    """If not, run `python tools/pictures.py`."""
    assert pictures.redrawn(page.read_text()) == page.read_text()


def test_a_changed_transition_changes_its_page(pictures: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would prove nothing."""
    without = {state: follow for state, follow in BATCH.follow.items() if state is not BatchState.FAILED}
    monkeypatch.setattr(lifecycles, "BATCH", Lifecycle(BATCH.first, MappingProxyType(without)))
    page = (ROOT / "docs" / "subsystems" / "batches.md").read_text()
    assert pictures.redrawn(page) != page


def test_each_subject_has_its_page() -> None:
    """The name of a subject is the name of its page."""
    subjects = {folder.name for folder in _tool("subjects").subjects()}
    assert {page.stem for page in PAGES} == (subjects - TOLD_IN.keys()) | BESIDE_SUBJECTS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_page_says_where_to_start_and_how_to_change(page: Path) -> None:
    """With an example, and with a test to run."""
    text = page.read_text()
    assert [section for section in SECTIONS if section not in text] == []
    assert "Example:" in text
    assert "-m pytest" in text


def test_each_package_with_tables_shows_them() -> None:
    """Every model is on a page, with who may write it."""
    shown = {of for page in PAGES for of in re.findall(r"<!-- drawn: tables (\w+) -->", page.read_text())}
    there = {model.__module__.split(".")[1] for model in apps.get_app_config("records").get_models()}
    assert shown == there


def test_every_table_of_states_is_drawn() -> None:
    """A new `Lifecycle` needs a page where people look for it."""
    drawn = {of for page in PAGES for of in re.findall(r"<!-- drawn: states ([\w.]+) -->", page.read_text())}
    tables = {name for name, table in vars(lifecycles).items() if isinstance(table, Lifecycle)}
    assert drawn == {
        *(f"core.lifecycles.{name}" for name in tables),
        "core.cases.TRANSITIONS",
        "core.referrals.TRANSITIONS",
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """From the checkout's root, whatever folder they are in. Generated parts quote the code, which names its own
    paths.
    """
    drawn = {name for block in _DRAWN.findall(page.read_text()) for name in re.findall(r"`([^`\n]+)`", block)}
    named = [name for name in inline_in(page) if _NAMED_FILE.fullmatch(name) and name not in drawn]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_tests_that_a_page_names_exist(page: Path) -> None:
    """A command that names tests can run them."""
    commands = re.findall(r"-m pytest((?:\s+tests/[\w./]+)+)", page.read_text())
    named = {place for command in commands for place in command.split()}
    assert sorted(place for place in named if not (ROOT / place).exists()) == []


def test_the_index_leads_to_every_page() -> None:
    """People search in `docs/README.md`."""
    index = (ROOT / "docs" / "README.md").read_text()
    assert [page.stem for page in PAGES if f"(subsystems/{page.name})" not in index] == []
    others = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "README.md"]
    assert [name for name in others if f"({name})" not in index] == []
