"""What `jaga run` says at its end on a real installation."""

from typing import Any

import pytest
from tests.factories import make_world

from jaga.app.commands import run


def test_an_empty_installation_is_told_how_to_make_the_first_administrator(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command, with what this start was told about its place; a password is not repeated."""
    monkeypatch.setenv("JAGA_HOME", "/srv/jaga home")
    monkeypatch.setenv("DATABASE_URL", "")
    last = run._way_on().splitlines()[-1]
    assert last.strip() == "PRACTICE=0 JAGA_HOME='/srv/jaga home' .venv/bin/jaga admin create NAME"
    monkeypatch.setenv("DATABASE_URL", "postgresql://jaga:invented-password@localhost/jaga")
    assert "invented-password" not in run._way_on()
    monkeypatch.delenv("JAGA_HOME")
    monkeypatch.delenv("DATABASE_URL")
    assert run._way_on().endswith("\n    PRACTICE=0 .venv/bin/jaga admin create NAME")


def test_an_installation_with_people_is_not_called_empty(db: None, settings: Any) -> None:
    """Once somebody exists, nobody needs to be made."""
    make_world()
    assert "admin create" not in run._way_on()
