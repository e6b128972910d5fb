"""Many rows in one go, where the ORM would take five times as long: a few by one INSERT, many by COPY.

Statements whose text never changes are prepared once in each connection: planning one anew costs more than running it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

_MANY = 24  # COPY asks the server once more, and is then faster for each row


def ask_prepared(statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows that a statement of constant text returns, over the connection and in the transaction that are open.

    Whoever watches or counts the connection's statements (`execute_wrapper`) sees these too.
    """
    connection.ensure_connection()
    ask: Callable[..., list[tuple[Any, ...]]] = _ask
    for wrapper in reversed(connection.execute_wrappers):
        ask = partial(wrapper, ask)
    return ask(statement, values, False, {"connection": connection, "cursor": None})


def _ask(statement: str, values: Sequence[object] | Mapping[str, object], *_: object) -> list[tuple[Any, ...]]:
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, prepare=True).fetchall()


def insert_rows(table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
    """Insert rows whose values stand in the order of `columns` (name to PostgreSQL's type). In the open transaction."""
    if not rows:
        return
    copying, inserting = _statements(table, tuple(columns.items()))
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        if len(rows) >= _MANY:
            with cursor.copy(copying) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        cursor.execute(inserting, [list(values) for values in zip(*rows, strict=True)], prepare=True)


@cache
def _statements(table: str, columns: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes]:
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for _, kind in columns)
    copying = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    inserting = sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({})").format(sql.Identifier(table), names, arrays)
    return copying.as_bytes(), inserting.as_bytes()
