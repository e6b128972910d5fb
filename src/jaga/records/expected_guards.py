"""The triggers and functions of the database, compared with those that this version makes.

Guards are what stands between an edit past Jaga and the next entry that would commit to it (`bound_rows`). Somebody
with the rights of the database's owner can turn them off or write others. So `jaga ledger verify` compares each with
its hash in `guards.txt` beside this file, which is made anew with each change of one:

    .venv/bin/python -m tests.records.write_guards
"""

from collections.abc import Iterator
from pathlib import Path

from django.db import connection

EXPECTED = Path(__file__).parent / "guards.txt"
# Partitions have the triggers of their table, and PostgreSQL its own for constraints. Brackets differ by its version,
# and a restored dump has casts at other places.
_GUARDS = """
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    concat_ws(E'\\n', p.prosrc, p.prosqlbody IS NULL, l.lanname, p.prosecdef, p.proconfig)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'records\\_%'
UNION ALL
SELECT 'trigger ' || t.tgname || ' on ' || c.relname,
    regexp_replace(pg_get_triggerdef(t.oid, true),
        '::[a-z]+( varying| with time zone)?(\\[\\])?|[[:space:]()"]', '', 'g') || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND NOT c.relispartition
    AND NOT t.tgisinternal
UNION ALL
SELECT 'rule ' || r.rulename || ' on ' || c.relname, 'none'
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'row security of ' || c.relname, 'none' FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND c.relrowsecurity
UNION ALL
SELECT 'event trigger ' || evtname, 'none' FROM pg_event_trigger"""
HASHED = f"SELECT name, left(encode(sha256(convert_to(text, 'UTF8')), 'hex'), 16) FROM ({_GUARDS}) AS g(name, text)"  # noqa: S608
"""The query for all guards: name and hash."""


def guards_now() -> dict[str, str]:
    """The guards of this database, by name: a hash of what they do, and of when."""
    with connection.cursor() as cursor:
        cursor.execute(HASHED)
        return dict(cursor.fetchall())


def guards_that_differ() -> Iterator[str]:
    """The names of guards that are missing, turned off, written anew or too many."""
    there, expected = guards_now(), dict(line.rsplit(" ", 1) for line in EXPECTED.read_text().splitlines())
    for name in sorted(there.keys() | expected.keys()):
        if there.get(name) != expected.get(name):
            yield name


def as_text(guards: dict[str, str]) -> str:
    """The content of `guards.txt`."""
    return "".join(f"{name} {digest}\n" for name, digest in sorted(guards.items()))
