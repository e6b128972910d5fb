"""The embedded PostgreSQL: created, shared, left and killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jaga.app.services import postgres
from jaga.app.services.errors import OlderData, ServiceFailed

SECRET = b"an invented secret"
_JOIN = (
    "import sys; from pathlib import Path; from jaga.app.services import postgres; "
    "p = postgres.start(Path(sys.argv[1]), b'an invented secret'); print(p.joined, flush=True); sys.stdin.read()"
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A new installation's folder. For root its data is in /var/lib/jaga, because pytest's folders cannot be entered by
    others.
    """
    yield tmp_path / "home"
    shutil.rmtree((tmp_path / "home" / "postgres").resolve())


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def test_data_outlives_a_stop(home: Path) -> None:
    """Committed data survives a stop and a start, and the databases are separate."""
    cluster = postgres.start(home, SECRET)
    one, other = cluster.ensure_database("one"), cluster.ensure_database("other")
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert ask(other, "SELECT to_regclass('kept')") is None
    cluster.stop()
    assert not cluster.server.alive()
    again = postgres.start(home, SECRET)
    try:
        assert ask(again.ensure_database("one"), "SELECT answer FROM kept") == 42
    finally:
        again.stop()


def test_the_application_is_no_superuser_and_needs_its_password(home: Path) -> None:
    """The application's role cannot disable triggers, and a wrong password is refused."""
    cluster = postgres.start(home, SECRET)
    try:
        url = cluster.ensure_database("one")
        assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace("jaga:", "jaga:x"))
        assert ask(url, "SHOW listen_addresses") == ""
    finally:
        cluster.stop()


def test_no_other_user_can_enter_the_data(home: Path) -> None:
    """Only the cluster's user can read data and socket."""
    cluster = postgres.start(home, SECRET)
    try:
        for folder in (cluster.place.folder, cluster.place.data, cluster.place.sockets):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        cluster.stop()


def test_the_last_one_to_leave_stops_the_server(home: Path) -> None:
    """A second process joins the running server, which continues when the first one leaves and stops with the last."""
    first = postgres.start(home, SECRET)
    with subprocess.Popen(
        [sys.executable, "-c", _JOIN, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "True\n"
        first.stop()
        assert first.server.alive()
        second.kill()
    last = postgres.start(home, SECRET)
    assert last.joined
    last.stop()
    assert first.server.wait(5)


def test_a_killed_server_is_recovered(home: Path) -> None:
    """After kill -9 of the server, the next start recovers committed data."""
    cluster = postgres.start(home, SECRET)
    with psycopg.connect(cluster.ensure_database("one")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(cluster.server.pid, signal.SIGKILL)
    cluster.stop()
    again = postgres.start(home, SECRET)
    try:
        assert ask(again.url("one"), "SELECT answer FROM kept") == 42
    finally:
        again.stop()


def test_a_stale_lock_file_that_names_another_program_does_not_stop_us(home: Path) -> None:
    """A lock file with a process number that now belongs to another program does not count as a running server."""
    cluster = postgres.start(home, SECRET)
    cluster.stop()
    (cluster.place.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    again = postgres.start(home, SECRET)
    assert not again.joined
    again.stop()


def test_data_of_another_major_version_is_left_alone(home: Path) -> None:
    """A data folder of another major version is refused with its number, and not changed."""
    cluster = postgres.start(home, SECRET)
    cluster.stop()
    (cluster.place.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(OlderData, match="PostgreSQL 9"):
        postgres.start(home, SECRET)


def test_lost_secrets_are_named(home: Path) -> None:
    """If the secret does not match the cluster, the error says so instead of waiting."""
    postgres.start(home, SECRET).stop()
    with pytest.raises(ServiceFailed, match="secrets/"):
        postgres.start(home, b"another")
    cluster = postgres.start(home, SECRET)
    cluster.stop()
