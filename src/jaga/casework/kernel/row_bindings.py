"""Binds the rows that a verb added to its ledger entry (ADR 0092, `jaga.records.bound_rows`).

Triggers note the new rows of a transaction, and those of which followed columns changed (`case.now`); the next entry
takes them all. So a verb names a row only if it was bound before and changes in another way: its answer
(`appeal.answer`), or its deletion.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Self

from jaga.records.bound_rows import FOLLOWED, MUST, NOTED, PARTS, gone_hash, hash_in_sql, row_hash
from jaga.records.bulk import as_array, ask_prepared

RowName = tuple[str, int]
"""A part of `bound_rows.PARTS` and the id of a row."""
_SALT_BYTES = 16
_OFF = "off"
_NOTE = f"SELECT current_setting('{NOTED}', true)"
_PERSONAL = "subject.now"  # Followed, and it has a name: the salts of former names are deleted.
_FORGET_SALTS = (
    "UPDATE records_rowbinding SET salt = NULL WHERE part = %s AND number = ANY(%s) AND salt IS NOT NULL RETURNING id"
)
_FORGOTTEN = (
    "WITH forgotten AS (UPDATE records_rowbinding SET salt = NULL WHERE part = 'subject.now'"
    " AND number = ANY(%s::bigint[]) AND salt IS NOT NULL)"
)
_NOT_BOUND = (
    "SELECT w.part, w.number FROM unnest(%s::text[], %s::bigint[]) AS w(part, number) WHERE NOT EXISTS ("
    "SELECT FROM records_rowbinding b WHERE b.part = w.part AND b.number = w.number)"
)
_BOUND = "SELECT 1 FROM records_rowbinding WHERE part = %s AND number = %s LIMIT 1"
INSERT_BINDINGS = """
INSERT INTO records_rowbinding (entry, place, part, number, salt, gone)
SELECT * FROM unnest(%(bound_by)s::bigint[], %(bound_places)s::integer[], %(bound_parts)s::text[],
    %(bound_numbers)s::bigint[], %(bound_salts)s::bytea[], %(bound_gone)s::boolean[]) AS b"""
"""Inserts the bindings of `binding_arrays`, in the statement that inserts their entries."""


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


@dataclass(frozen=True)
class Noted:
    """What this transaction added and changed that no entry has bound yet: numbers of rows by part."""

    added: Mapping[str, set[int]]
    changed: Mapping[str, set[int]]

    @classmethod
    def of(cls, noted: str | None) -> Self:
        """From the transaction's note. With a new row its followed columns have changed."""
        added: dict[str, set[int]] = {}
        changed: dict[str, set[int]] = {}
        for part, number in _names_in(noted):
            if part in PARTS:
                (changed if PARTS[part].followed else added).setdefault(part, set()).add(number)
        return cls(added, changed)

    def changes(self) -> str:
        """A note of the followed columns alone, of new rows too."""
        wanted = {part: set(numbers) for part, numbers in self.changed.items()}
        for part, numbers in self.added.items():
            for followed in FOLLOWED.get(part, ()):
                wanted.setdefault(followed, set()).update(numbers)
        return "".join(f"{part} {number}\n" for part, numbers in wanted.items() for number in sorted(numbers))


def new_rows(noted: Noted, *, followed: bool = True) -> list[BoundRow]:
    """The rows that this transaction added, or changed in followed columns, as they are now; by one statement.

    With `followed` False, only the bound columns of new rows.
    """
    wanted = []
    for part, numbers in noted.added.items():
        wanted.append(_Wanted(part, sorted(numbers), unbound=True))
        for one in FOLLOWED[part] if followed else ():
            if rest := numbers - noted.changed.get(one, set()):
                wanted.append(_Wanted(one, sorted(rest), unbound=True))
    if not followed:
        return _hashed(wanted)
    wanted += [_Wanted(part, sorted(numbers)) for part, numbers in noted.changed.items()]
    return _hashed(wanted, forget=sorted(noted.changed.get(_PERSONAL, ())))


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
    for part in list(wanted):
        for followed in FOLLOWED.get(part, ()):
            if followed not in wanted and (had := _have_binding(followed, wanted[part])):
                wanted[followed] = had
    found = []
    for part, numbers in wanted.items():
        ask_prepared(_FORGET_SALTS, [part, numbers])
        there = {row.number: row for row in _hashed([_Wanted(part, numbers)])}
        for number in numbers:
            salt = os.urandom(_SALT_BYTES)
            found.append(there.get(number) or BoundRow(part, number, salt, gone_hash(part, number, salt), gone=True))
    return found


def _have_binding(part: str, numbers: Sequence[int]) -> list[int]:
    """Those of these rows that an entry has bound."""
    return [number for number in numbers if ask_prepared(_BOUND, [part, number])]


def not_bound(names: Iterable[RowName]) -> list[RowName]:
    """Those of these rows that no entry has bound yet."""
    wanted = list(names)
    return ask_prepared(_NOT_BOUND, [[part for part, _ in wanted], [number for _, number in wanted]])


def binding_arrays(rows: Iterable[tuple[int, Sequence[BoundRow]]]) -> dict[str, str]:
    """The values of the rows of entries, given by number, for `INSERT_BINDINGS`."""
    bound = [(number, place, row) for number, its in rows for place, row in enumerate(its)]
    return {
        "bound_by": as_array(number for number, _, _ in bound),
        "bound_places": as_array(place for _, place, _ in bound),
        "bound_parts": as_array(row.part for _, _, row in bound),
        "bound_numbers": as_array(row.number for _, _, row in bound),
        "bound_salts": as_array(row.salt for _, _, row in bound),
        "bound_gone": as_array(row.gone for _, _, row in bound),
    }


def shared_out(
    rows: Iterable[BoundRow], payloads: Sequence[Mapping[str, object]], cases: Sequence[int | None]
) -> list[list[BoundRow]]:
    """The rows by entry: each goes to the first payload that names it, like `{"vote": 17}`, or the first entry of its
    case, else to the first one.
    """
    found: list[list[BoundRow]] = [[] for _ in payloads]
    if len(payloads) == 1:
        return [list(rows)]
    places: dict[RowName, int] = {}
    for place, payload in reversed(list(enumerate(payloads))):
        places.update((name, place) for name in _named(payload))
    for place, case in reversed(list(enumerate(cases))):
        if case is not None:
            places["case", case] = place
    for row in rows:
        found[places.get((row.part.partition(".")[0], row.number), 0)].append(row)
    return found


def _named(payload: Mapping[str, object]) -> Iterator[RowName]:
    for key, value in payload.items():
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int):
                yield key, number
                yield key.removesuffix("s"), number


class _Wanted(NamedTuple):
    """Rows of a part to be hashed. `unbound`: those that no entry binds yet, and that one must."""

    part: str
    numbers: Sequence[int]
    unbound: bool = False


def _hashed(wanted: Sequence[_Wanted], *, forget: Sequence[int] = ()) -> list[BoundRow]:
    """The rows that are there, by one statement, which also deletes the earlier salts of the accounts to `forget`."""
    if not wanted:
        return []
    salts: dict[RowName, bytes] = {}
    values: list[object] = [as_array(forget)] if forget else []
    for one in wanted:
        drawn = {number: os.urandom(_SALT_BYTES) for number in one.numbers}
        salts.update(((one.part, number), salt) for number, salt in drawn.items())
        if len(one.numbers) == 1:
            values += [drawn[one.numbers[0]], one.numbers[0]]
        else:
            values += [as_array(drawn), as_array(drawn.values())]
    statement = _statement(tuple((one.part, one.unbound, len(one.numbers) == 1) for one in wanted))
    found = ask_prepared(f"{_FORGOTTEN} {statement}" if forget else statement, values)
    return [BoundRow(part, number, salts[part, number], digest) for part, number, digest in found]


@cache
def _statement(asked: tuple[tuple[str, bool, bool], ...]) -> str:
    return " UNION ALL ".join(_hashes_of(*one) for one in asked)


def _hashes_of(part: str, unbound: bool, single: bool) -> str:
    """The hashes of rows of a part. A single row is asked for by its number and not by an array: then PostgreSQL keeps
    the plan of the prepared statement, whose making costs more than running it.
    """
    only = _UNBOUND.format(part=part, must=_must(part)) if unbound else ""
    if single:
        return (
            f"(SELECT '{part}', r.id, {hash_in_sql(part, 'r', '%s::bytea')} FROM {PARTS[part].table} r"  # noqa: S608
            f" WHERE r.id = %s::bigint{only})"
        )
    return (
        f"(SELECT '{part}', r.id, {hash_in_sql(part, 'r', 'w.salt')} FROM unnest(%s::bigint[], %s::bytea[])"  # noqa: S608
        f" AS w(number, salt) JOIN {PARTS[part].table} r ON r.id = w.number WHERE true{only} ORDER BY r.id)"
    )


def _must(part: str) -> str:
    return MUST.get(part, "true") if PARTS[part].followed else "true"


_UNBOUND = " AND {must} AND NOT EXISTS (SELECT FROM records_rowbinding b WHERE b.part = '{part}' AND b.number = r.id)"
