"""What the test session brings along: an embedded PostgreSQL of its own, kept in var/test between sessions.

`DATABASE_URL`, where it is set, names another server to test on; its role must be allowed to make databases.
"""

import atexit
import os
import re
from pathlib import Path

import psycopg
from psycopg import sql

from jaga.app import keys
from jaga.app.services import postgres
from jaga.app.services.processes import Process

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / "var" / "test"
_SECRET = b"the test cluster holds invented data only"
_NAME = "test_jaga_{}"


def provide_database() -> str:
    """Join or start the session's cluster, name it in the environment, and return the name of the session's database.

    Each session has a database of its own, so that two in one checkout do not meet; those of dead sessions are dropped.
    """
    os.environ["JAGA_HOME"] = str(HOME)
    if "DATABASE_URL" not in os.environ:
        cluster = postgres.start(HOME, _SECRET)
        atexit.register(cluster.stop)
        os.environ["DATABASE_URL"] = cluster.ensure_database("jaga")
        _drop_leftovers(os.environ["DATABASE_URL"])
    keys.make_all()
    return _NAME.format(os.getpid())


def _drop_leftovers(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            owner = re.fullmatch(_NAME.format(r"(\d+)(?:_\w+)?"), name)
            if owner and Process.of(int(owner[1])) is None:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall():
            owner = re.fullmatch(_NAME.format(r"(\d+)(?:_\w+)?_(?:web|worker)"), name)
            if owner and Process.of(int(owner[1])) is None:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
