"""Binds the rows that a verb added to its ledger entry (ADR 0092, `jaga.records.bound_rows`).

Triggers note the new rows of a transaction; the next entry takes them all. So a verb names a row only if it was bound
before and changes now: its answer (`appeal.answer`), or its deletion.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from jaga.records.bound_rows import NOTED, PARTS, gone_hash, hash_in_sql, row_hash
from jaga.records.bulk import as_json, ask_prepared

RowName = tuple[str, int]
"""A part of `bound_rows.PARTS` and the id of a row."""
_SALT_BYTES = 16
_OFF = "off"
_NOTE = f"SELECT current_setting('{NOTED}', true)"
_FORGET_SALTS = ("UPDATE records_rowbinding SET salt = NULL WHERE part = %s AND number = ANY(%s) AND salt IS NOT NULL"
                 " RETURNING id")
_BOUND = "SELECT 1 FROM records_rowbinding WHERE part = %s AND number = %s LIMIT 1"
INSERT_BINDINGS = """
INSERT INTO records_rowbinding (entry, place, part, number, salt, gone)
SELECT * FROM json_to_recordset(%(bindings)s::json)
    AS b(entry bigint, place integer, part text, number bigint, salt bytea, gone boolean)"""
"""Inserts the bindings of `bindings_json`, in the statement that inserts their entries."""


class BoundRow(NamedTuple):
    """A row as an entry commits to it. `gone`: the entry says that it was deleted."""

    part: str
    number: int
    salt: bytes
    hash: str
    gone: bool = False


def bound_row(part: str, number: int, values: Mapping[str, object]) -> BoundRow:
    """A row that is inserted in the same statement as its entry, by the values of its bound columns."""
    salt = os.urandom(_SALT_BYTES)
    return BoundRow(part, number, salt, row_hash(part, number, salt, values))


def new_rows(noted: str | None) -> list[BoundRow]:
    """The rows that this transaction added and no entry has bound yet, from the transaction's note of them."""
    wanted: dict[str, set[int]] = {}
    for part, number in _names_in(noted):
        wanted.setdefault(part, set()).add(number)
    return [row for part, numbers in wanted.items() if part in PARTS
            for row in _hashed(part, sorted(numbers), unbound=True)]


def noted_now() -> set[RowName]:
    """The rows that this transaction has added and no entry has bound yet."""
    return set(_names_in(ask_prepared(_NOTE, [])[0][0]))


def _names_in(noted: str | None) -> Iterator[RowName]:
    if noted and noted != _OFF:
        for line in noted.splitlines():
            part, _, numbers = line.partition(" ")
            yield from ((part, int(number)) for number in numbers.split(","))


def rows_again(names: Iterable[RowName]) -> list[BoundRow]:
    """Rows to bind as they are now, instead of how they were bound before; one that is not there any more is `gone`.

    Deletes the salts of the earlier bindings.
    """
    wanted: dict[str, list[int]] = {}
    for part, number in dict.fromkeys(names):
        wanted.setdefault(part, []).append(number)
    found = []
    for part, numbers in wanted.items():
        ask_prepared(_FORGET_SALTS, [part, numbers])
        there = {row.number: row for row in _hashed(part, numbers, unbound=False)}
        for number in numbers:
            salt = os.urandom(_SALT_BYTES)
            found.append(there.get(number) or BoundRow(part, number, salt, gone_hash(part, number, salt), gone=True))
    return found


def not_bound(names: Iterable[RowName]) -> list[RowName]:
    """Those of these rows that no entry has bound yet."""
    return [(part, number) for part, number in names if not ask_prepared(_BOUND, [part, number])]


def bindings_json(rows: Iterable[tuple[int, Sequence[BoundRow]]]) -> str:
    """Serialise the rows of entries, given by number, for `INSERT_BINDINGS`."""
    return as_json([{"entry": number, "place": place, "part": row.part, "number": row.number, "salt": row.salt,
                     "gone": row.gone} for number, its in rows for place, row in enumerate(its)])


def shared_out(rows: Iterable[BoundRow], payloads: Sequence[Mapping[str, object]]) -> list[list[BoundRow]]:
    """The rows by entry: each goes to the first payload that names it, like `{"vote": 17}`, else to the first one."""
    found: list[list[BoundRow]] = [[] for _ in payloads]
    if len(payloads) == 1:
        return [list(rows)]
    places: dict[RowName, int] = {}
    for place, payload in reversed(list(enumerate(payloads))):
        places.update((name, place) for name in _named(payload))
    for row in rows:
        found[places.get((row.part, row.number), 0)].append(row)
    return found


def _named(payload: Mapping[str, object]) -> Iterator[RowName]:
    for key, value in payload.items():
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int):
                yield key, number
                yield key.removesuffix("s"), number


def _hashed(part: str, numbers: Sequence[int], *, unbound: bool) -> list[BoundRow]:
    salts = {number: os.urandom(_SALT_BYTES) for number in numbers}
    found = ask_prepared(_statement(part, unbound), [list(salts), list(salts.values())])
    return [BoundRow(part, number, salts[number], digest) for number, digest in found]


@cache
def _statement(part: str, unbound: bool) -> str:
    free = (f" WHERE NOT EXISTS (SELECT FROM records_rowbinding b WHERE b.part = '{part}' AND b.number = r.id)"
            if unbound else "")
    return (f"SELECT r.id, {hash_in_sql(part, 'r', 'w.salt')} FROM unnest(%s::bigint[], %s::bytea[])"  # noqa: S608
            f" AS w(number, salt) JOIN {PARTS[part].table} r ON r.id = w.number{free} ORDER BY r.id")
