"""Bulk inserts and prepared statements, where the ORM would take five times as long.

Rows are passed as an array for each column, or as one JSON document. Statements with constant text are prepared once
per connection, because planning them costs more than running them.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg import sql

from jaga.core.canonical import rfc3339


def ask_prepared(statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of a statement with constant text, in the current connection and transaction.

    Goes through `execute_wrapper`, so instrumentation and query counts include it.
    """
    connection.ensure_connection()
    ask: Callable[..., list[tuple[Any, ...]]] = _ask
    for wrapper in reversed(connection.execute_wrappers):
        ask = partial(wrapper, ask)
    return ask(statement, values, False, {"connection": connection, "cursor": None})


def ask_with_kept_plan(statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The rows of a statement that takes longer to plan than to run: planned once for each connection.

    For small lists found by their own indexes: the plan does not know the values. Words belong into the text
    (`with_words_written`), since without them no partial index serves a condition.
    """
    with transaction.atomic(savepoint=False):  # `true` ends with the transaction
        ask_prepared("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)", ())
        return ask_prepared(statement, values)


def with_words_written(text: str, values: Sequence[object]) -> tuple[str, list[object]]:
    """A statement with its values that are words or truths written into it as literals, and the other values."""
    first, *rest = text.split("%s")
    parts, others = [first], []
    for value, part in zip(values, rest, strict=True):
        if isinstance(value, str | bool):
            literal = sql.Literal(str(value) if isinstance(value, str) else value).as_string(None)
            parts += [literal.replace("%", "%%"), part]
        else:
            parts += ["%s", part]
            others.append(value)
    return "".join(parts), others


def _ask(statement: str, values: Sequence[object] | Mapping[str, object], *_: object) -> list[tuple[Any, ...]]:
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, prepare=True).fetchall()


def as_json(value: object) -> str:
    """JSON as `json_to_recordset` reads it: dates and times as ISO 8601, bytes in PostgreSQL's hex format.

    Raises TypeError for any other type. PostgreSQL reads rows three times as fast from an array for each column
    (`as_array`).
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_spelled)


def as_array(values: Iterable[object]) -> str:
    """Values as the text of a PostgreSQL array, for a parameter that the statement casts (`%s::bigint[]`).

    Ten times as fast as the driver's own way for a list. Raises TypeError for types that `as_json` does not write.
    """
    column = list(values)
    kinds = set(map(type, column))
    # Most columns are of one type, and need no step of Python for each value. Terms are texts, and ranks whole numbers.
    if kinds <= _TEXT or all(issubclass(kind, str) for kind in kinds):
        joined = '","'.join(column)  # type: ignore[arg-type]
        if column and "\\" not in joined and joined.count('"') == 2 * len(column) - 2:
            return f'{{"{joined}"}}'
    elif kinds == _NOTHING:
        return f"{{{','.join(['NULL'] * len(column))}}}"
    elif kinds == _WHOLE or all(issubclass(kind, int) and kind is not bool for kind in kinds):
        return f"{{{','.join(map(int.__repr__, column))}}}"
    elif kinds == {bytes} and len(sizes := set(map(len, column))) == 1 and 0 not in sizes:  # type: ignore[arg-type]
        digits = b"".join(column).hex(",", *sizes)  # type: ignore[arg-type]  # Hashes are of one length.
        return f'{{"\\\\x{digits.replace(",", _NEXT_BYTES)}"}}'
    elif kinds <= _FEW:
        written = {value: _ELEMENTS.get(type(value), _element)(value) for value in set(column)}
        return f"{{{','.join(map(written.__getitem__, column))}}}"
    return "{" + ",".join([_ELEMENTS.get(type(value), _element)(value) for value in column]) + "}"


def _element(value: object) -> str:
    if isinstance(value, str):  # also terms, which are texts
        return _quoted(value)
    if isinstance(value, int):  # also ranks and the like, which are numbers
        return str(int(value))
    return _quoted(_spelled(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_NEXT_BYTES = '","\\\\x'
_TEXT, _WHOLE, _NOTHING = frozenset({str}), frozenset({int}), frozenset({type(None)})
_FEW = frozenset({bool, datetime, date, type(None)})
"""Of these a column has few different values."""
_ELEMENTS: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        int: str,
        float: repr,
        bool: lambda value: "t" if value else "f",
        str: _quoted,
        type(None): lambda _: "NULL",
        datetime: lambda moment: f'"{rfc3339(moment)}"',
    }
)


def _spelled(value: object) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        return rfc3339(value)  # The spelling that ledger hashes use.
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} in a row")
