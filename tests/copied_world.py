"""The rows of a test's world, and of the first cases and people that a test makes in it, kept by the process and
inserted again for the next test: one statement where the verbs take eighty, or three hundred.

What a test makes in its world is only copied where making it could not have another result: nothing but copied things
was written since the world was inserted, and the test has replaced nothing in the program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import get_language
from psycopg import sql

from jaga.core.clock import now
from jaga.policy import load_release
from jaga.records.bound_rows import NOTED

T = TypeVar("T")
Rows = dict[str, list[tuple[Any, ...]]]

# Rows say when they were made. A world that is older, or made at another time of a frozen clock, is made anew.
_KEPT = timedelta(seconds=30)
_EMPTY = "SELECT NOT EXISTS (SELECT FROM records_ledgerentry) AND NOT EXISTS (SELECT FROM records_organisation)"
# Sequences are not rolled back, so a kept number is taken; unless a test set them back (`numbers_go_back`). Then what a
# test makes would have lower numbers than what was copied, and the ledger is linked in the order of its numbers.
_MOST = 200  # statements of parts that are kept
_NUMBERED = ("records_case", "records_ledgerentry", "records_person")
# What every test of a folder replaces, without an effect on what verbs make.
_HARMLESS_SETTINGS = {"JAGA_EVIDENCE", "HOME", "STATIC_ROOT", "STORAGES"}
_HARMLESS_PATCHES = {("ClientHandler", "get_response"), ("jaga.web.api.auth", "KEPT_SECONDS")}


@dataclass(frozen=True)
class _Kept:
    """What was made, when, the statement that inserts its rows, and the highest number in each table of `_NUMBERED`."""

    result: Any
    made_at: datetime
    statement: str
    highest: tuple[int, ...]


@dataclass(frozen=True)
class _State:
    """What this transaction holds: the world that was made then, what was made in it, and how many rows that wrote."""

    made_at: datetime
    parts: tuple[object, ...]
    writes: tuple[str, int]


_worlds: dict[object, _Kept] = {}
_parts: dict[object, _Kept] = {}
_made_once: set[object] = set()  # the second time, its rows are kept
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
            _state = _State(kept.made_at, (key,), _writes())
            result: T = kept.result
            return result
    at = now()
    made = make()
    if empty:
        rows = _all_rows()
        _worlds[key] = _Kept(made, at, _difference({}, rows), _highest(rows))
    return made


def copied_part(what: tuple[object, ...], make: Callable[[], T]) -> T:
    """What `make` makes: by its rows, if `what`, which names all that it depends on, was made twice before in a world
    like this one.
    """
    global _state
    replaced = _replaced()
    state = _state
    if replaced is None or state is None or not _still(state):
        _state = None
        return make()
    key = (*state.parts, what, replaced, get_language(), load_release().hash)
    kept = _parts.get((state.made_at, key))
    result: T
    if kept is not None and _are_taken(kept):
        with connection.cursor() as cursor:
            cursor.execute(kept.statement)
        result = kept.result
    elif (state.made_at, key) not in _made_once:
        _made_once.add((state.made_at, key))
        result = make()
    else:
        before = _all_rows()
        result = make()
        after = _all_rows()
        if len(_parts) > _MOST:
            _parts.clear()
        _parts[state.made_at, key] = _Kept(result, state.made_at, _difference(before, after), _highest(after))
    _state = _State(state.made_at, key, _writes())
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
        cursor.execute("SELECT " + ", ".join(
            f"coalesce(pg_sequence_last_value('{table}_id_seq'), 0)" for table in _NUMBERED))
        return all(last >= highest for last, highest in zip(cursor.fetchone(), kept.highest, strict=True))


def _highest(rows: Rows) -> tuple[int, ...]:
    return tuple(max((int(row[0]) for row in rows[table]), default=0) for table in _NUMBERED)


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


def _all_rows() -> Rows:
    """The rows of our tables and of the deferred jobs, by table; their first column is the key."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table, columns in _tables():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(names, sql.Identifier(table)).as_string(None))
            rows[table] = cursor.fetchall()
    return rows


def _difference(before: Rows, after: Rows) -> str:
    """The statement that turns the first rows into the second. What triggers would add is in the rows already, so they
    are passed over where the role may do that.
    """
    made = ["SET LOCAL session_replication_role = replica"] if _may_set() else []
    with connection.cursor() as cursor:
        for table, columns in _tables():
            old, new = before.get(table, []), after[table]
            for row in old:
                if row not in new:
                    made.append(sql.SQL("DELETE FROM {} WHERE {} = {}").format(
                        sql.Identifier(table), sql.Identifier(columns[0]), sql.Literal(row[0])
                    ).as_string(cursor.cursor))
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            for row in new:
                if row not in old:
                    made.append(sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                        sql.Identifier(table), names, sql.SQL(", ").join(map(sql.Literal, row))
                    ).as_string(cursor.cursor))
        if _may_set():  # what triggers note for the next entry of the ledger, in a setting of the transaction
            cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [NOTED])
            made += ["SET LOCAL session_replication_role = origin", sql.SQL("SELECT set_config({}, {}, true)").format(
                sql.Literal(NOTED), sql.Literal(cursor.fetchone()[0])).as_string(cursor.cursor)]
    return "; ".join(made)


@cache
def _tables() -> list[tuple[str, list[str]]]:
    """Our tables and those of the libraries, with the columns that can be written, as (table, columns)."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1""")
        columns = dict(cursor.fetchall())
    ours = [model._meta.db_table for model in apps.get_app_config("records").get_models(include_auto_created=True)]
    return [(table, columns[table]) for table in (*ours, "mfa_authenticator", "account_emailaddress",
                                                  "procrastinate_jobs")]
