"""A world made by the verbs."""

from pathlib import Path
from typing import Any

import pytest
from tests.factories import World, make_world


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()
