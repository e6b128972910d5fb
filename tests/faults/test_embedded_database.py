"""The embedded PostgreSQL is restarted by its supervisor, as `jaga run` does."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.faults.points import kill_postgres

from jaga.app.services.database import database
from jaga.app.services.postgres import choose


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home that the database's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="jaga-home-"))
    folder.chmod(0o755)
    monkeypatch.setenv("JAGA_HOME", str(folder))
    monkeypatch.setenv("PRACTICE", "1")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield folder
    data = (folder / "postgres").resolve()
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(folder)


def test_a_killed_server_is_started_again_with_what_was_committed(home: Path) -> None:
    """Within seconds, automatically, and at the same address."""
    with database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('tersimpan')")
        first = int((choose(home).data / "postmaster.pid").read_text().split()[0])
        kill_postgres(first)
        end = time.monotonic() + 120
        while True:
            try:
                with psycopg.connect(url, connect_timeout=5) as connection:
                    assert connection.execute("SELECT word FROM kept").fetchone() == ("tersimpan",)
                break
            except psycopg.OperationalError:
                assert time.monotonic() < end, (home / "log" / "postgres.log").read_text()
                time.sleep(0.1)
        assert int((choose(home).data / "postmaster.pid").read_text().split()[0]) != first
