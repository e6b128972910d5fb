"""docs/new-adapter.md: its module and its stage pass the contract unchanged, with one file and one block."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.platforms import toy_chat
from tests.platforms.contract import PlatformContract

import jaga.platforms
from jaga.core.platforms import Account
from jaga.core.terms.cases import AccountState, OutcomeKind
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import can_act
from jaga.platforms.registry import check, open_adapter

PAGE = Path(__file__).resolve().parents[3] / "docs" / "new-adapter.md"
NAMES = ("jaga.platforms.obrol", "page_stage")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The two modules of the page, put where it says; yields the one with the stage."""
    folder = tmp_path_factory.mktemp("page")
    module, stage = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "obrol.py").write_text(module)
    (folder / "page_stage.py").write_text(stage)
    jaga.platforms.__path__.append(str(folder))
    sys.path.append(str(folder))
    try:
        yield importlib.import_module("page_stage")
    finally:
        jaga.platforms.__path__.remove(str(folder))
        sys.path.remove(str(folder))
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def stage(page: Any) -> Iterator[Any]:
    yield from page.stage.__wrapped__()


class TestThePage(PlatformContract):
    pass


def block(stage: Any, token: str) -> PlatformConfiguration:
    return PlatformConfiguration("obrol", "obrol", stage.url, "obrol.example", {"admin_token": token})


def test_one_block_opens_it_and_its_check_says_what_is_wrong(stage: Any) -> None:
    """Found by its name alone; a wrong token is named."""
    assert can_act(open_adapter(block(stage, toy_chat.ADMIN)))
    assert [one.ok for one in check(block(stage, toy_chat.ADMIN))] == [True]
    assert [one.ok for one in check(block(stage, "invented-other"))] == [False]


def test_whoever_runs_the_server_is_refused(stage: Any) -> None:
    """As the page says of every adapter."""
    runner = Account("obrol", "kepala")
    assert stage.adapter.close(runner).kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(runner).state is AccountState.ACTIVE
