"""What somebody can do with only the database connection of the web server or the worker."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors, sql
from tests.factories import World, in_review, make_world, resolved_closure, vote
from tests.roles import owner_url
from tests.services import drop_database

from jaga.app.services import database as roles
from jaga.app.services.errors import RolesMissing, RoleTooStrong
from jaga.app.services.supervisor import environment_of, plans
from jaga.cases.models.decisions import Decision
from jaga.core.terms.cases import DecisionKind
from jaga.store.grants import PARTS, Part

ATTACKS = {
    "turn a trigger off": "ALTER TABLE records_action DISABLE TRIGGER ALL",
    "turn all triggers off": "SET session_replication_role = replica",
    "become the owner": "SET ROLE {owner}",
    "become the owner for the session": "SET SESSION AUTHORIZATION {owner}",
    "empty a table": "TRUNCATE records_ledgerentry",
    "empty a table of sessions": "TRUNCATE records_lease CASCADE",
    "own trigger": "CREATE TRIGGER mine BEFORE INSERT ON records_vote EXECUTE FUNCTION records_append_only()",
    "rule": "CREATE RULE mine AS ON INSERT TO records_vote DO INSTEAD NOTHING",
    "drop a trigger": "DROP TRIGGER records_action_guard ON records_action",
    "another guard": "CREATE OR REPLACE FUNCTION records_action_guard() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "code of a block": "DO $$ BEGIN PERFORM 1; END $$",
    "table": "CREATE TABLE mine (a int)",
    "table that hides ours": "CREATE TEMP TABLE records_vote (a int)",
    "view": "CREATE VIEW mine AS SELECT 1",
    "schema": "CREATE SCHEMA mine",
    "extension": "CREATE EXTENSION dblink",
    "another database": "SELECT dblink_connect('dbname=postgres')",
    "foreign server": "CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw",
    "role": "CREATE ROLE mine SUPERUSER",
    "own strength": "ALTER ROLE CURRENT_USER SUPERUSER",
    "another's password": "ALTER ROLE {owner} PASSWORD 'x'",
    "rights for oneself": "GRANT UPDATE ON records_decision TO CURRENT_USER; UPDATE records_decision SET id = 1",
    "membership": "GRANT {owner} TO CURRENT_USER",
    "database": "CREATE DATABASE mine",
    "setting": "ALTER SYSTEM SET log_statement = 'all'",
    "file of the server": "SELECT pg_read_file('/etc/passwd')",
    "folder of the server": "SELECT pg_ls_dir('/')",
    "program": "COPY (SELECT 1) TO PROGRAM 'id'",
    "write a file": "COPY (SELECT 1) TO '/tmp/jaga-copied'",
    "read a file into a table": "COPY records_casenote FROM '/etc/passwd'",
    "file as an object": "SELECT lo_import('/etc/passwd')",
    "object": "SELECT lo_from_bytea(0, 'x')",
    "passwords": "SELECT rolpassword FROM pg_authid",
    "numbers": "SELECT setval('records_vote_id_seq', 1)",
    "edit a decision": "UPDATE records_decision SET kind = 'close'",
    "delete a decision": "DELETE FROM records_decision",
    "edit a vote": "UPDATE records_vote SET kind = 'close'",
    "delete a vote": "DELETE FROM records_vote",
    "edit an outcome": "UPDATE records_outcome SET kind = 'done'",
    "turn an action into another": "UPDATE records_action SET kind = 'close'",
    "re-point an action": "UPDATE records_action SET decision_id = 1",
    "delete an action": "DELETE FROM records_action",
    "edit the ledger": "UPDATE records_ledgerentry SET payload = '{{}}'",
    "delete from the ledger": "DELETE FROM records_ledgerentry",
    "edit what was looked at": "UPDATE records_accessevent SET at = now()",
    "forget who looked": "DELETE FROM records_accessevent",
    "shorten the time to undo": "UPDATE records_pendingdecision SET undo_until = now()",
    "another server for a platform": "UPDATE records_platform SET name = 'lain'",
    "make it a practice": "UPDATE records_installation SET practice = true",
}
OF_THE_WEB = {
    "re-point an account": "UPDATE records_subject SET account_id = '@lain:localhost'",
    "an entry in another's place": "UPDATE records_ledgerentry SET id = 1",
    "what looks were sealed": "INSERT INTO records_accesslogseal DEFAULT VALUES",
    "take jobs away": "DELETE FROM procrastinate_jobs",
}
OF_THE_WORKER = {
    "person": "UPDATE records_person SET is_active = true",
    "role of a person": "INSERT INTO records_personrole (person_id, role) SELECT id, 'supervisor' FROM records_person",
    "appeal": "UPDATE records_appeal SET state = 'overturned'",
    "sessions": "SELECT * FROM django_session",
    "lists of codes": "SELECT * FROM mfa_authenticator",
    "app codes": "UPDATE mfa_authenticator SET data = '{{}}'",
    "who is signed in where": "SELECT * FROM usersessions_usersession",
    "set off a commit": "INSERT INTO records_pendingdecision (case_id) VALUES (1)",
}
# `lo_…`, `DO` and other databases are taken from everybody in Jaga's own server; in another one its keeper does it.
REFUSED = (
    errors.InsufficientPrivilege,
    errors.UndefinedFunction,
    errors.UndefinedObject,
    errors.FeatureNotSupported,
    errors.InvalidSchemaName,
)
ALL = [
    (part, name, attack)
    for part in PARTS
    for name, attack in {**ATTACKS, **(OF_THE_WEB if part == "web" else OF_THE_WORKER)}.items()
]


@pytest.fixture
def world(transactional_db: None, settings: object, tmp_path: Path) -> World:
    setattr(settings, "JAGA_EVIDENCE", tmp_path / "evidence")  # noqa: B010
    return make_world()


@pytest.mark.parametrize(("part", "name", "attack"), ALL, ids=[f"{part}: {name}" for part, name, _ in ALL])
def test_the_role_refuses(database_roles: Mapping[Part, str], db: None, part: Part, name: str, attack: str) -> None:
    """PostgreSQL itself refuses because of missing rights, without any trigger or check."""
    owner = urlsplit(owner_url()).username
    with psycopg.connect(database_roles[part], autocommit=True) as role:
        with pytest.raises(REFUSED) as refusal:
            role.execute(attack.format(owner=owner).encode())
        assert "jaga:" not in str(refusal.value), "a trigger of ours said so, and the role could have got there"


def test_one_insert_of_the_web_server_closes_nothing(world: World, database_roles: Mapping[Part, str]) -> None:
    """An inserted action on committed rows is refused by the table's trigger under the real role."""
    vote(in_review(), DecisionKind.DISMISS, world.reviewers[0])
    resolved_closure(world, account="@kenanga:localhost")
    with psycopg.connect(database_roles["web"], autocommit=True) as web:
        for decision in Decision.objects.all():
            for kind in ("restrict", "close", "redact", "restore"):
                if decision.kind == kind:
                    continue
                with pytest.raises(errors.CheckViolation, match="no action without its decision"):
                    web.execute(
                        "INSERT INTO records_action (decision_id, kind, sequence, state, attempts, created_at)"
                        " VALUES (%s, %s, 9, 'pending', 0, now())",
                        [decision.pk, kind],
                    )
        with pytest.raises(errors.CheckViolation, match="ends once"):
            web.execute("UPDATE records_action SET state = 'pending', finished_at = NULL")
        with pytest.raises(errors.CheckViolation, match="rests on the votes"):
            web.execute(
                "INSERT INTO records_decision (case_id, subject_id, kind, legal_basis, ground, facts, rooms,"
                " automated_detection, policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at)"
                " SELECT c.id, c.subject_id, 'close', '', 'illegal_content', '', '[]', false, repeat('0', 64),"
                " %s, %s, false, now() FROM records_case c JOIN records_decision d ON d.case_id = c.id"
                " WHERE d.kind = 'dismiss'",
                [world.reviewers[0].person_id, world.reviewers[1].person_id],
            )


def test_two_installations_share_no_role() -> None:
    """Roles are named after their database, and long names stay different after shortening."""
    one, other = "x" * 62 + "a", "x" * 62 + "b"
    names = [roles.role_name(database, part) for database in ("jaga", "practice", one, other) for part in PARTS]
    assert names[:2] == ["jaga_web", "jaga_worker"]
    assert len(set(names)) == len(names)
    assert all(len(name.encode()) <= 63 for name in names)


def test_each_part_is_told_its_own_address_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process's environment contains neither the owner's address nor the other part's."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:invented-o@localhost/jaga")
    monkeypatch.setenv("JAGA_WEB_DATABASE_URL", "postgresql://w:invented-w@localhost/jaga")
    monkeypatch.setenv("JAGA_WORKER_DATABASE_URL", "postgresql://k:invented-k@localhost/jaga")
    addresses = {part: roles.address(os.environ["DATABASE_URL"], part) for part in PARTS}
    for plan in plans(tmp_path, 8600, addresses):
        own = "invented-w" if plan.name == "web" else "invented-k"
        seen = [
            secret
            for secret in ("invented-o", "invented-w", "invented-k")
            if any(secret in value for value in plan.environment.values())
        ]
        assert seen == [own], plan.name
    assert environment_of("web", {}, addresses)["DATABASE_URL"] == addresses["web"]


def test_the_real_thing_refuses_an_owner(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In production a part that would connect as the owner does not start; a practice installation starts with a
    warning.
    """
    monkeypatch.setenv("PRACTICE", "0")
    with pytest.raises(RoleTooStrong, match="owns"):
        roles.check(owner_url(), "web")
    monkeypatch.setenv("PRACTICE", "1")
    with caplog.at_level("WARNING", "jaga.roles"):
        roles.check(owner_url(), "web")
    assert "owns" in caplog.text


@pytest.fixture
def humble(db: None) -> Iterator[str]:
    """The owner of an empty database who cannot create roles, as an administrator may set it up."""
    name = f"test_jaga_{os.getpid()}_humble"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'invented'").format(sql.Identifier(name)))
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
        try:
            parts = urlsplit(os.environ["DATABASE_URL"])
            where = parts.netloc.rpartition("@")[2]
            yield parts._replace(netloc=f"{name}:invented@{where}", path=f"/{name}").geturl()
        finally:
            drop_database(server, name)
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_where_nobody_may_make_roles_the_real_thing_refuses(
    humble: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In production the message says what is missing and where it is explained; a practice continues as the owner, with
    a warning.
    """
    monkeypatch.setenv("PRACTICE", "0")
    with pytest.raises(RolesMissing):
        roles.prepare(humble)
    with pytest.raises(RolesMissing):
        roles.connect_as("worker", humble)
    monkeypatch.setenv("PRACTICE", "1")
    with caplog.at_level("WARNING", "jaga.roles"):
        assert roles.prepare(humble) == {"web": humble, "worker": humble}
    assert "no role for the web" in caplog.text


def test_roles_that_an_administrator_made_get_their_rights(
    humble: str,
    database_roles: Mapping[Part, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The two settings name the roles; the owner, who cannot create roles, grants their rights."""
    monkeypatch.setenv("PRACTICE", "0")
    with psycopg.connect(humble, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE records_vote (id int); CREATE TABLE records_action (id int, state text,"
            " attempts int, next_attempt_at int, finished_at int)"
        )
    for part in PARTS:
        given = urlsplit(database_roles[part])._replace(path=urlsplit(humble).path).geturl()
        monkeypatch.setenv(f"JAGA_{part.upper()}_DATABASE_URL", given)
    for part, address in roles.prepare(humble).items():
        roles.check(address, part)
        with psycopg.connect(address) as connection:
            if part == "web":
                connection.execute("INSERT INTO records_vote VALUES (1)")
            connection.execute("UPDATE records_action SET state = 'x'")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("UPDATE records_vote SET id = 2")
