"""The rows of a test's world, and of the first cases and people that a test makes in it, kept by the process and
inserted again for the next test: one statement where the verbs take eighty, or three hundred.

What a test makes in its world is only copied where making it could not have another result: nothing but copied things
was written since the world was inserted, and the test has replaced nothing in the program and turned off no trigger.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import get_language
from psycopg import sql

from jaga.core.clock import now
from jaga.policy.release import load_release
from jaga.store.bound_rows import NOTED

T = TypeVar("T")
Rows = dict[str, list[tuple[Any, ...]]]

# Rows say when they were made. A world that is older, or made at another time of a frozen clock, is made anew. So a
# test that asks what is younger than this freezes the clock at a moment of the rows.
_KEPT = timedelta(seconds=30)
_EMPTY = "SELECT NOT EXISTS (SELECT FROM records_ledgerentry) AND NOT EXISTS (SELECT FROM records_organisation)"
# Sequences are not rolled back, so a kept number is taken; unless a test set them back (`numbers_go_back`). Then what a
# test makes would have lower numbers than what was copied, and the ledger is linked in the order of its numbers.
# As pg_stat_xact_user_tables, which takes four times as long.
_WRITTEN = (
    "(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)"
    " + pg_stat_get_xact_tuples_deleted(oid))"
)
_TABLES = "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_MOST = 200  # statements of parts that are kept
_NUMBERED = ("records_case", "records_ledgerentry", "records_person")
# What every test of a folder replaces, without an effect on what verbs make.
_HARMLESS_SETTINGS = {"JAGA_EVIDENCE", "HOME", "STATIC_ROOT", "STORAGES"}
# The import contracts say so.
_NO_PART_OF_VERBS = re.compile(
    r"(jaga\.(work|web|desk)|jaga\.\w+\.(jobs|console|public|api|hooks|sections)|django\.test)\."
)


@dataclass(frozen=True)
class _Kept:
    """What was made, when, the statement that inserts its rows, the highest number in each table of `_NUMBERED`, and
    all rows that there are then.
    """

    result: Any
    made_at: datetime
    statement: str
    highest: tuple[int, ...]
    rows: Rows


@dataclass(frozen=True)
class _State:
    """What this transaction holds: the world that was made then, what was made in it, the rows, and `_writes`."""

    made_at: datetime
    parts: tuple[object, ...]
    rows: Rows
    writes: tuple[str, int, int]


_worlds: dict[object, _Kept] = {}
_parts: dict[object, _Kept] = {}
_state: _State | None = None
running: pytest.Item | None = None  # the test of this moment; the hook in conftest.py sets it


def copied(make: Callable[[], T]) -> T:
    """The world that `make` creates: by its rows if the tables are empty and one was made just now, else by `make`."""
    global _state
    _state = None
    key = make.__module__, make.__qualname__, _key()
    kept = _worlds.get(key)
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        empty = cursor.fetchone() == (True,)
        if empty and kept is not None and abs(now() - kept.made_at) < _KEPT and _are_taken(kept):
            cursor.execute(kept.statement)
            _state = _State(kept.made_at, (key,), kept.rows, _writes())
            result: T = kept.result
            return result
    at = now()
    made = make()
    if empty and connection.in_atomic_block:  # only there the rows are known by what the transaction wrote
        rows = _rows_written()
        if rows is not None:
            _worlds[key] = _Kept(made, at, _difference({}, rows), _highest(rows), rows)
            _state = _State(at, (key,), rows, _writes())
    return made


def copied_part(what: tuple[object, ...], make: Callable[[], T]) -> T:
    """What `make` makes: by its rows, if `what`, which names all that it depends on, was made before in a world like
    this one.
    """
    global _state
    replaced = _replaced()
    state = _state
    if replaced is None or state is None or not _still(state):
        _state = None
        return make()
    key = (*state.parts, what, replaced, get_language(), load_release().hash)
    kept = _parts.get((state.made_at, key))
    if kept is not None and _are_taken(kept):
        with connection.cursor() as cursor:
            cursor.execute(kept.statement)
    else:
        made = make()
        rows = _rows_written()
        if rows is None:
            _state = None
            return made
        if len(_parts) > _MOST:
            _parts.clear()
        kept = _Kept(made, state.made_at, _difference(state.rows, rows), _highest(rows), rows)
        _parts[state.made_at, key] = kept
    _state = _State(state.made_at, key, kept.rows, _writes())
    result: T = kept.result
    return result


def _key() -> bytes:
    """The key that signs ledger entries: a world made under another home folder's would not be linked."""
    return bytes(settings.JAGA_SECRET("ledger"))


def _still(state: _State) -> bool:
    """Whether the tables hold what was copied a moment ago in this transaction, and nothing else was written."""
    if abs(now() - state.made_at) > _KEPT or abs(now() - datetime.now(UTC)) > timedelta(seconds=1):
        return False
    return _may_set() and connection.in_atomic_block and _writes() == state.writes


def _are_taken(kept: _Kept) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"coalesce(pg_sequence_last_value('{table}_id_seq'), 0)" for table in _NUMBERED)
        )
        return all(last >= highest for last, highest in zip(cursor.fetchone(), kept.highest, strict=True))


def _highest(rows: Rows) -> tuple[int, ...]:
    return tuple(max((int(row[0]) for row in rows.get(table, [])), default=0) for table in _NUMBERED)


def _replaced() -> tuple[tuple[str, str], ...] | None:
    """The settings that the test has changed, with their values; None where it has replaced anything else."""
    given: dict[str, Any] = getattr(running, "funcargs", {})
    patches = given.get("monkeypatch")
    if patches is not None and (
        patches._setitem or any(not _NO_PART_OF_VERBS.match(_module_of(target)) for target, _, _ in patches._setattr)
    ):
        return None
    changed = given.get("settings")
    return (
        ()
        if changed is None
        else tuple(
            sorted(
                (name, repr(value))
                for override in changed._to_restore
                for name, value in override.options.items()
                if name not in _HARMLESS_SETTINGS
            )
        )
    )


def _module_of(target: object) -> str:
    """The dotted name of a module, or of the module of a class or an object, with a dot at its end."""
    return f"{target.__name__ if isinstance(target, ModuleType) else getattr(target, '__module__', '')}."


@cache
def _may_set() -> bool:
    """Whether this role may insert past the triggers; not where DATABASE_URL names somebody else's server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        return bool(cursor.fetchone() == (True,))


def _writes() -> tuple[str, int, int]:
    """This transaction, how many rows it has written so far, and how many triggers are on."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_current_xact_id()::text, (SELECT sum({_WRITTEN})::bigint {_TABLES}),"
            " (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O')"
        )
        transaction, writes, triggers = cursor.fetchone()
    return str(transaction), int(writes), int(triggers)


def _rows_written() -> Rows | None:
    """The rows of each table that this transaction has written to, their first column is the key; None if one of them
    cannot be copied.
    """
    columns, rows = _columns(), Rows()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT relname::text {_TABLES} AND {_WRITTEN} > 0")
        for (table,) in cursor.fetchall():
            if table not in columns:
                return None
            names = sql.SQL(", ").join(map(sql.Identifier, columns[table]))
            cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(names, sql.Identifier(table)).as_string(None))
            rows[table] = cursor.fetchall()
    return rows


def _difference(before: Rows, after: Rows) -> str:
    """The statement that turns the first rows into the second. What triggers would add is in the rows already, so they
    are passed over where the role may do that.
    """
    made = ["SET LOCAL session_replication_role = replica"] if _may_set() else []
    with connection.cursor() as cursor:
        for table, columns in _columns().items():
            old, new = before.get(table, []), after.get(table, [])
            for row in old:
                if row not in new:
                    made.append(
                        sql.SQL("DELETE FROM {} WHERE {} = {}")
                        .format(sql.Identifier(table), sql.Identifier(columns[0]), sql.Literal(row[0]))
                        .as_string(cursor.cursor)
                    )
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            for row in new:
                if row not in old:
                    made.append(
                        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})")
                        .format(sql.Identifier(table), names, sql.SQL(", ").join(map(sql.Literal, row)))
                        .as_string(cursor.cursor)
                    )
        if _may_set():  # what triggers note for the next entry of the ledger, in a setting of the transaction
            cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [NOTED])
            made += [
                "SET LOCAL session_replication_role = origin",
                sql.SQL("SELECT set_config({}, {}, true)")
                .format(sql.Literal(NOTED), sql.Literal(cursor.fetchone()[0]))
                .as_string(cursor.cursor),
            ]
    return "; ".join(made)


@cache
def _columns() -> dict[str, list[str]]:
    """Our tables and those of the libraries, in the order in which rows can be inserted, and their columns that can be
    written.
    """
    with connection.cursor() as cursor:
        cursor.execute("""SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1""")
        columns = dict(cursor.fetchall())
    ours = [model._meta.db_table for model in apps.get_app_config("records").get_models(include_auto_created=True)]
    return {
        table: columns[table]
        for table in (*ours, "mfa_authenticator", "account_emailaddress", "procrastinate_jobs", "procrastinate_events")
    }
