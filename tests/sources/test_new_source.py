"""docs/new-source.md: its module and its stage pass the contract unchanged, put where the page says."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.sources.contract import SourceContract
from tests.sources.toy_board import running_board

import jaga.sources
from jaga.core.observations import SourceSettings
from jaga.sources.registry import open_source

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-source.md"
NAMES = ("jaga.sources.papan", "page_stage")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The two modules of the page; yields the one with the stage."""
    folder = tmp_path_factory.mktemp("page")
    module, stage = re.findall(r"^```python\n(\"\"\".*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "papan.py").write_text(module)
    (folder / "page_stage.py").write_text(stage)
    jaga.sources.__path__.append(str(folder))
    sys.path.append(str(folder))
    try:
        yield importlib.import_module("page_stage")
    finally:
        jaga.sources.__path__.remove(str(folder))
        sys.path.remove(str(folder))
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture
def stage(page: Any) -> Iterator[Any]:
    with running_board() as board:
        yield page.PapanStage(board)


class TestThePage(SourceContract):
    """The contract on the page's own code."""


def test_the_pages_own_test(page: Any, stage: Any) -> None:
    """What the page tests beside the contract."""
    page.test_robots_txt_is_obeyed(stage)


def test_it_is_found_by_the_name_of_its_kind(stage: Any) -> None:
    """The registry opens the module of the kind's name with the watch's settings."""
    kind: Any = SimpleNamespace(value="papan")
    opened = open_source(SourceSettings(kind, "practice", stage.board.url), None)  # type: ignore[arg-type]
    assert opened.name == "papan/1"
    cursor = opened.read(None, limit=5).cursor
    stage.say("halo")
    assert [one.text for one in opened.read(cursor, limit=5).observations] == ["halo"]
