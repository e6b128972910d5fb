"""The stored ledger: verbs insert entries as the last step of their transaction; one sequencer links and signs them.

Verbs call `append`; the worker calls `link_entries`; `verify_ledger` checks the whole chain.
"""

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
    started,
    unlinked_rows,
)
from jaga.casework.kernel.row_bindings import (
    INSERT_BINDINGS,
    BoundRow,
    RowName,
    bindings_json,
    new_rows,
    rows_again,
    shared_out,
)
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.ledger import LedgerFaultReason
from jaga.ledger.admission import EntryMac, entry_mac, fault_of
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
from jaga.records.bound_rows import NOTED
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.models import LedgerCheckpoint, LedgerEntry, LedgerFault

log = structlog.get_logger("jaga.ledger")
ORIGIN = "jaga"
_SEQUENCER_LOCK = 0x6A616761  # "jaga" in ASCII: advisory lock that admits one sequencer at a time
LINKED_AT_ONCE = AT_ONCE
EntryContent = tuple[str, Mapping[str, object]]
"""A verb and its payload."""

_FAULTS = {
    LedgerFaultReason.UNREADABLE: N_("Entry number %(entry)d was set aside and not linked: what stands there is no "
                                     "entry (fault %(fault)d)."),
    LedgerFaultReason.NUMBER: N_("Entry number %(entry)d was set aside and not linked: that number was never given out "
                                 "(fault %(fault)d)."),
    LedgerFaultReason.VERB: N_("Entry number %(entry)d was set aside and not linked: its verb is unknown "
                               "(fault %(fault)d)."),
    LedgerFaultReason.HASH: N_("Entry number %(entry)d was set aside and not linked: its content does not fit its hash "
                               "(fault %(fault)d)."),
    LedgerFaultReason.MAC: N_("Entry number %(entry)d was set aside and not linked: it was not written by Jaga, but by "
                              "somebody with the database alone (fault %(fault)d)."),
    LedgerFaultReason.UNSIGNED_HEAD: N_("The sequencer found linked entries and checkpoints that did not end at the "
                                        "same place (fault %(fault)d)."),
}
"""The message for each kind of fault."""

_NUMBERS = f"""
SELECT nextval('records_ledgerentry_id_seq'), CASE place WHEN 1 THEN current_setting('{NOTED}', true) END
FROM generate_series(1, %s::int) AS place"""  # noqa: S608 - our own
# Raw SQL, since every verb inserts entries and the ORM takes four times as long.
INSERT_ENTRIES = """
INSERT INTO records_ledgerentry (id, at, verb, actor, case_ref, payload, entry_hash, rows, mac)
SELECT * FROM json_to_recordset(%(entries)s::json)
    AS e(id bigint, at timestamptz, verb text, actor text, case_ref bigint, payload jsonb, entry_hash text, rows jsonb,
         mac text)"""
"""Inserts the entries of `entries_json`. May be part of a larger statement that commits together with them.

Where entries bind rows, `INSERT_BINDINGS` belongs into the same statement.
"""
_NOTE = f"SELECT current_setting('{NOTED}', true)"
_INSERT = f"{INSERT_ENTRIES} RETURNING id"
_INSERT_WITH_ROWS = f"WITH bound AS ({INSERT_BINDINGS}) {INSERT_ENTRIES} RETURNING id, set_config('{NOTED}', '', true)"
_LINK = ("UPDATE records_ledgerentry entry SET seq = link.seq, previous = link.previous, hash = link.hash"
         " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS link(id, seq, previous, hash)"
         " WHERE entry.id = link.id")


def signing_key() -> LedgerSigningKey:
    """The installation's ledger key, stored outside the database."""
    return _signing_key(settings.JAGA_SECRET("ledger"))


def macs() -> EntryMac:
    """The MACs that show which entries were written by this installation."""
    return entry_mac(settings.JAGA_SECRET("ledger"))


def ledger_key_fits() -> bool:
    """Whether this installation's key signed the newest checkpoint. True before the first checkpoint."""
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
    """The name of an actor in the ledger: a number or a role, never a person's name."""
    return f"person:{actor.person_id}" if actor.person_id is not None else actor.name


def append(verb: str, payload: Mapping[str, object], *, actor: Actor, case_id: int | None,
           rows: Sequence[RowName] = (), number: int | None = None) -> LedgerEntry:
    """Insert an unlinked entry. `payload` holds hashes, numbers and terms only: no content, no personal data.

    The entry commits to all rows that this transaction has added to bound tables (`jaga.records.bound_rows`). `rows`
    names others: parts that are set later, and rows that were bound before and were changed or deleted now. `number`
    is one of `draw_number`.
    """
    content = verb, payload, actor, case_id
    (row,) = _append([content], rows, number)
    return row


def append_all(contents: Sequence[EntryContent], *, actor: Actor, case_id: int | None) -> list[LedgerEntry]:
    """Insert several unlinked entries of one actor and case, in this order."""
    return append_many([(verb, payload, actor, case_id) for verb, payload in contents])


def append_many(contents: Sequence[tuple[str, Mapping[str, object], Actor, int | None]]) -> list[LedgerEntry]:
    """Insert several unlinked entries, each with its own actor and case."""
    return _append(contents, (), None) if contents else []


def draw_number() -> int:
    """The number of an entry that is appended later in this transaction, for rows that refer to it."""
    return int(ask_prepared(_NUMBERS, [1])[0][0])


def _append(contents: Sequence[tuple[str, Mapping[str, object], Actor, int | None]], again: Sequence[RowName],
            drawn: int | None) -> list[LedgerEntry]:
    found = ask_prepared(_NUMBERS, [len(contents)]) if drawn is None else [(drawn, ask_prepared(_NOTE, [])[0][0])]
    new = new_rows(found[0][1])
    known = {(row.part, row.number) for row in new}
    changed = rows_again(name for name in again if name not in known)
    bound = shared_out([*new, *changed], [payload for _, payload, _, _ in contents])
    rows = [unlinked(number, *one, its) for (number, _), one, its in zip(found, contents, bound, strict=True)]
    if any(bound):
        bindings = bindings_json((row.pk, its) for row, its in zip(rows, bound, strict=True))
        ask_prepared(_INSERT_WITH_ROWS, {"entries": entries_json(rows), "bindings": bindings})
    else:
        ask_prepared(_INSERT, {"entries": entries_json(rows)})
    return rows


def unlinked(number: int, verb: str, payload: Mapping[str, object], actor: Actor, case_id: int | None,
             rows: Sequence[BoundRow] = ()) -> LedgerEntry:
    """Build an entry for `INSERT_ENTRIES` that binds these rows.

    `number` comes from the ledger's sequence. Raises ValueError for an unknown verb.
    """
    row = LedgerEntry(id=number, at=now(), verb=verb, actor=actor_name(actor), case_ref=case_id, payload=dict(payload),
                      rows=[one.hash for one in rows])
    row.entry_hash = entry_hash(as_entry(row))
    row.mac = macs().of(row.entry_hash)
    if verb not in VERBS:
        raise ValueError(f"{verb} is not in jaga.ledger.verbs")
    return row


def entries_json(rows: Sequence[LedgerEntry]) -> str:
    """Serialise unlinked entries for `INSERT_ENTRIES`."""
    return as_json([{"id": row.pk, "at": row.at, "verb": row.verb, "actor": row.actor, "case_ref": row.case_ref,
                     "payload": row.payload, "entry_hash": row.entry_hash, "rows": row.rows, "mac": row.mac}
                    for row in rows])


def promise_note(row: LedgerEntry) -> str:
    """The signed promise that this entry will be linked: the provable part of a receipt."""
    return promise_of(row.pk, row.entry_hash, row.at)


def promise_of(entry_id: int, digest: str, at: datetime) -> str:
    """The signed promise of an entry by its number and hash."""
    return write_promise(sign_promise(entry_id, digest, at, signing_key()))


class PromiseBroken(JagaError):
    """A promise signed by this installation whose entry is missing from the ledger or differs."""

    code = "promise_broken"
    status = 409
    sentence = N_("The promise is ours, but its entry is missing from the ledger, or is another one.")
    remedy = N_("Wait a few seconds if the receipt is new; otherwise keep the receipt and tell an auditor.")


class PromiseLost(PromiseBroken):
    """A promise signed by this installation whose entry was lost in a declared restoration."""

    code = "promise_lost"
    sentence = N_("The promise is ours. Its entry was lost when the system was restored on %(day)s.")
    remedy = N_("Keep the receipt: it shows what was received. The report has to be sent again.")


class NoCheckpoint(JagaError):
    """Nothing was linked yet, so there is no checkpoint."""

    code = "no_checkpoint"
    status = 404
    sentence = N_("There is no checkpoint yet.")
    remedy = N_("Start the worker, which links and signs, and try again.")


def check_receipt(note: str) -> ChainLink:
    """The chain link of the entry that a receipt's signed promise names.

    Raises BadNote or BadSignature if the promise is not ours, PromiseBroken if the entry is missing or differs,
    PromiseLost if it was lost in a restoration.
    """
    promise = read_promise(note)
    check_promise(promise, signing_key().public)
    row = LedgerEntry.objects.filter(pk=promise.entry_id, entry_hash=promise.entry_hash, seq__isnull=False).first()
    if row is None or entry_hash(as_entry(row)) != promise.entry_hash:
        lost = None if row or LedgerEntry.objects.filter(pk=promise.entry_id).exists() \
            else lost_by_number("ledgerentry", promise.entry_id)
        raise PromiseLost(day=f"{lost.restored_at:%Y-%m-%d}") if lost else PromiseBroken
    return as_linked(row).link


def as_entry(row: LedgerEntry) -> Entry:
    """The row as a value of `jaga.ledger`."""
    reference = f"case:{row.case_ref}" if row.case_ref is not None else "installation"
    return Entry(row.pk, row.at, row.verb, row.actor, reference, row.payload, tuple(row.rows))


def as_linked(row: LedgerEntry) -> LedgerRow:
    """A linked row with its chain link. Raises ValueError if it is not linked yet."""
    if row.seq is None or row.previous is None or row.hash is None:
        raise ValueError(f"ledger entry {row.pk} is not linked yet")
    return LedgerRow(ChainLink(row.seq, row.entry_hash, row.previous, row.hash), as_entry(row))


def head() -> Head:
    """Size and hash of the linked ledger."""
    last = LedgerEntry.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", "hash").first()
    return Head(last[0], last[1] or "") if last and last[0] is not None else EMPTY


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
        cursor.execute(_LINK, [[number for number, _ in rows], [link.seq for link in links],
                               [link.previous for link in links], [link.hash for link in links]])
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
    last, before = last_number(), started("entry", macs())
    judged = [(row, fault_of(row.entry, row.entry_hash, last,
                             has_mac=row.number <= before or macs().fits(row.entry_hash, row.mac))) for row in rows]
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
    append("note_unsigned_head", {"size": stored.size, "hash": stored.hash, "signed": newest.size if newest else 0},
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
    """Verify the stored ledger, its checkpoints, open faults, and that rows have the entries they need.

    `kept` are checkpoints stored elsewhere, `at_least` a known length. Without them, a ledger that was rolled back
    together with everything else looks intact.
    """
    ends = _chain_ends()  # entries linked during the check are left out
    stored = LedgerCheckpoint.objects.filter(size__lte=ends).order_by("size").iterator(chunk_size=LINKED_AT_ONCE)
    report = verify(linked_rows(ends), (_as_checkpoint(row) for row in stored), [signing_key().public], kept=kept,
                    at_least=at_least, macs=macs(), before_macs=started("entry", macs()))
    faults = [LedgerProblem(0, _FAULTS[LedgerFaultReason(row.reason)],
                            params={"entry": row.entry_ref or 0, "fault": row.pk})
              for row in LedgerFault.objects.filter(acknowledged_at=None).order_by("pk")]
    return replace(report, problems=(*report.problems, *faults, *rows_without_entries()))


def _chain_ends() -> int:
    """The end of the linked entries or of the checkpoints, whichever is later, from one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest((SELECT max(seq) FROM records_ledgerentry),"
                       " (SELECT max(size) FROM records_ledgercheckpoint), 0)")
        return int(cursor.fetchone()[0])


def newest_checkpoint() -> str:
    """The newest signed checkpoint, for storage elsewhere. Raises NoCheckpoint."""
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    if newest is None:
        raise NoCheckpoint
    return newest.note


def _as_checkpoint(row: LedgerCheckpoint) -> Checkpoint:
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
