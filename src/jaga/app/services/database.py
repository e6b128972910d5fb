"""Provides the database of this process: the one in `DATABASE_URL`, or one in the embedded cluster.

The three database roles: the owner creates tables and people; web server and worker use their own.

A part's role owns nothing, creates nothing, and has only the privileges in `jaga.store.grants`, so that whoever takes
over a page or job cannot change a table's structure or disable its guards. Roles are named after the database
(`jaga_web`, `jaga_worker`), so two installations in one cluster share none. Their passwords are derived from
`secrets/database-roles` and set at each start; losing that file loses nothing.
"""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

from jaga.app import config, keys
from jaga.app.services import postgres
from jaga.app.services.errors import (
    RolesMissing,
    RoleTooStrong,
    ServiceFailed,
    UnknownTables,
    WrongHome,
    become_owner,
    write_private,
)
from jaga.app.services.supervisor import IDLE_SECONDS, print_progress
from jaga.store import grants, migrations
from jaga.store.grants import PARTS, Part

log_of_database = logging.getLogger("jaga.supervisor")
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
                    log_of_database.warning("PostgreSQL had died and was started again; its log is %s", cluster.log)
                pause = _SHORTEST_PAUSE
            # Includes a full disk: with free space it starts.
            except (ServiceFailed, OSError, psycopg.Error) as failed:
                pause = min(pause * 2, _LONGEST_PAUSE)
                log_of_database.error("PostgreSQL died and does not start: %s; tried again in %.0f s", failed, pause)

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


log_of_roles = logging.getLogger("jaga.roles")
_ATTRIBUTES = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT")
_LONGEST = 63 - len("_worker")


def role_name(database: str, part: Part) -> str:
    """A part's role for the installation in this database. No two databases of a server share one."""
    whole = database.encode()
    if len(whole) > _LONGEST:
        database = f"{whole[:40].decode(errors='ignore')}_{hashlib.sha256(whole).hexdigest()[:12]}"
    return f"{database}_{part}"


def address(owner: str, part: Part) -> str:
    """Where this part connects: as configured, else as its own role of the owner's database."""
    if given := config.given_role_database(part):
        return given
    parts = urlsplit(owner)
    name = role_name(unquote(parts.path.lstrip("/")), part)
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(name, safe='')}:{_password(name)}@{where}").geturl()


def prepare(owner: str) -> Mapping[Part, str]:
    """Create missing roles and grant each its privileges; returns where each part connects.

    Run as owner after each migration; idempotent and safe to run concurrently. If the owner may not create roles and
    none are configured, a practice installation continues as owner with a message; a real one raises RolesMissing.
    """
    with psycopg.connect(owner, connect_timeout=_SLOWEST) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('jaga roles', 0))")
        roles = {part: _role_of(connection, part) for part in PARTS}
        grants.apply(connection, roles)
    return {part: address(owner, part) if role else owner for part, role in roles.items()}


def connect_as(part: Part, owner: str) -> str:
    """Where a part started on its own connects; refuses a role that is too powerful (`check`)."""
    found = address(owner, part)
    try:
        psycopg.connect(found, connect_timeout=_SLOWEST).close()
    except psycopg.OperationalError as refused:
        if not config.practice():
            raise RolesMissing(part=part) from refused
        log_of_roles.warning("practice: the %s connects as the owner: %s", part, RolesMissing(part=part).english())
        return owner
    check(found, part)
    return found


def check(url: str, part: Part) -> None:
    """Refuse a role that could bypass the guards; in practice only warn. Raises RoleTooStrong."""
    with psycopg.connect(url, connect_timeout=_SLOWEST) as connection:
        found = grants.powers(connection, part)
    if not found:
        return
    refusal = RoleTooStrong(part=part, powers=", ".join(found))
    if not config.practice():
        raise refusal
    log_of_roles.warning("practice: %s", refusal.english())


def check_if_there(url: str, part: Part) -> None:
    """`check`, unless the database does not answer: that is handled elsewhere, and health checks fail until then."""
    try:
        check(url, part)
    except psycopg.OperationalError as away:
        log_of_roles.warning("the database does not answer yet: %s", type(away).__name__)


def _role_of(connection: psycopg.Connection, part: Part) -> str | None:
    """The part's role, created if needed; None in a practice installation that may not create it."""
    if given := config.given_role_database(part):
        return unquote(urlsplit(given).username or "")
    name = role_name(connection.info.dbname, part)
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    try:
        with connection.transaction():
            _make(connection, name, there is not None)
    except psycopg.errors.InsufficientPrivilege as refused:
        if not config.practice():
            raise RolesMissing(part=part) from refused
        log_of_roles.warning("practice: %s", RolesMissing(part=part).english())
        return None
    return name


def _make(connection: psycopg.Connection, name: str, there: bool) -> None:
    """Create the role or reset its password. Only the password verifier is sent, so no log contains the password."""
    verifier = connection.pgconn.encrypt_password(_password(name).encode(), name.encode(), b"scram-sha-256").decode()
    verb = sql.SQL("ALTER" if there else "CREATE")
    # Only a superuser may set NOSUPERUSER on an existing role; it was created without.
    attributes = sql.SQL("LOGIN") if there else _ATTRIBUTES
    connection.execute(
        sql.SQL("{} ROLE {} {} PASSWORD {}").format(verb, sql.Identifier(name), attributes, sql.Literal(verifier))
    )


def _password(name: str) -> str:
    return hmac.new(keys.secret(keys.DATABASE_ROLES), name.encode(), hashlib.sha256).hexdigest()
