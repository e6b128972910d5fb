"""An operator's app with its own users table, in its own PostgreSQL, which is killed like the others.

Jaga reaches it by its adapter `sql` and the map in `examples/`. The app records each change of state in the same
transaction, so that double effects are visible.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from tests.faults.asking import Asking
from tests.faults.points import kill_postgres
from tests.platforms.relay import Relay, relayed
from tests.platforms.sql_stage import APP, EXAMPLES

from jaga.app.services import postgres
from jaga.app.services.postgres import Postgres

NAME = "obrol"
OBSERVER, ACTOR = "jaga_look", "jaga_act"
_SECRET = b"the fault tests' app holds invented data only"


@dataclass
class App:
    """A running app. Callers wait for a database that is down."""

    cluster: Postgres
    relay: Relay
    password: str
    _asking: Asking = field(default_factory=Asking)

    @property
    def database(self) -> str:
        """The database address for Jaga's adapter."""
        return self.relay.address(NAME)

    @property
    def map(self) -> Path:
        return EXAMPLES / "sql-map.yaml"

    def newcomer(self, name: str) -> str:
        """A new person of that name; returns the stable id of their account."""
        self.rows(
            "INSERT INTO users (username, password) VALUES (%s, '') ON CONFLICT (username) DO NOTHING RETURNING id",
            name,
        )
        [(number,)] = self.rows("SELECT id FROM users WHERE username = %s", name)
        return f"id:{number}"

    def state(self, name: str) -> str:
        [(state,)] = self.rows("SELECT state FROM users WHERE username = %s", name)
        return {"ok": "open", "held": "held", "banned": "closed"}[state]

    def effects(self, name: str) -> dict[str, int]:
        """How often the account was brought to each state, by the toy's words for the order."""
        rows = self.rows(
            "SELECT c.state, count(*) FROM changes c JOIN users u ON u.id = c.id WHERE u.username = %s"
            " GROUP BY c.state",
            name,
        )
        words = {"held": "hold", "banned": "close", "ok": "reopen"}
        found = {words[state]: int(times) for state, times in rows}
        found["reopen"] = found.get("reopen", 0) - 1  # it began open
        return {word: times for word, times in found.items() if times > 0}

    def inbox(self, name: str) -> list[str]:
        return [
            body
            for (body,) in self.rows(
                "SELECT l.body FROM letters l JOIN users u ON u.id = l.user_id WHERE u.username = %s ORDER BY l.at",
                name,
            )
        ]

    def kill(self) -> None:
        """Like a power cut."""
        kill_postgres(self.cluster.server.pid)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._asking.rows(self.cluster.url(NAME), query, values)


@contextmanager
def app(home: Path) -> Iterator[App]:
    """The app for the block, its data in its own folder."""
    cluster = postgres.start(home, _SECRET)
    try:
        url, password = cluster.ensure_database(NAME), secrets.token_hex(8)
        with psycopg.connect(url, autocommit=True) as owner:
            for role in (OBSERVER, ACTOR):
                owner.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
            owner.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                    *(sql.Identifier(name) for name in (NAME, OBSERVER, ACTOR))
                )
            )
            owner.execute(APP.replace("{look}", OBSERVER).replace("{act}", ACTOR).encode())
        with relayed(url) as relay:
            made = App(cluster, relay, password)
            try:
                yield made
            finally:
                made._asking.close()
    finally:
        cluster.stop()
