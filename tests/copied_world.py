"""The rows of a `tests.factories.World`, and of the first case that a test makes in it, kept by the process and
inserted again for the next test: one statement where the verbs take eighty, or three hundred.

A case is only copied where making it could not have another result: nothing has changed since the world was inserted,
and the test has replaced nothing in the program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import get_language
from psycopg import sql

from jaga.core.clock import now
from jaga.policy import load_release

if TYPE_CHECKING:
    from tests.factories import World

# Rows say when they were made. A world that is older, or made at another time of a frozen clock, is made anew.
_KEPT = timedelta(seconds=30)
_EMPTY = "SELECT NOT EXISTS (SELECT FROM records_ledgerentry) AND NOT EXISTS (SELECT FROM records_organisation)"
# Sequences are not rolled back, so a kept number is taken; unless a test set them back (`numbers_go_back`). Then what a
# test makes would have lower numbers than the world, and the ledger is linked in the order of its numbers.
_TAKEN = (" AND coalesce(pg_sequence_last_value('records_person_id_seq'), 0) >= {}"
          " AND coalesce(pg_sequence_last_value('records_ledgerentry_id_seq'), 0) >= {}")


@dataclass(frozen=True)
class _Kept:
    """A world, the statement that inserts its rows into empty tables, and its highest numbers of a person and entry."""

    world: "World"
    made_at: datetime
    insert: str
    person: int
    entry: int
    key: bytes


_kept: _Kept | None = None
_fresh: tuple[str, int] | None = None  # the transaction in which `_kept` was inserted, and its writes until then
running: pytest.Item | None = None  # the test of this moment; the hook in conftest.py sets it


def copied(make: "Callable[[], World]") -> "World":
    """The world that `make` creates: by its rows if the tables are empty and one was made just now, else by `make`."""
    global _kept, _fresh
    _fresh = None
    with connection.cursor() as cursor:
        if _kept is not None and abs(now() - _kept.made_at) < _KEPT and _kept.key == _key():
            cursor.execute(_EMPTY + _TAKEN.format(_kept.person, _kept.entry))
            if cursor.fetchone() == (True,):
                cursor.execute(_kept.insert)
                _fresh = _writes()
                return _kept.world
        cursor.execute(_EMPTY)
        empty = cursor.fetchone() == (True,)
    at = now()
    world = make()
    if empty:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM records_ledgerentry")
            entry = int(cursor.fetchone()[0])
        _kept = _Kept(world, at, _statement(), max(actor.person_id or 0 for actor in world.everyone), entry,
                      _key())
    return world


# What every test of a folder replaces, without an effect on how a case is made.
_HARMLESS_SETTINGS = {"JAGA_EVIDENCE", "HOME", "STATIC_ROOT", "STORAGES"}
_HARMLESS_PATCHES = {("ClientHandler", "get_response")}


@dataclass(frozen=True)
class _KeptCase:
    """A number, the statement that inserts its rows into a fresh world, and what it holds good for."""

    number: int
    world: _Kept
    statement: str
    highest: int


_cases: dict[object, _KeptCase] = {}
_wanted: set[object] = set()  # made once for this world: the next time its rows are kept


def copied_case(what: tuple[object, ...], make: Callable[[], int]) -> int:
    """The number of the case that `make` makes: by its rows, if the world is as it was inserted and `what`, which names
    everything that the case depends on, was made twice for it before.
    """
    replaced = _replaced()
    if replaced is None or not _is_fresh():
        return make()
    world = _kept
    assert world is not None
    key = (what, replaced, get_language(), load_release().hash)
    kept = _cases.get(key)
    if kept is not None and kept.world is world:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(pg_sequence_last_value('records_case_id_seq'), 0) >= %s"
                           " AND coalesce(pg_sequence_last_value('records_ledgerentry_id_seq'), 0) >= %s",
                           [kept.number, kept.highest])
            if cursor.fetchone() == (True,):
                cursor.execute(kept.statement)
                return kept.number
    if (world.made_at, key) not in _wanted:
        _wanted.add((world.made_at, key))
        return make()
    before = _all_rows()
    number = make()
    after = _all_rows()
    entry = max(int(row[0]) for row in after["records_ledgerentry"])
    _cases[key] = _KeptCase(number, world, _difference(before, after), entry)
    return number


def _is_fresh() -> bool:
    """Whether the tables hold the kept world alone, as it was inserted in this transaction a moment ago."""
    if (_kept is None or _fresh is None or abs(now() - _kept.made_at) > _KEPT
            or abs(now() - datetime.now(UTC)) > timedelta(seconds=1) or not _may_set()):
        return False
    return connection.in_atomic_block and _writes() == _fresh


def _replaced() -> tuple[tuple[str, str], ...] | None:
    """The settings that the test has changed, with their values; None where it has replaced anything else."""
    given: dict[str, Any] = getattr(running, "funcargs", {})
    patches = given.get("monkeypatch")
    if patches is not None and (patches._setitem or any(
            (getattr(target, "__name__", ""), name) not in _HARMLESS_PATCHES for target, name, _ in patches._setattr)):
        return None
    changed = given.get("settings")
    return () if changed is None else tuple(sorted(
        (name, repr(value)) for override in changed._to_restore for name, value in override.options.items()
        if name not in _HARMLESS_SETTINGS))


@cache
def _may_set() -> bool:
    """Whether this role may insert past the triggers; not where DATABASE_URL names somebody else's server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        return bool(cursor.fetchone() == (True,))


def _writes() -> tuple[str, int]:
    """This transaction, and how many rows it has written so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text, sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint"
                       " FROM pg_stat_xact_user_tables")
        transaction, writes = cursor.fetchone()
    return str(transaction), int(writes)


def _all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of our tables and of the deferred jobs, by table; their first column is the key."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        for table, columns in _tables_and_jobs():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(names, sql.Identifier(table)).as_string(None))
            rows[table] = cursor.fetchall()
    return rows


def _difference(before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]) -> str:
    """The statement that turns the first rows into the second. What it would trigger is in the rows already."""
    made = ["SET LOCAL session_replication_role = replica"]
    with connection.cursor() as cursor:
        for table, columns in _tables_and_jobs():
            gone = [row for row in before[table] if row not in after[table]]
            come = [row for row in after[table] if row not in before[table]]
            for row in gone:
                made.append(sql.SQL("DELETE FROM {} WHERE {} = {}").format(
                    sql.Identifier(table), sql.Identifier(columns[0]), sql.Literal(row[0])).as_string(cursor.cursor))
            if come:
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                values = sql.SQL(", ").join(
                    sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in come)
                made.append(sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES {}").format(
                    sql.Identifier(table), names, values).as_string(cursor.cursor))
    return "; ".join([*made, "SET LOCAL session_replication_role = origin"])


def _key() -> bytes:
    """The key that signs ledger entries: a world made under another home folder's would not be linked."""
    return bytes(settings.JAGA_SECRET("ledger"))


def _statement() -> str:
    """INSERT statements for all rows that our tables hold now, in the order in which models are declared."""
    made: list[str] = []
    with connection.cursor() as cursor:
        for table, columns in _tables():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(names, sql.Identifier(table)).as_string(None))
            for row in cursor.fetchall():
                made.append(sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                    sql.Identifier(table), names, sql.SQL(", ").join(map(sql.Literal, row))).as_string(cursor.cursor))
    return "; ".join(made)


@cache
def _tables_and_jobs() -> list[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute("""SELECT array_agg(column_name::text ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_name = 'procrastinate_jobs'""")
        return [*_tables(), ("procrastinate_jobs", cursor.fetchone()[0])]


@cache
def _tables() -> list[tuple[str, list[str]]]:
    """Our tables with the columns that can be written, as (table, columns)."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1""")
        columns = dict(cursor.fetchall())
    models = apps.get_app_config("records").get_models(include_auto_created=True)
    return [(model._meta.db_table, columns[model._meta.db_table]) for model in models if model._meta.managed]
