"""The three database roles: the owner creates tables and people; web server and worker use their own.

A part's role owns nothing, creates nothing, and has only the privileges in `jaga.records.grants`, so that whoever takes
over a page or job cannot change a table's structure or disable its guards. Roles are named after the database
(`jaga_web`, `jaga_worker`), so two installations in one cluster share none. Their passwords are derived from
`secrets/database-roles` and set at each start; losing that file loses nothing.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

from jaga.app import config, keys
from jaga.app.services.errors import RolesMissing, RoleTooStrong
from jaga.records import grants
from jaga.records.grants import PARTS, Part

log = logging.getLogger("jaga.roles")
_SLOWEST = 120  # Seconds a connection may take.
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
        log.warning("practice: the %s connects as the owner: %s", part, RolesMissing(part=part).english())
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
    log.warning("practice: %s", refusal.english())


def check_if_there(url: str, part: Part) -> None:
    """`check`, unless the database does not answer: that is handled elsewhere, and health checks fail until then."""
    try:
        check(url, part)
    except psycopg.OperationalError as away:
        log.warning("the database does not answer yet: %s", type(away).__name__)


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
        log.warning("practice: %s", RolesMissing(part=part).english())
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
