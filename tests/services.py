"""The session's embedded PostgreSQL, kept in var/test between sessions.

`DATABASE_URL`, if set, names another server to test on; its role must be allowed to create databases.
"""

import atexit
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from jaga.app import keys
from jaga.app.services import postgres
from jaga.app.services.processes import Process

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / "var" / "test"
COMPILED_ONCE = "JAGA_TESTS_COMPILED_ONCE"  # tells the processes of `make test` that `begin_compiling` did it for them
_SECRET = b"the test cluster holds invented data only"
_NAME = "test_jaga_{}"
_TEMPLATE = "jaga_template_{}"
# What the machine's power would cost: no test cuts it. Tests that kill servers bring clusters of their own.
# Tables of tests hold a few rows, for which a plan that is made once is as good as one for each set of values.
_FOR_TESTS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "plan_cache_mode": "force_generic_plan",
}
# What the tables are made of: our migrations and what is done after them, and the libraries that have some.
_TABLES_OF = (
    "src/jaga/store/migrations/*.py",
    "src/jaga/store/guards/*.sql",
    "src/jaga/store/grants.py",
    "src/jaga/store/operations_together.py",
    "src/jaga/store/grants.py",
    "src/jaga/store/bound_rows.py",
    "src/jaga/app/apps.py",
    "requirements/run.txt",
)


def begin_compiling() -> None:
    """Let the screening kernels be compiled while the tables are made and the tests collected, if many tests are run.
    Whoever needs them waits for the same lock (`tests.conftest`).
    """
    if "PYTEST_XDIST_WORKER" not in os.environ and "-n" in sys.argv and "--collect-only" not in sys.argv:
        HOME.mkdir(parents=True, exist_ok=True)
        os.environ[COMPILED_ONCE] = "1"
        compiling = subprocess.Popen(
            ["flock", HOME / "compiling", sys.executable, "-m", "jaga.app.screening.warm"],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT / "src")},
        )
        atexit.register(compiling.wait)


def provide_database() -> str:
    """Join or start the session's cluster, name it in the environment, and return the name of the session's database.

    Each session has its own database, so two sessions in one checkout do not collide; those of ended sessions are
    dropped.
    """
    os.environ["JAGA_HOME"] = str(HOME)
    if "DATABASE_URL" not in os.environ:
        cluster = postgres.start(HOME, _SECRET, _FOR_TESTS)
        atexit.register(cluster.stop)
        os.environ["DATABASE_URL"] = cluster.ensure_database("jaga")
        _permit_copied_rows(cluster)
        _drop_leftovers(os.environ["DATABASE_URL"])
    keys.make_all()
    return _NAME.format(os.getpid())


def _permit_copied_rows(cluster: postgres.Postgres) -> None:
    """Let the owner of the tables insert copied rows past their triggers (`tests.copied_world`)."""
    with postgres._connect(cluster.place, _SECRET) as keeper:
        keeper.execute(f"GRANT SET ON PARAMETER session_replication_role TO {postgres.APPLICATION}".encode())


def drop_database(server: psycopg.Connection[Any], name: str) -> None:
    """Drop a database with its connections. Autovacuum may work in it for a moment, and only a superuser ends that."""
    end = time.monotonic() + 60
    while True:
        try:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@contextmanager
def database(name: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database beside the tests' own; dropped afterwards."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        drop_database(admin, name)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            drop_database(admin, name)


def provide_template() -> str:
    """The name of a migrated database without data; each session's database is a copy of it. Made once per state of the
    migrations.
    """
    digest = hashlib.sha256()
    for pattern in _TABLES_OF:
        for path in sorted(CHECKOUT.glob(pattern)):
            digest.update(path.relative_to(CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    name = _TEMPLATE.format(digest.hexdigest()[:16])
    with (
        (HOME / "template.lock").open("w") as turn,
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
    ):
        fcntl.flock(turn, fcntl.LOCK_EX)
        there = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if name not in there:
            _make_template(connection, name, there)
    return name


def _make_template(connection: psycopg.Connection[tuple[object, ...]], name: str, there: set[str]) -> None:
    making = _TEMPLATE.format("making")
    for old in there:
        if re.fullmatch(_TEMPLATE.format(r"(?:making|[0-9a-f]{16})"), old):
            drop_database(connection, old)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{making}").geturl()
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--skip-checks", "-v0"],
        check=True,
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
            "PYTHONPATH": str(CHECKOUT / "src"),
        },
    )
    with psycopg.connect(url) as made:  # A number of a key is taken for a row's nowhere, not even by chance.
        for kind in ("case", "report"):
            made.execute(f"ALTER SEQUENCE records_{kind}_key_numbers RESTART WITH 7000001".encode())
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name)))


def _drop_leftovers(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            owner = re.fullmatch(_NAME.format(r"(\d+)(?:_\w+)?"), name)
            if owner and Process.of(int(owner[1])) is None:
                drop_database(connection, name)
        for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall():
            owner = re.fullmatch(_NAME.format(r"(\d+)(?:_\w+)?_(?:web|worker)"), name)
            if owner and Process.of(int(owner[1])) is None:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
