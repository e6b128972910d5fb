"""The tables of a migrated database, its guards, and what each part's role may do, as PostgreSQL itself says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from tests.roles import drop_roles
from tests.services import database, provide_template

from jaga.app.services import database as roles
from jaga.store.grants import PARTS

_OURS = "c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition"
_TABLES = f"""
SELECT c.relname || '.' || a.attname || ': ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
    || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
    || CASE a.attgenerated WHEN '' THEN '' ELSE ' generated ' || a.attgenerated::text END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL SELECT c.relname || ' is ' || CASE c.relkind WHEN 'r' THEN 'a table' WHEN 'v' THEN 'a view' WHEN 'S' THEN
    'a sequence' WHEN 'm' THEN 'a materialised view' ELSE 'partitioned by ' || pg_get_partkeydef(c.oid) END
FROM pg_class c WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL SELECT c.relname || ' constraint ' || k.conname || ': ' || pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {_OURS} AND k.contype NOT IN ('n', 't')
UNION ALL SELECT c.relname || ' index ' || i.relname || ': ' || pg_get_indexdef(i.oid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid WHERE {_OURS}
UNION ALL SELECT c.relname || ' trigger ' || t.tgname || ': ' || pg_get_triggerdef(t.oid, true) || ' enabled '
    || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE {_OURS} AND NOT t.tgisinternal
UNION ALL SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || '): '
    || encode(sha256(convert_to(regexp_replace(pg_get_functiondef(p.oid), '\\s+', ' ', 'g'), 'UTF8')), 'hex')
FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
UNION ALL SELECT 'extension ' || extname FROM pg_extension
UNION ALL SELECT c.relname || ' row security' FROM pg_class c WHERE {_OURS} AND c.relrowsecurity
"""
_RIGHTS = f"""
WITH ours AS (SELECT c.* FROM pg_class c WHERE {_OURS}),
     part(name, role) AS (VALUES ('web', %(web)s::name), ('worker', %(worker)s::name)),
     verb(name) AS (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER'))
SELECT part.name || ' may ' || verb.name || ' ' || c.relname FROM part CROSS JOIN verb CROSS JOIN ours c
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege(part.role, c.oid, verb.name)
UNION ALL SELECT part.name || ' may ' || verb.name || ' ' || c.relname || '.' || a.attname
FROM part CROSS JOIN verb CROSS JOIN ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND verb.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    AND has_column_privilege(part.role, c.oid, a.attnum, verb.name)
    AND NOT has_table_privilege(part.role, c.oid, verb.name)
UNION ALL SELECT part.name || ' may ' || v.name || ' sequence ' || c.relname
FROM part CROSS JOIN (VALUES ('USAGE'), ('SELECT'), ('UPDATE')) AS v(name) CROSS JOIN ours c
WHERE CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(part.role, c.oid, v.name) END
UNION ALL SELECT part.name || ' may EXECUTE ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
FROM part CROSS JOIN pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
    AND has_function_privilege(part.role, p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype
UNION ALL SELECT part.name || ' may ' || v.name || ' in the schema' FROM part CROSS JOIN (VALUES ('USAGE'), ('CREATE'))
    AS v(name) WHERE has_schema_privilege(part.role, current_schema(), v.name)
UNION ALL SELECT part.name || ' may ' || v.name || ' in the database' FROM part CROSS JOIN
    (VALUES ('CONNECT'), ('CREATE'), ('TEMPORARY')) AS v(name)
    WHERE has_database_privilege(part.role, current_database(), v.name)
UNION ALL SELECT 'granted to ' || coalesce(part.name, 'everybody else') || ': ' || g.privilege_type || ' ' || c.relname
FROM ours c CROSS JOIN aclexplode(c.relacl) g LEFT JOIN part ON part.role = pg_get_userbyid(g.grantee)
WHERE g.grantee <> c.relowner
UNION ALL SELECT 'granted to ' || coalesce(part.name, 'everybody else') || ': ' || g.privilege_type || ' ' || c.relname
    || '.' || a.attname
FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN aclexplode(a.attacl) g
LEFT JOIN part ON part.role = pg_get_userbyid(g.grantee) WHERE g.grantee <> c.relowner
"""


@contextmanager
def _migrated() -> Iterator[psycopg.Connection]:
    """A copy of the tests' template, with the roles of both parts; dropped afterwards."""
    name = f"test_jaga_{os.getpid()}_fence"
    try:
        with database(name, provide_template()) as url:
            roles.prepare(url)
            with psycopg.connect(url) as connection:
                yield connection
    finally:
        drop_roles(name, os.environ["DATABASE_URL"])


@cache
def _facts() -> tuple[list[str], list[str]]:
    with _migrated() as connection:
        who = {str(part): roles.role_name(connection.info.dbname, part) for part in PARTS}
        found = connection.execute(_TABLES.encode()).fetchall(), connection.execute(_RIGHTS.encode(), who).fetchall()
    return sorted(str(row[0]) for row in found[0]), sorted(str(row[0]) for row in found[1])


def tables() -> list[str]:
    return _facts()[0]


def rights() -> list[str]:
    return _facts()[1]
