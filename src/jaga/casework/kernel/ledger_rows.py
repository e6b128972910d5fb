"""Reads ledger rows for linking and verification without failing on malformed ones.

Somebody with direct access to the database can write values that the ORM cannot load (an infinite timestamp, a number
of ten thousand digits). Such a row must not keep the others from being linked or verified.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection

from jaga.core.canonical import NotCanonical
from jaga.core.errors import N_
from jaga.ledger.entries import ChainLink, Entry, written_document
from jaga.ledger.verify import LedgerProblem, LedgerRow
from jaga.records.models import Installation, LedgerEntry

AT_ONCE = 2000
_ENTRY = """
    id, CASE WHEN at BETWEEN '0001-01-02' AND '9999-12-30'
        THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END,
    verb, actor, case_ref, payload::text, rows::text"""
_UNLINKED = f"""
SELECT entry_hash, mac, {_ENTRY} FROM records_ledgerentry entry
WHERE seq IS NULL AND NOT EXISTS (SELECT FROM records_ledgerfault fault WHERE fault.entry_ref = entry.id)
ORDER BY id LIMIT %s"""  # noqa: S608 - our own
_LINKED = f"""
SELECT seq, entry_hash, coalesce(previous, ''), coalesce(hash, ''), mac, {_ENTRY} FROM records_ledgerentry
WHERE seq BETWEEN %s AND %s AND (seq, id) > (%s, %s) ORDER BY seq, id LIMIT %s"""  # noqa: S608 - our own
_MISSING = """
SELECT count(*), min(row.id) FROM {table} row
WHERE {condition} AND NOT EXISTS (
    SELECT FROM records_ledgerentry entry WHERE entry.verb = ANY(%s) AND entry.payload->>%s = row.id::text)"""


@dataclass(frozen=True)
class Unlinked:
    """An unlinked row; `entry` is None if its content is not a valid entry, and `document` what is hashed of it."""

    number: int
    entry_hash: str
    mac: str
    entry: Entry | None
    document: bytes | None


@dataclass(frozen=True)
class _Kind:
    """A kind of row that always has a ledger entry: its table, the verbs of the entry, and the payload key of its
    id.
    """

    sentence: str
    table: str
    name: str
    verbs: tuple[str, ...]
    condition: str = "true"


KINDS = (
    _Kind(
        N_("%(count)d reports have no entry in the ledger, the first of them number %(first)d."),
        "records_report",
        "report",
        ("accept_report", "file_report", "file_request", "preserve_only", "account_reopened"),
        "NOT EXISTS (SELECT FROM records_case c WHERE c.id = row.case_id AND c.canary)"
        # The entry of a block binds many reports.
        " AND NOT EXISTS (SELECT FROM records_rowbinding b JOIN records_ledgerentry e ON e.id = b.entry"
        " WHERE b.part = 'report' AND b.number = row.id AND e.verb = 'take_in_block')",
    ),
    _Kind(
        N_("%(count)d votes have no entry in the ledger, the first of them number %(first)d."),
        "records_vote",
        "vote",
        ("cast_vote",),
    ),
    _Kind(
        N_("%(count)d decisions have no entry in the ledger, the first of them number %(first)d."),
        "records_decision",
        "decision",
        ("decide_case", "restrict_at_once", "restrict_first", "overturn_decision"),
    ),
    _Kind(
        N_("%(count)d actions were begun without an entry in the ledger, the first of them number %(first)d."),
        "records_action",
        "action",
        ("start_attempt",),
        "row.attempts > 0",
    ),
    _Kind(
        N_("%(count)d appeals have no entry in the ledger, the first of them number %(first)d."),
        "records_appeal",
        "appeal",
        ("file_appeal",),
    ),
    _Kind(
        N_("%(count)d people have no entry in the ledger, the first of them number %(first)d."),
        "records_person",
        "person",
        ("create_person",),
    ),
)


def unlinked_rows() -> list[Unlinked]:
    """The next rows to link, by number, without those set aside."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED, [AT_ONCE])
        return [
            Unlinked(number, digest, mac, entry := _entry(columns), _document(entry, columns))
            for digest, mac, *columns in cursor.fetchall()
            for number in columns[:1]
        ]


def parts_of_linked_rows(upto: int) -> Iterator[list[LedgerRow]]:
    """All linked rows up to this sequence number, in parts, each by a query of its own."""
    return _parts_between(-(2**63), upto)  # somebody may have written a number below 1


def rows_between(first: int, last: int) -> Iterator[LedgerRow]:
    """Stream the linked rows from one sequence number to another, both included."""
    return chain.from_iterable(_parts_between(first, last))


def _parts_between(first: int, last: int) -> Iterator[list[LedgerRow]]:
    after = (first, -(2**63))
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LINKED, [after[0], last, *after, AT_ONCE])
            found = cursor.fetchall()
        if not found:
            return
        yield [_linked(row) for row in found]
        after = found[-1][0], found[-1][5]


def _linked(row: Sequence[Any]) -> LedgerRow:
    seq, digest, previous, hashed, mac, *entry = row
    read = _entry(entry)
    return LedgerRow(ChainLink(seq, digest, previous, hashed), read, read is None, mac, _document(read, entry))


def _document(read: Entry | None, columns: Sequence[Any]) -> bytes | None:
    if read is None:
        return None
    try:
        return written_document(read, columns[1], columns[6])
    except (NotCanonical, ValueError):  # no number or surrogate that was ever written
        return None


def _entry(columns: Sequence[object]) -> Entry | None:
    number, at, verb, actor, case, payload, bound = columns
    try:
        # `_ENTRY` writes it as `rfc3339` does
        moment, content, rows = datetime.fromisoformat(str(at)), json.loads(str(payload)), json.loads(str(bound))
    except (ValueError, RecursionError):
        return None
    if not isinstance(number, int) or not isinstance(content, dict) or not isinstance(rows, list):
        return None
    return Entry(
        number,
        moment,
        str(verb),
        str(actor),
        f"case:{case}" if case is not None else "installation",
        content,
        tuple(rows),
    )


def last_number() -> int:
    """The last number drawn from the ledger's sequence; 0 before the first."""
    # only the owner may read the sequence itself; whoever may draw numbers may call this function
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(pg_sequence_last_value('records_ledgerentry_id_seq'), 0)")
        return int(cursor.fetchone()[0])


def rows_without_entries() -> list[LedgerProblem]:
    """Problems for rows of `KINDS` that no entry names: entries were deleted, or rows were written by SQL."""
    problems = []
    for kind in KINDS:
        with connection.cursor() as cursor:
            cursor.execute(_MISSING.format(table=kind.table, condition=kind.condition), [list(kind.verbs), kind.name])
            count, first = cursor.fetchone()
        if count:
            problems.append(LedgerProblem(0, kind.sentence, params={"count": count, "first": first}))
    return problems


def was_filled() -> bool:
    """Whether this is a practice installation that was filled with invented cases, past the verbs."""
    return (
        Installation.objects.filter(practice=True).exists()
        and LedgerEntry.objects.filter(verb="fill_practice").exists()
    )
