"""Checks of a mapping and its two roles for `jaga platform check`. Reads no account and changes nothing."""

from jaga.core.platforms import PlatformUnreachable
from jaga.platforms.kit.checks import Check
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.sql.database import Database
from jaga.platforms.sql.mapping import Map
from jaga.platforms.sql.statements import SqlStatement

_WRITING = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
_WRITING_COLUMNS = "INSERT, UPDATE, REFERENCES"
_REMOVING = "DELETE, TRUNCATE"
_NEVER = "REFERENCES"


def check_map(mapping: Map) -> Check:
    """Describe what the mapping supports."""
    offers = [*(["tell"] if mapping.tell else []), *mapping.verbs]
    lacking = [verb for verb in ("close", "restore") if verb not in mapping.verbs]
    routes = ", ".join(lookup.route for lookup in mapping.observe)
    if lacking:
        return Check("map", False, f"The map names no {' and no '.join(lacking)}: nothing could be closed and undone.")
    return Check("map", True, f"The map looks by {routes}, and offers {', '.join(offers)}.")


def check_database(mapping: Map, looking: Database, acting: Database) -> list[Check]:
    """Check both roles' privileges, and each statement as the server plans it for its role."""
    checks = [
        _role("observer", looking, _WRITING, _WRITING_COLUMNS, "can change"),
        _role("actor", acting, _REMOVING, _NEVER, "can remove rows of"),
    ]
    if not all(check.ok for check in checks):
        return checks
    wrong = [
        (name, fault)
        for name, part in mapping.parts()
        if isinstance(part, SqlStatement) and (fault := (acting if part.changes else looking).try_out(part))
    ]
    if wrong:
        return checks + [Check("statement", False, f"{name}: {fault}.") for name, fault in wrong]
    return [*checks, Check("statements", True, "The server can plan every statement for its role.")]


def _role(name: str, database: Database, table: str, column: str, can: str) -> Check:
    try:
        powerful, tables = database.powers(table=table, column=column)
    except CredentialsRefused:
        return Check(name, False, f"The database refuses the role in options.{name}, or its password.")
    except PlatformUnreachable as silent:
        return Check(name, False, f"The database does not answer: {silent.params['why']}.")
    if powerful:
        return Check(name, False, f"The {name} is a superuser or may make roles and databases: take an ordinary role.")
    if tables:
        return Check(name, False, f"The {name} {can} {', '.join(tables)}: take that right away from it.")
    return Check(name, True, f"The {name} has no more rights than it should.")
