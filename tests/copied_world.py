"""The rows of a `tests.factories.World`, kept by the process and inserted again for the next test: one statement where
the verbs take eighty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from jaga.core.clock import now

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


def copied(make: "Callable[[], World]") -> "World":
    """The world that `make` creates: by its rows if the tables are empty and one was made just now, else by `make`."""
    global _kept
    with connection.cursor() as cursor:
        if _kept is not None and abs(now() - _kept.made_at) < _KEPT and _kept.key == _key():
            cursor.execute(_EMPTY + _TAKEN.format(_kept.person, _kept.entry))
            if cursor.fetchone() == (True,):
                cursor.execute(_kept.insert)
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
def _tables() -> list[tuple[str, list[str]]]:
    """Our tables with the columns that can be written, as (table, columns)."""
    with connection.cursor() as cursor:
        cursor.execute("""SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1""")
        columns = dict(cursor.fetchall())
    models = apps.get_app_config("records").get_models(include_auto_created=True)
    return [(model._meta.db_table, columns[model._meta.db_table]) for model in models if model._meta.managed]
