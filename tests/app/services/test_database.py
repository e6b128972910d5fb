"""Which folder a start may use."""

from pathlib import Path

import pytest

from jaga.app.services import database
from jaga.app.services.errors import WrongHome


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home; other tests cover what else a start does."""
    monkeypatch.setenv("JAGA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://jaga@127.0.0.1:1/nobody")
    monkeypatch.setattr(database, "_reach", lambda url: None)
    monkeypatch.setattr(database, "check_tables", lambda url: None)
    return tmp_path / "home"


def _start(monkeypatch: pytest.MonkeyPatch, practice: str) -> None:
    monkeypatch.setenv("PRACTICE", practice)
    with database.database():
        pass


@pytest.mark.parametrize(("first", "second"), [("0", "1"), ("1", "0")])
def test_practice_and_real_work_never_share_a_folder(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: str,
    second: str,
) -> None:
    """Without PRACTICE=0 a real installation's folder is refused before anything is written."""
    _start(monkeypatch, first)
    _start(monkeypatch, first)
    with pytest.raises(WrongHome, match="JAGA_HOME"):
        _start(monkeypatch, second)
    _start(monkeypatch, first)
