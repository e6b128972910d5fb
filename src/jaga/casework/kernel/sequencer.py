"""The sequencer: links the entries that verbs have committed, in one process at a time, and signs the head."""

from collections.abc import Sequence

import structlog
from django.db import connection, transaction

from jaga.casework.kernel.ledger import ORIGIN, append, as_linked, macs, signing_key
from jaga.casework.kernel.ledger_rows import AT_ONCE, Unlinked, last_number, unlinked_rows
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.ledger import LedgerFaultReason
from jaga.ledger.admission import fault_of
from jaga.ledger.checkpoints import (
    BadNote,
    Checkpoint,
    check_checkpoint,
    read_checkpoint,
    sign_checkpoint,
    write_checkpoint,
)
from jaga.ledger.entries import ChainLink
from jaga.ledger.keys import BadSignature
from jaga.ledger.log import EMPTY, HashChain, Head
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.models import LedgerCheckpoint, LedgerEntry, LedgerFault

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
