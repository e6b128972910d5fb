"""The three database roles: the owner makes tables and people; the web server and the worker connect under their own.

A part's role owns nothing, makes nothing, and has the rights of one readable table (`jaga.records.grants`), so that
whoever takes over a page or a job can neither change a table nor turn off what guards it. The roles are named after the
database (`jaga_web`, `jaga_worker`), so that two installations in one cluster never share any. Their passwords follow
from `secrets/database-roles` and are set anew at each start: nothing is lost with that file.
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
_SLOWEST = 120  # seconds that a connection may take
_ATTRIBUTES = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT")
_LONGEST = 63 - len("_worker")


def role_name(database: str, part: Part) -> str:
    """The role of a part of the installation that lives in this database. No two databases of a server share one."""
    whole = database.encode()
    if len(whole) > _LONGEST:
        database = f"{whole[:40].decode(errors='ignore')}_{hashlib.sha256(whole).hexdigest()[:12]}"
    return f"{database}_{part}"


def address(owner: str, part: Part) -> str:
    """Where this part connects: as the setting says, else as its own role of the owner's database."""
    if given := config.given_role_database(part):
        return given
    parts = urlsplit(owner)
    name = role_name(unquote(parts.path.lstrip("/")), part)
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(name, safe='')}:{_password(name)}@{where}").geturl()


def prepare(owner: str) -> Mapping[Part, str]:
    """Make the roles where they are missing and give each its rights; returns where each part connects.

    As the owner, after each migration; safe to repeat, and for two starts at once. Where the owner may not make roles
    and none are named in the settings, a practice goes on as the owner, and says so. Raises RolesMissing in the real
    thing.
    """
    with psycopg.connect(owner, connect_timeout=_SLOWEST) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('jaga roles', 0))")
        roles = {part: _role_of(connection, part) for part in PARTS}
        grants.apply(connection, roles)
    return {part: address(owner, part) if role else owner for part, role in roles.items()}


def connect_as(part: Part, owner: str) -> str:
    """Where a part that is started by itself connects; refuses what is too strong for it (`check`)."""
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
    """Refuse a role that could get past the guards; a practice only warns of it. Raises RoleTooStrong."""
    with psycopg.connect(url, connect_timeout=_SLOWEST) as connection:
        found = grants.powers(connection, part)
    if not found:
        return
    refusal = RoleTooStrong(part=part, powers=", ".join(found))
    if not config.practice():
        raise refusal
    log.warning("practice: %s", refusal.english())


def check_if_there(url: str, part: Part) -> None:
    """As `check`; a database that does not answer is waited for elsewhere, and refused by health until then."""
    try:
        check(url, part)
    except psycopg.OperationalError as away:
        log.warning("the database does not answer yet: %s", type(away).__name__)


def _role_of(connection: psycopg.Connection, part: Part) -> str | None:
    """The part's role, which is there after this; None in a practice where nobody may make it."""
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
    """Make the role, or set its password anew. Only the password's verifier is sent, so that no log can hold it."""
    verifier = connection.pgconn.encrypt_password(_password(name).encode(), name.encode(), b"scram-sha-256").decode()
    verb = sql.SQL("ALTER" if there else "CREATE")
    # A superuser's word is needed to say NOSUPERUSER of a role that is there; it was made without.
    attributes = sql.SQL("LOGIN") if there else _ATTRIBUTES
    connection.execute(sql.SQL("{} ROLE {} {} PASSWORD {}").format(
        verb, sql.Identifier(name), attributes, sql.Literal(verifier)))


def _password(name: str) -> str:
    return hmac.new(keys.secret(keys.DATABASE_ROLES), name.encode(), hashlib.sha256).hexdigest()
