"""Ledger entries: inserted by each verb as the last step of its transaction, linked by one sequencer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import connection, transaction

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
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
from jaga.ledger.entries import Entry, Link, entry_hash
from jaga.ledger.keys import BadSignature, SigningKey
from jaga.ledger.log import EMPTY, HashChain, Head
from jaga.ledger.verify import Linked, Report, verify
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.models import LedgerCheckpoint, LedgerEntry

ORIGIN = "jaga"
_SEQUENCER_LOCK = 0x6A616761  # "jaga" in ASCII: one sequencer at a time, whoever starts it
LINKED_AT_ONCE = 2000
Said = tuple[str, Mapping[str, object]]
"""What an entry says: a verb and its payload."""

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


def signing_key() -> SigningKey:
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
def _signing_key(seed: bytes) -> SigningKey:
    return SigningKey(ORIGIN, seed)


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


def check_receipt(note: str) -> Link:
    """The link of the entry that a receipt's signed promise names.

    Raises BadNote, BadSignature for a promise that is not ours, PromiseBroken where the ledger does not hold to it.
    """
    said = read_promise(note)
    check_promise(said, signing_key().public)
    row = LedgerEntry.objects.filter(pk=said.entry_id, entry_hash=said.entry_hash, seq__isnull=False).first()
    if row is None or entry_hash(as_entry(row)) != said.entry_hash:
        raise PromiseBroken
    return as_linked(row).link


def as_entry(row: LedgerEntry) -> Entry:
    """The row as the pure ledger knows it."""
    reference = f"case:{row.case_ref}" if row.case_ref is not None else "installation"
    return Entry(row.pk, row.at, row.verb, row.actor, reference, row.payload)


def as_linked(row: LedgerEntry) -> Linked:
    """A linked row with its link."""
    if row.seq is None or row.previous is None or row.hash is None:
        raise ValueError(f"ledger entry {row.pk} is not linked yet")
    return Linked(Link(row.seq, row.entry_hash, row.previous, row.hash), as_entry(row))


def head() -> Head:
    """Where the stored ledger stands."""
    last = LedgerEntry.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", "hash").first()
    return Head(last[0], last[1] or "") if last and last[0] is not None else EMPTY


@transaction.atomic
def link_entries() -> int:
    """Link what verbs have committed, in the order of their numbers, and sign the new head. Returns how many.

    Safe to call from anywhere at any time: a second sequencer finds the lock taken and links nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    unlinked = LedgerEntry.objects.filter(seq__isnull=True).order_by("id")
    rows = list(unlinked.values_list("pk", "entry_hash")[:LINKED_AT_ONCE])
    if not rows:
        return 0
    chain = HashChain(head())
    links = chain.append([digest for _, digest in rows])
    with connection.cursor() as cursor:  # a `bulk_update` would have each row look through the whole batch
        cursor.execute(_LINK, [[pk for pk, _ in rows], [link.seq for link in links],
                               [link.previous for link in links], [link.hash for link in links]])
    moment = now()
    LedgerCheckpoint.objects.create(
        size=chain.head().size,
        hash=chain.head().hash,
        at=moment,
        note=write_checkpoint(sign_checkpoint(chain.head(), moment, signing_key())),
    )
    return len(rows)


def _rows() -> Iterator[Linked]:
    for row in LedgerEntry.objects.filter(seq__isnull=False).order_by("seq").iterator(chunk_size=LINKED_AT_ONCE):
        yield as_linked(row)


def verify_ledger() -> Report:
    """Read the whole stored ledger and its checkpoints; finds an edited, deleted, reordered or cut-off entry."""
    checkpoints = LedgerCheckpoint.objects.order_by("size").iterator(chunk_size=LINKED_AT_ONCE)
    return verify(_rows(), (_as_checkpoint(row) for row in checkpoints), [signing_key().public])


def _as_checkpoint(row: LedgerCheckpoint) -> Checkpoint:
    """The checkpoint as its signed note says it; one whose note cannot be read has no signature that could hold."""
    try:
        return read_checkpoint(row.note)
    except BadNote:
        return Checkpoint(ORIGIN, row.size, row.hash, row.at, "unreadable", b"")
