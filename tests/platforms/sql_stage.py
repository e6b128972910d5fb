"""Users tables that Jaga did not make, and the people in them: an invented app's, and a real ejabberd's."""

import itertools
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from tests.platforms.ejabberd_stage import COMMANDS, NOTICES, NOTICES_PASSWORD, EjabberdStage, library, running_ejabberd
from tests.platforms.relay import Relay, relayed
from tests.platforms.stage import BareStage, Person
from tests.services import drop_database

from jaga.core.platforms import Account
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.sql.adapter import SqlAdapter, from_configuration

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_numbers = itertools.count()


@dataclass(frozen=True)
class Tables:
    """One database with two roles for Jaga, reached over TCP."""

    owner_url: str
    relay: Relay
    name: str
    password: str

    @property
    def observer(self) -> str:
        return f"{self.name}_look"

    @property
    def actor(self) -> str:
        return f"{self.name}_act"

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement like the operator's own software."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            done = connection.execute(statement, values)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []

    def block(
        self, mapping: Path, *, base_url: str = "https://obrol.test", server_name: str = "localhost", **changes: str
    ) -> PlatformConfiguration:
        options = {
            "map": str(mapping),
            "database": self.relay.address(self.name),
            "observer": self.observer,
            "actor": self.actor,
            **changes,
        }
        held = {"observer_password": self.password, "actor_password": self.password}
        credentials = {**held, **{key: options.pop(key) for key in list(options) if key in ("token", *held)}}
        return PlatformConfiguration("obrol", "sql", base_url, server_name, credentials, options)


@contextmanager
def tables(schema: str) -> Iterator[Tables]:
    """A database beside the session's, with the operator's `schema`, for the block. {look} and {act} are the roles."""
    url = os.environ["DATABASE_URL"]
    name = f"test_jaga_{os.getpid()}_sql{next(_numbers)}"
    password = secrets.token_hex(8)
    owner_url = urlsplit(url)._replace(path=f"/{name}").geturl()
    with relayed(url) as relay, psycopg.connect(url, autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = Tables(owner_url, relay, name, password)
        try:
            for role in (made.observer, made.actor):
                session.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
                # A connection that was cut can live on for a moment; only who is of its role may end it (FORCE below).
                session.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
            with psycopg.connect(owner_url, autocommit=True) as owner:
                owner.execute(schema.replace("{look}", made.observer).replace("{act}", made.actor))  # type: ignore[arg-type]
            yield made
        finally:
            drop_database(session, name)
            for role in (made.observer, made.actor):
                session.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


APP = """
CREATE TABLE users (
    id bigserial PRIMARY KEY, username text NOT NULL UNIQUE, password text NOT NULL, state text NOT NULL DEFAULT 'ok',
    closed_by text NOT NULL DEFAULT '', is_staff boolean NOT NULL DEFAULT false,
    joined_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE sessions (token text PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE TABLE letters (user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, mark text NOT NULL,
    body text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (user_id, mark));
-- The app's own: whoever is banned is signed out.
CREATE FUNCTION sign_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sessions WHERE user_id = NEW.id;
    RETURN NEW;
END $$;
ALTER FUNCTION sign_out() SECURITY DEFINER;
CREATE TRIGGER sign_out AFTER UPDATE ON users FOR EACH ROW WHEN (NEW.state = 'banned') EXECUTE FUNCTION sign_out();
-- What a replica shows that is a second behind.
CREATE TABLE changes (id bigint NOT NULL, state text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO changes (id, state) VALUES (NEW.id, NEW.state);
    RETURN NEW;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION changed();
CREATE VIEW users_late AS SELECT u.id, coalesce(
    (SELECT c.state FROM changes c WHERE c.id = u.id AND c.at <= clock_timestamp() - interval '1 second'
     ORDER BY c.at DESC LIMIT 1), (SELECT c.state FROM changes c WHERE c.id = u.id ORDER BY c.at LIMIT 1)) AS state
FROM users u;
CREATE VIEW letters_late AS SELECT * FROM letters WHERE at <= clock_timestamp() - interval '1 second';
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {look}, {act};
GRANT SELECT (id, username, state, is_staff, joined_at) ON users TO {look};
GRANT SELECT (user_id) ON sessions TO {look};
GRANT SELECT (user_id, mark) ON letters TO {look};
GRANT SELECT ON users_late, letters_late TO {look};
GRANT SELECT (id, state, closed_by), UPDATE (state, closed_by) ON users TO {act};
GRANT INSERT (user_id, mark, body) ON letters TO {act};
INSERT INTO users (id, username, password, is_staff) VALUES (1, 'kepala', 'kata-sandi-kepala', true);
SELECT setval('users_id_seq', 1000);
"""


class AppStage(BareStage):
    """The invented app of `examples/sql-map.yaml`: people by username, accounts by number."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.adapter = from_configuration(self.block())

    def block(self) -> PlatformConfiguration:
        return self.tables.block(EXAMPLES / "sql-map.yaml")

    def person(self) -> Person:
        name, password, token = f"orang{secrets.token_hex(4)}", secrets.token_hex(8), secrets.token_hex(8)
        ((number,),) = self.tables.run(
            "INSERT INTO users (username, password) VALUES (%s, %s) RETURNING id", name, password
        )
        self.tables.run("INSERT INTO sessions VALUES (%s, %s)", token, number)
        return Person(Account("practice", f"id:{number}", name), password, token)

    def number(self, account: Account) -> int:
        return int(account.account_id.removeprefix("id:"))

    def called(self, person: Person) -> str:
        return f"https://obrol.test/@{person.account.handle}"

    def rename(self, person: Person) -> str:
        name = f"baru{secrets.token_hex(4)}"
        self.tables.run("UPDATE users SET username = %s WHERE id = %s", name, self.number(person.account))
        return name

    def nobody(self) -> Account:
        return Account("practice", "id:999")

    def exists(self, account: Account) -> bool:
        return bool(self.tables.run("SELECT 1 FROM users WHERE id = %s", self.number(account)))

    def others_close(self, person: Person) -> None:
        self.tables.run(
            "UPDATE users SET state = 'banned', closed_by = 'staf' WHERE id = %s", self.number(person.account)
        )

    def erase(self, person: Person) -> None:
        self.tables.run("DELETE FROM users WHERE id = %s", self.number(person.account))

    def can_sign_in(self, person: Person, password: str) -> bool:
        return bool(
            self.tables.run(
                "SELECT 1 FROM users WHERE id = %s AND password = %s AND state <> 'banned'",
                self.number(person.account),
                password,
            )
        )

    def session_works(self, person: Person) -> bool:
        return bool(self.tables.run("SELECT 1 FROM sessions WHERE token = %s", person.session))

    def can_send(self, person: Person, room: str) -> bool:
        return self.session_works(person) and bool(
            self.tables.run("SELECT 1 FROM users WHERE id = %s AND state = 'ok'", self.number(person.account))
        )

    def received(self, person: Person) -> list[str]:
        return self.letters(person) if self.session_works(person) else []

    def letters(self, person: Person) -> list[str]:
        """The letters stored for the holder, read or not."""
        rows = self.tables.run("SELECT body FROM letters WHERE user_id = %s ORDER BY at", self.number(person.account))
        return [body for (body,) in rows]

    def public_room(self, name: str) -> str:
        return name

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        return name

    def say(self, person: Person, room: str, text: str) -> str:
        return ""

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[SqlAdapter]:
        """Observations use a replica that is a second behind; see the two views."""
        late = (EXAMPLES / "sql-map.yaml").read_text().replace(
            "FROM users WHERE id", "FROM users_late WHERE id"
        ).replace("FROM letters WHERE", "FROM letters_late WHERE") + f"\nlag: {seconds + 0.5}\n"
        path = Path(os.environ["JAGA_HOME"]) / f"late-{os.getpid()}.yaml"
        path.write_text(late.replace("is_staff FROM users_late", "is_staff FROM users"))
        path.chmod(0o600)
        try:
            yield from_configuration(self.tables.block(path))
        finally:
            path.unlink()


# ejabberd, with its users in PostgreSQL

SQL_AUTH = """auth_method: [sql]
auth_use_cache: false
sql_type: pgsql
sql_server: "127.0.0.1"
sql_port: {port}
sql_database: "{database}"
sql_username: "{user}"
sql_password: "{password}"
sql_pool_size: 2
update_sql_schema: false"""
EJABBERD = Path("/usr/share/ejabberd/sql/pg.sql")
GRANTS = """
ALTER TABLE users ADD COLUMN closed_by text NOT NULL DEFAULT '';
GRANT USAGE ON SCHEMA public TO {look}, {act};
GRANT SELECT (username, closed_by, iterationcount) ON users TO {look};
GRANT SELECT (username, closed_by, iterationcount), UPDATE (closed_by, iterationcount) ON users TO {act};
"""


class EjabberdSqlStage(EjabberdStage):
    """A real ejabberd with its users in PostgreSQL; Jaga reaches them by `examples/ejabberd-map.yaml`."""

    tables: Tables

    def at_tables(self, tables: Tables) -> "EjabberdSqlStage":
        self.tables = tables
        self.adapter = from_configuration(self.block())  # type: ignore[assignment]
        return self

    def block(self) -> PlatformConfiguration:
        return self.tables.block(
            EXAMPLES / "ejabberd-map.yaml",
            base_url=f"http://localhost:{self.ports.api}",
            token_as="basic",
            token=f"{NOTICES}@localhost:{NOTICES_PASSWORD}",
        )

    def others_close(self, person: Person) -> None:
        """As the operator's administrators would by hand."""
        self.tables.run(
            "UPDATE users SET closed_by = 'staf', iterationcount = iterationcount + 1 WHERE username = %s",
            person.account.handle,
        )
        self.api("kick_user", user=person.account.handle)

    def __getattribute__(self, name: str) -> Any:
        if name == "behind":  # its faults are of ejabberd's own adapter
            raise AttributeError(name)
        return super().__getattribute__(name)


def has_sql_ejabberd() -> bool:
    """Whether ejabberd is installed with its driver for PostgreSQL."""
    drivers = [*Path("/usr/lib").glob("erlang/lib/p1_pgsql-*"), *Path("/usr/lib").glob("*/p1_pgsql-*")]
    return library() is not None and bool(drivers) and EJABBERD.exists()


@contextmanager
def running_sql_ejabberd(folder: Path) -> Iterator[EjabberdSqlStage]:
    """A real ejabberd on its own database, for the block."""
    with tables(EJABBERD.read_text() + GRANTS) as made:
        url = urlsplit(made.owner_url)
        authentication = SQL_AUTH.format(
            port=made.relay.port, database=made.name, user=url.username, password=url.password
        )
        commands = (*COMMANDS, "num_resources")
        with running_ejabberd(
            folder, authentication=authentication, stage=EjabberdSqlStage, commands=commands
        ) as stage:
            assert isinstance(stage, EjabberdSqlStage)
            yield stage.at_tables(made)
