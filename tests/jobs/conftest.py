"""A world whose one platform is the fake, with one account on it."""

from pathlib import Path
from typing import Any

import pytest
from tests.factories import ACCOUNT, World, make_world
from tests.platforms.fake import FakeAccount, FakePlatform


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    platform = FakePlatform()
    platform.accounts[ACCOUNT] = FakeAccount("rahasia", sessions={"session"})
    for place in ("carry_out", "probe", "verify", "watch"):
        monkeypatch.setattr(f"jaga.jobs.{place}.adapter_for", lambda name: platform)
    return platform
