"""Ledger entries: inserted by each verb as the last step of its transaction, linked by one sequencer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

import structlog
from django.conf import settings
from django.db import connection, transaction

from jaga.casework.kernel.ledger_rows import (
    AT_ONCE,
    Unlinked,
    last_number,
    linked_rows,
    rows_without_entries,
    unlinked_rows,
)
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms import LedgerFaultReason
from jaga.ledger.admission import fault_of
from jaga.ledger.checkpoints import (
    BadNote,
    Checkpoint,
    check_checkpoint,
    check_promise,
    read_checkpoint,
    read_promise,
    sign_checkpoint,
    sign_promise,
    write_checkpoint,
    write_promise,
)
from jaga.ledger.entries import ChainLink, Entry, entry_hash
from jaga.ledger.keys import BadSignature, LedgerSigningKey
from jaga.ledger.log import EMPTY, HashChain, Head
from jaga.ledger.verbs import VERBS
from jaga.ledger.verify import LedgerProblem, LedgerRow, VerificationReport, verify
from jaga.records.access.base.epochs import lost_by_number
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.models import LedgerCheckpoint, LedgerEntry, LedgerFault

log = structlog.get_logger("jaga.ledger")
ORIGIN = "jaga"
_SEQUENCER_LOCK = 0x6A616761  # "jaga" in ASCII: one sequencer at a time, whoever starts it
LINKED_AT_ONCE = AT_ONCE
Said = tuple[str, Mapping[str, object]]
"""What an entry says: a verb and its payload."""

_FAULTS = {
    LedgerFaultReason.UNREADABLE: N_("Entry number %(entry)d was set aside and not linked: what stands there is no "
                                     "entry (fault %(fault)d)."),
    LedgerFaultReason.NUMBER: N_("Entry number %(entry)d was set aside and not linked: that number was never given out "
                                 "(fault %(fault)d)."),
    LedgerFaultReason.VERB: N_("Entry number %(entry)d was set aside and not linked: its verb is unknown "
                               "(fault %(fault)d)."),
    LedgerFaultReason.HASH: N_("Entry number %(entry)d was set aside and not linked: its content does not fit its hash "
                               "(fault %(fault)d)."),
    LedgerFaultReason.UNSIGNED_HEAD: N_("The sequencer found linked entries and checkpoints that did not end at the "
                                        "same place (fault %(fault)d)."),
}
"""What a fault says, by its reason."""

_NUMBERS = "SELECT nextval('records_ledgerentry_id_seq') FROM generate_series(1, %s::int)"
# Every verb comes by here, some several times: written out, since the ORM takes four times as long for it.
INSERT_ENTRIES = """
INSERT INTO records_ledgerentry (id, at, verb, actor, case_ref, payload, entry_hash)
SELECT * FROM json_to_recordset(%(entries)s::json)
    AS e(id bigint, at timestamptz, verb text, actor text, case_ref bigint, payload jsonb, entry_hash text)"""
"""A statement, or the part of one that is to be one commit with its entries: what `entries_json` made."""
_LINK = ("UPDATE records_ledgerentry entry SET seq = link.seq, previous = link.previous, hash = link.hash"
         " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS link(id, seq, previous, hash)"
         " WHERE entry.id = link.id")


def signing_key() -> LedgerSigningKey:
    """The installation's ledger key, outside the database."""
    return _signing_key(settings.JAGA_SECRET("ledger"))


def ledger_key_fits() -> bool:
    """Whether the newest checkpoint, if there is one, was signed by this installation's key."""
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if newest is None:
        return True
    try:
        check_checkpoint(read_checkpoint(newest.note), signing_key().public)
    except (BadNote, BadSignature):
        return False
    return True


@cache
def _signing_key(seed: bytes) -> LedgerSigningKey:
    return LedgerSigningKey(ORIGIN, seed)


def actor_name(actor: Actor) -> str:
    """How the ledger names an actor: by role or number, never by a person's name."""
    return f"person:{actor.person_id}" if actor.person_id is not None else actor.name


def enter(verb: str, payload: Mapping[str, object], *, actor: Actor, case_id: int | None) -> LedgerEntry:
    """Insert the verb's unlinked entry. `payload` holds hashes, numbers and terms; no content, no personal data."""
    (row,) = enter_all([(verb, payload)], actor=actor, case_id=case_id)
    return row


def enter_all(said: Sequence[Said], *, actor: Actor, case_id: int | None) -> list[LedgerEntry]:
    """Insert several unlinked entries of one transaction in this order."""
    return enter_many([(verb, payload, actor, case_id) for verb, payload in said])


def enter_many(said: Sequence[tuple[str, Mapping[str, object], Actor, int | None]]) -> list[LedgerEntry]:
    """The same where each entry has an actor and a case of its own."""
    if not said:
        return []
    numbers = [number for (number,) in ask_prepared(_NUMBERS, [len(said)])]
    rows = [unlinked(number, *one) for number, one in zip(numbers, said, strict=True)]
    ask_prepared(f"{INSERT_ENTRIES} RETURNING id", {"entries": entries_json(rows)})
    return rows


def unlinked(number: int, verb: str, payload: Mapping[str, object], actor: Actor, case_id: int | None) -> LedgerEntry:
    """An entry of this number as `INSERT_ENTRIES` stores it. A number is drawn from the ledger's own sequence."""
    row = LedgerEntry(id=number, at=now(), verb=verb, actor=actor_name(actor), case_ref=case_id, payload=dict(payload))
    row.entry_hash = entry_hash(as_entry(row))
    if verb not in VERBS:
        raise ValueError(f"{verb} is not in jaga.ledger.verbs")
    return row


def entries_json(rows: Sequence[LedgerEntry]) -> str:
    """Unlinked entries for `INSERT_ENTRIES`."""
    return as_json([{"id": row.pk, "at": row.at, "verb": row.verb, "actor": row.actor, "case_ref": row.case_ref,
                     "payload": row.payload, "entry_hash": row.entry_hash} for row in rows])


def promise_note(row: LedgerEntry) -> str:
    """The signed promise that this entry will stand in the ledger: the provable part of a receipt."""
    return promise_of(row.pk, row.entry_hash, row.at)


def promise_of(entry_id: int, digest: str, at: datetime) -> str:
    """The same promise, of an entry whose row is not at hand."""
    return write_promise(sign_promise(entry_id, digest, at, signing_key()))


class PromiseBroken(JagaError):
    """A promise of ours whose entry is not in the ledger as promised."""

    code = "promise_broken"
    status = 409
    sentence = N_("The promise is ours, but its entry is missing from the ledger, or is another one.")
    remedy = N_("Wait a few seconds if the receipt is new; otherwise keep the receipt and tell an auditor.")


class PromiseLost(PromiseBroken):
    """The promise is ours, and its entry was lost with a restoration that the ledger says."""

    code = "promise_lost"
    sentence = N_("The promise is ours. Its entry was lost when the system was restored on %(day)s.")
    remedy = N_("Keep the receipt: it shows what was received. The report has to be sent again.")


class NoCheckpoint(JagaError):
    """Nothing was linked yet, so nothing was signed."""

    code = "no_checkpoint"
    status = 404
    sentence = N_("There is no checkpoint yet.")
    remedy = N_("Start the worker, which links and signs, and try again.")


def check_receipt(note: str) -> ChainLink:
    """The link of the entry that a receipt's signed promise names.

    Raises BadNote, BadSignature for a promise that is not ours; PromiseBroken where the ledger does not hold to it,
    PromiseLost where it was restored since.
    """
    said = read_promise(note)
    check_promise(said, signing_key().public)
    row = LedgerEntry.objects.filter(pk=said.entry_id, entry_hash=said.entry_hash, seq__isnull=False).first()
    if row is None or entry_hash(as_entry(row)) != said.entry_hash:
        lost = None if row or LedgerEntry.objects.filter(pk=said.entry_id).exists() \
            else lost_by_number("ledgerentry", said.entry_id)
        raise PromiseLost(day=f"{lost.restored_at:%Y-%m-%d}") if lost else PromiseBroken
    return as_linked(row).link


def as_entry(row: LedgerEntry) -> Entry:
    """The row as the pure ledger knows it."""
    reference = f"case:{row.case_ref}" if row.case_ref is not None else "installation"
    return Entry(row.pk, row.at, row.verb, row.actor, reference, row.payload)


def as_linked(row: LedgerEntry) -> LedgerRow:
    """A linked row with its link."""
    if row.seq is None or row.previous is None or row.hash is None:
        raise ValueError(f"ledger entry {row.pk} is not linked yet")
    return LedgerRow(ChainLink(row.seq, row.entry_hash, row.previous, row.hash), as_entry(row))


def head() -> Head:
    """Where the stored ledger stands."""
    last = LedgerEntry.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", "hash").first()
    return Head(last[0], last[1] or "") if last and last[0] is not None else EMPTY


@transaction.atomic
def link_entries() -> int:
    """Link what verbs have committed, in the order of their numbers, and sign the new head. Returns how many.

    Each entry is recomputed before; one that does not fit itself is set aside (`LedgerFault`) and holds up no other.
    Safe to call from anywhere at any time: a second sequencer finds the lock taken and links nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    rows = _fit(unlinked_rows())
    if rows:
        _link([(row.number, row.entry_hash) for row in rows])
    return len(rows)


@transaction.atomic
def link_first(row: LedgerEntry) -> ChainLink:
    """Link this one before all that waits, and sign the new head: a restored ledger goes on with what says so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEQUENCER_LOCK])
    _link([(row.pk, row.entry_hash)])
    row.refresh_from_db()
    return as_linked(row).link


def _link(rows: Sequence[tuple[int, str]]) -> None:
    """Numbers and hashes of entries, in the order in which they are linked."""
    stored = head()
    _look_at_head(stored)
    chain = HashChain(stored)
    links = chain.append([digest for _, digest in rows])
    with connection.cursor() as cursor:  # a `bulk_update` would have each row look through the whole batch
        cursor.execute(_LINK, [[number for number, _ in rows], [link.seq for link in links],
                               [link.previous for link in links], [link.hash for link in links]])
    moment = now()
    checkpoint = LedgerCheckpoint(
        size=chain.head().size,
        hash=chain.head().hash,
        at=moment,
        note=write_checkpoint(sign_checkpoint(chain.head(), moment, signing_key())),
    )
    # Where the ledger's end was cut off, a checkpoint of that size may be there, and it stays: it is the proof.
    LedgerCheckpoint.objects.bulk_create([checkpoint], ignore_conflicts=True)


def _fit(rows: Sequence[Unlinked]) -> list[Unlinked]:
    """The rows that may be linked; the others are set aside, in sight."""
    last = last_number()
    judged = [(row, fault_of(row.entry, row.entry_hash, last)) for row in rows]
    for row, reason in judged:
        if reason is not None:
            LedgerFault.objects.create(entry_ref=row.number, reason=reason, found_at=now())
            enter("set_aside_entry", {"entry": row.number, "reason": reason}, actor=SYSTEM, case_id=None)
            log.error("ledger_entry_set_aside", entry=row.number, reason=reason)
    return [row for row, reason in judged if reason is None]


def _look_at_head(stored: Head) -> None:
    """Say so where the linked entries do not end where the newest checkpoint was signed: what we sign next would cover
    links that we never made."""
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if _is_signed(stored, newest) or LedgerFault.objects.filter(entry_ref=None, acknowledged_at=None).exists():
        return
    LedgerFault.objects.create(reason=LedgerFaultReason.UNSIGNED_HEAD, found_at=now())
    enter("note_unsigned_head", {"size": stored.size, "hash": stored.hash, "signed": newest.size if newest else 0},
          actor=SYSTEM, case_id=None)
    log.error("ledger_head_unsigned", size=stored.size, signed=newest.size if newest else 0)


def _is_signed(stored: Head, newest: LedgerCheckpoint | None) -> bool:
    if newest is None:
        return stored == EMPTY
    checkpoint = _as_checkpoint(newest)
    try:
        check_checkpoint(checkpoint, signing_key().public)
    except (BadSignature, ValueError):
        return False
    return Head(checkpoint.size, checkpoint.hash) == stored


def verify_ledger(*, kept: Sequence[Checkpoint] = (), at_least: int = 0) -> VerificationReport:
    """Read the whole stored ledger and its checkpoints, what the sequencer set aside, and rows that need an entry.

    `kept` are checkpoints from elsewhere and `at_least` a length: without them a ledger that was put back to an earlier
    state together with everything else looks whole.
    """
    ends = _ends()  # what is linked and signed meanwhile is left for the next time
    stored = LedgerCheckpoint.objects.filter(size__lte=ends).order_by("size").iterator(chunk_size=LINKED_AT_ONCE)
    report = verify(linked_rows(ends), (_as_checkpoint(row) for row in stored), [signing_key().public], kept=kept,
                    at_least=at_least)
    faults = [LedgerProblem(0, _FAULTS[LedgerFaultReason(row.reason)],
                            params={"entry": row.entry_ref or 0, "fault": row.pk})
              for row in LedgerFault.objects.filter(acknowledged_at=None).order_by("pk")]
    return replace(report, problems=(*report.problems, *faults, *rows_without_entries()))


def _ends() -> int:
    """Where links or checkpoints end, whichever is later, in one look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest((SELECT max(seq) FROM records_ledgerentry),"
                       " (SELECT max(size) FROM records_ledgercheckpoint), 0)")
        return int(cursor.fetchone()[0])


def newest_checkpoint() -> str:
    """The newest signed checkpoint, to be kept elsewhere. Raises NoCheckpoint."""
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if newest is None:
        raise NoCheckpoint
    return newest.note


def _as_checkpoint(row: LedgerCheckpoint) -> Checkpoint:
    """The checkpoint as its signed note says it; one whose note cannot be read, or says another size than its row, has
    no signature that could hold."""
    try:
        found = read_checkpoint(row.note)
    except BadNote:
        found = None
    if found is None or found.size != row.size:
        return Checkpoint(ORIGIN, row.size, row.hash, row.at, "unreadable", b"")
    return found
