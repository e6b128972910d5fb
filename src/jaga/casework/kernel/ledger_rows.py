"""The ledger's rows as they are read to be checked: whatever stands in them, reading never fails.

Somebody with the database's rights can write what the ORM cannot load (a moment without end, a number of ten thousand
digits), and one such row must not keep the others from being linked or verified.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from jaga.core.canonical import from_rfc3339
from jaga.core.errors import N_
from jaga.ledger.entries import ChainLink, Entry
from jaga.ledger.verify import LedgerProblem, LedgerRow
from jaga.records.models import Installation, LedgerEntry

AT_ONCE = 2000
_ENTRY = """
    id, CASE WHEN at BETWEEN '0001-01-02' AND '9999-12-30'
        THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END,
    verb, actor, case_ref, payload::text"""
_UNLINKED = f"""
SELECT entry_hash, {_ENTRY} FROM records_ledgerentry entry
WHERE seq IS NULL AND NOT EXISTS (SELECT FROM records_ledgerfault fault WHERE fault.entry_ref = entry.id)
ORDER BY id LIMIT %s"""  # noqa: S608 - our own
_LINKED = f"""
SELECT seq, entry_hash, coalesce(previous, ''), coalesce(hash, ''), {_ENTRY} FROM records_ledgerentry
WHERE seq <= %s ORDER BY seq, id"""  # noqa: S608 - our own
_MISSING = """
SELECT count(*), min(row.id) FROM {table} row
WHERE {condition} AND NOT EXISTS (
    SELECT FROM records_ledgerentry entry WHERE entry.verb = ANY(%s) AND entry.payload->>%s = row.id::text)"""


@dataclass(frozen=True)
class Unlinked:
    """A row that waits; `entry` is None where what stands in it is no entry."""

    number: int
    entry_hash: str
    entry: Entry | None


@dataclass(frozen=True)
class _Kind:
    """Rows that no verb makes without an entry that names them: in which table, by which verbs, under which name."""

    sentence: str
    table: str
    name: str
    verbs: tuple[str, ...]
    condition: str = "true"


KINDS = (
    _Kind(N_("%(count)d reports have no entry in the ledger, the first of them number %(first)d."), "records_report",
          "report", ("accept_report", "file_report", "file_request", "preserve_only", "account_reopened"),
          "NOT EXISTS (SELECT FROM records_case c WHERE c.id = row.case_id AND c.decoy)"),
    _Kind(N_("%(count)d votes have no entry in the ledger, the first of them number %(first)d."), "records_vote",
          "vote", ("cast_vote",)),
    _Kind(N_("%(count)d decisions have no entry in the ledger, the first of them number %(first)d."),
          "records_decision", "decision", ("decide_case", "restrict_at_once", "restrict_first", "overturn_decision")),
    _Kind(N_("%(count)d actions were begun without an entry in the ledger, the first of them number %(first)d."),
          "records_action", "action", ("start_attempt",), "row.attempts > 0"),
    _Kind(N_("%(count)d appeals have no entry in the ledger, the first of them number %(first)d."), "records_appeal",
          "appeal", ("file_appeal",)),
    _Kind(N_("%(count)d people have no entry in the ledger, the first of them number %(first)d."), "records_person",
          "person", ("create_person",)),
)


def unlinked_rows() -> list[Unlinked]:
    """The next rows to link, in the order of their numbers, without those set aside."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED, [AT_ONCE])
        return [Unlinked(row[1], row[0], _entry(row[1:])) for row in cursor.fetchall()]


def linked_rows(upto: int) -> Iterator[LedgerRow]:
    """All linked rows up to that place, as they stream by."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKED, [upto])
        while rows := cursor.fetchmany(AT_ONCE):
            for seq, digest, previous, hashed, *entry in rows:
                read = _entry(entry)
                yield LedgerRow(ChainLink(seq, digest, previous, hashed), read, unreadable=read is None)


def _entry(columns: Sequence[object]) -> Entry | None:
    number, at, verb, actor, case, payload = columns
    try:
        moment, said = from_rfc3339(str(at)), json.loads(str(payload))
    except (ValueError, RecursionError):
        return None
    if not isinstance(number, int) or not isinstance(said, dict):
        return None
    return Entry(number, moment, str(verb), str(actor), f"case:{case}" if case is not None else "installation", said)


def last_number() -> int:
    """The highest number that the ledger's sequence has given out; 0 before the first."""
    with connection.cursor() as cursor:  # the sequence itself may be read by its owner alone, this by who takes numbers
        cursor.execute("SELECT coalesce(pg_sequence_last_value('records_ledgerentry_id_seq'), 0)")
        return int(cursor.fetchone()[0])


def rows_without_entries() -> list[LedgerProblem]:
    """Rows of `KINDS` that no entry names: the ledger was emptied or cut, or they were written past every verb.

    On a practice installation that was filled with invented cases nothing is said: one entry stands for all of those.
    """
    filled = LedgerEntry.objects.filter(verb="fill_practice").exists()
    if filled and Installation.objects.filter(practice=True).exists():
        return []
    problems = []
    for kind in KINDS:
        with connection.cursor() as cursor:
            cursor.execute(_MISSING.format(table=kind.table, condition=kind.condition), [list(kind.verbs), kind.name])
            count, first = cursor.fetchone()
        if count:
            problems.append(LedgerProblem(0, kind.sentence, params={"count": count, "first": first}))
    return problems
