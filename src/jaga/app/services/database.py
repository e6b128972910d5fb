"""Provides the database of this process: the one in `DATABASE_URL`, or one in the embedded cluster."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from jaga.app import config, keys
from jaga.app.services import postgres
from jaga.app.services.errors import ServiceFailed, UnknownTables, WrongHome
from jaga.app.services.files import write_private
from jaga.app.services.owner import become_owner
from jaga.app.services.waiting import IDLE_SECONDS, print_progress
from jaga.records import migrations

log = logging.getLogger("jaga.supervisor")
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_SLOWEST = 120  # Seconds a connection may take.
_STARTING = ("the database system is starting up", "timeout expired", "is in recovery mode")
_MIGRATIONS = Path(migrations.__file__).parent
_UNKNOWN = "SELECT name FROM django_migrations WHERE app = 'records' AND name <> ALL(%s) ORDER BY name LIMIT 1"
PRACTICE, REAL = "practice", "jaga"  # A practice database and a real one never share tables.


@contextmanager
def database() -> Iterator[str]:
    """Provide the installation's database for the block, and yield its address.

    With `DATABASE_URL` nothing is started. Otherwise the embedded cluster is joined or started, and left at the end;
    its address is stored in `<home>/run/` for the installation's other processes (`config.database_url`). Root
    continues as the owner of the home folder (`become_owner`). Raises WrongHome, ServiceFailed, KeysMissing,
    UnknownTables.
    """
    become_owner(config.home())
    _keep_kinds_apart(config.home())
    config.make_folder(config.home() / "evidence")  # Also while empty, since a backup copies it.
    given = config.given_database()
    if given:
        _reach(given)
        check_tables(given)
        yield given
        return
    cluster = postgres.start(config.home(), keys.embedded_database_key())
    try:
        url = cluster.ensure_database(PRACTICE if config.practice() else REAL)
        check_tables(url)
        _leave(f"{url}\n", config.home() / "run" / ("database-url" if config.practice() else "database-url-real"))
        with _kept_alive(cluster):
            yield url
    finally:
        cluster.stop()


def _keep_kinds_apart(home: Path) -> None:
    """Mark a new folder as practice or real, and refuse one of the other kind."""
    mark, asked = home / "kind", "practice" if config.practice() else "real"
    if not mark.exists():
        config.make_folder(home)
        write_private(mark, f"{asked}\n".encode())
    if (found := mark.read_text().strip()) != asked:
        raise WrongHome(path=home, found=found, asked=asked)


def check_tables(url: str) -> None:
    """Check that this version knows all migrations of the database. Raises UnknownTables; psycopg.Error."""
    known = [path.stem for path in _MIGRATIONS.glob("0*.py")]
    with psycopg.connect(url, connect_timeout=_SLOWEST) as connection:
        migrated = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone() == (True,)
        found = connection.execute(_UNKNOWN, [known]).fetchone() if migrated else None
    if found:
        raise UnknownTables(place="DATABASE_URL" if config.given_database() else config.home(), migration=found[0])


@contextmanager
def _kept_alive(cluster: postgres.Postgres) -> Iterator[None]:
    """Restart the server whenever it dies during the block; web server and worker wait for it."""
    ending = threading.Event()

    def keep() -> None:
        pause = _SHORTEST_PAUSE
        while not ending.wait(pause):
            try:
                if cluster.revive():
                    log.warning("PostgreSQL had died and was started again; its log is %s", cluster.log)
                pause = _SHORTEST_PAUSE
            # Includes a full disk: with free space it starts.
            except (ServiceFailed, OSError, psycopg.Error) as failed:
                pause = min(pause * 2, _LONGEST_PAUSE)
                log.error("PostgreSQL died and does not start: %s; tried again in %.0f s", failed, pause)

    keeper = threading.Thread(target=keep, name="postgres")
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()


def _reach(url: str) -> None:
    """Raises ServiceFailed if nothing answers at `url`, which may contain a password and is not repeated.

    Waits for a server that is starting or slow.
    """
    until = time.monotonic() + IDLE_SECONDS
    with print_progress("the database of DATABASE_URL"):
        while True:
            try:
                psycopg.connect(url, connect_timeout=_SLOWEST).close()
                return
            except psycopg.Error as refused:
                why = str(refused).strip().splitlines()[0]
                if time.monotonic() > until or not any(words in why for words in _STARTING):
                    raise ServiceFailed(
                        service="The database of DATABASE_URL", reason=why, log="the database's own log"
                    ) from None
            time.sleep(0.5)


def _leave(url: str, path: Path) -> None:
    """Write an address, which contains a password; if it is already stored, a full disk stops no command."""
    if not path.exists() or path.read_text() != url:
        write_private(path, url.encode())
