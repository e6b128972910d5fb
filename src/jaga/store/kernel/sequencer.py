"""The sequencer: links the entries that verbs have committed, in one process at a time, and signs the head.

Reads ledger rows for linking and verification without failing on malformed ones.

Somebody with direct access to the database can write values that the ORM cannot load (an infinite timestamp, a number
of ten thousand digits). Such a row must not keep the others from being linked or verified.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import structlog
from django.db import connection, transaction

from jaga.core.actors import SYSTEM
from jaga.core.canonical import NotCanonical
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.outside import LedgerFaultReason
from jaga.ledger.checkpoints import (
    BadNote,
    Checkpoint,
    check_checkpoint,
    read_checkpoint,
    sign_checkpoint,
    write_checkpoint,
)
from jaga.ledger.entries import ChainLink, Entry, fault_of, written_document
from jaga.ledger.keys import BadSignature
from jaga.ledger.publication import EMPTY, HashChain, Head
from jaga.ledger.verify import LedgerProblem, LedgerRow
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.ledger import ORIGIN, append, as_linked, macs, signing_key
from jaga.store.models import Installation, LedgerCheckpoint, LedgerEntry, LedgerFault

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


log = structlog.get_logger("jaga.ledger")
_SEQUENCER_LOCK = 0x6A616761  # "jaga" in ASCII: advisory lock that admits one sequencer at a time
LINKED_AT_ONCE = AT_ONCE
_WAITS = "SELECT EXISTS (SELECT FROM records_ledgerentry WHERE seq IS NULL)"
_LINK = (
    "UPDATE records_ledgerentry entry SET seq = link.seq, previous = link.previous, hash = link.hash"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS link(id, seq, previous, hash)"
    " WHERE entry.id = link.id"
)


class NoCheckpoint(JagaError):
    """Nothing was linked yet, so there is no checkpoint."""

    code = "no_checkpoint"
    status = 404
    sentence = N_("There is no checkpoint yet.")
    remedy = N_("Start the worker, which links and signs, and try again.")


def head() -> Head:
    """Size and hash of the linked ledger."""
    last = LedgerEntry.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", "hash").first()
    return Head(last[0], last[1] or "") if last and last[0] is not None else EMPTY


def entries_wait() -> bool:
    """Whether an entry is not linked; one that was set aside as a fault counts too."""
    return ask_prepared(_WAITS, []) == [(True,)]


@transaction.atomic
def link_entries() -> int:
    """Link committed entries in the order of their numbers and sign a checkpoint; returns how many were linked.

    Each entry is recomputed first. One that does not match its hash becomes a `LedgerFault` and does not delay the
    others. Safe to call at any time: while another sequencer holds the lock, it links nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    rows = _fit(unlinked_rows())
    if rows:
        _link([(row.number, row.entry_hash) for row in rows])
    return len(rows)


def hold_sequencer() -> None:
    """Let nobody else link entries until the current transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEQUENCER_LOCK])


@transaction.atomic
def link_first(row: LedgerEntry) -> ChainLink:
    """Link this entry ahead of all waiting ones and sign a checkpoint.

    Used for the entry that declares a restoration.
    """
    hold_sequencer()
    _link([(row.pk, row.entry_hash)])
    row.refresh_from_db()
    return as_linked(row).link


def _link(rows: Sequence[tuple[int, str]]) -> None:
    """Link entries, given as (number, hash), in this order."""
    stored = head()
    _check_head(stored)
    chain = HashChain(stored)
    links = chain.append([digest for _, digest in rows])
    with connection.cursor() as cursor:  # `bulk_update` would compare each row with the whole batch
        cursor.execute(
            _LINK,
            [
                as_array(number for number, _ in rows),
                as_array(link.seq for link in links),
                as_array(link.previous for link in links),
                as_array(link.hash for link in links),
            ],
        )
    moment = now()
    checkpoint = LedgerCheckpoint(
        size=chain.head().size,
        hash=chain.head().hash,
        at=moment,
        note=write_checkpoint(sign_checkpoint(chain.head(), moment, signing_key())),
    )
    # If the end of the ledger was cut off, a checkpoint of this size may exist. It is kept as evidence.
    LedgerCheckpoint.objects.bulk_create([checkpoint], ignore_conflicts=True)


def _fit(rows: Sequence[Unlinked]) -> list[Unlinked]:
    """The rows that may be linked. Each of the others is recorded as a fault."""
    last, ours = last_number(), macs()
    judged = [
        (row, fault_of(row.entry, row.document, row.entry_hash, last, has_mac=ours.fits(row.entry_hash, row.mac)))
        for row in rows
    ]
    for row, reason in judged:
        if reason is not None:
            LedgerFault.objects.create(entry_ref=row.number, reason=reason, found_at=now())
            append("set_aside_entry", {"entry": row.number, "reason": reason}, actor=SYSTEM, case_id=None)
            log.error("ledger_entry_set_aside", entry=row.number, reason=reason)
    return [row for row, reason in judged if reason is None]


def _check_head(stored: Head) -> None:
    """Record a fault if the linked entries do not end at the newest checkpoint.

    Otherwise the next signature would cover links that this sequencer did not make.
    """
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if _is_signed(stored, newest) or LedgerFault.objects.filter(entry_ref=None, acknowledged_at=None).exists():
        return
    LedgerFault.objects.create(reason=LedgerFaultReason.UNSIGNED_HEAD, found_at=now())
    append(
        "note_unsigned_head",
        {"size": stored.size, "hash": stored.hash, "signed": newest.size if newest else 0},
        actor=SYSTEM,
        case_id=None,
    )
    log.error("ledger_head_unsigned", size=stored.size, signed=newest.size if newest else 0)


def _is_signed(stored: Head, newest: LedgerCheckpoint | None) -> bool:
    if newest is None:
        return stored == EMPTY
    checkpoint = as_checkpoint(newest)
    try:
        check_checkpoint(checkpoint, signing_key().public)
    except (BadSignature, ValueError):
        return False
    return Head(checkpoint.size, checkpoint.hash) == stored


def newest_checkpoint() -> str:
    """The newest signed checkpoint, for storage elsewhere. Raises NoCheckpoint."""
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if newest is None:
        raise NoCheckpoint
    return newest.note


def as_checkpoint(row: LedgerCheckpoint) -> Checkpoint:
    """The checkpoint from its signed note.

    If the note is unreadable or its size differs from the row's, the result has an empty signature, which never
    verifies.
    """
    try:
        found = read_checkpoint(row.note)
    except BadNote:
        found = None
    if found is None or found.size != row.size:
        return Checkpoint(ORIGIN, row.size, row.hash, row.at, "unreadable", b"")
    return found
