"""The stored ledger: verbs insert entries as the last step of their transaction, by `append`.

They are linked and signed by `casework.kernel.sequencer`, and verified by `casework.kernel.ledger_verification`.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from django.conf import settings

from jaga.casework.kernel.row_bindings import (
    INSERT_BINDINGS,
    BoundRow,
    Noted,
    RowName,
    binding_arrays,
    new_rows,
    rows_again,
    shared_out,
)
from jaga.core.actors import Actor
from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.ledger.admission import EntryMac, entry_mac
from jaga.ledger.checkpoints import BadNote, check_checkpoint, read_checkpoint
from jaga.ledger.entries import ChainLink, Entry, written_document, written_hash
from jaga.ledger.keys import BadSignature, LedgerSigningKey
from jaga.ledger.verbs import VERBS
from jaga.ledger.verify import LedgerRow
from jaga.records.bound_rows import NOTED
from jaga.records.bulk import as_array, as_json, ask_prepared
from jaga.records.models import LedgerCheckpoint, LedgerEntry

ORIGIN = "jaga"
EntryContent = tuple[str, Mapping[str, object]]
"""A verb and its payload."""
_Content = tuple[str, Mapping[str, object], Actor, int | None]

_NUMBERS = f"""
SELECT nextval('records_ledgerentry_id_seq'), CASE place WHEN 1 THEN current_setting('{NOTED}', true) END
FROM generate_series(1, %s::int) AS place"""  # noqa: S608 - our own
_NUMBER = f"SELECT nextval('records_ledgerentry_id_seq'), current_setting('{NOTED}', true)"
# Raw SQL, since every verb inserts entries and the ORM takes four times as long.
INSERT_ENTRIES = """
INSERT INTO records_ledgerentry (id, at, verb, actor, case_ref, payload, entry_hash, rows, mac)
SELECT * FROM unnest(%(entry_ids)s::bigint[], %(entry_ats)s::timestamptz[], %(entry_verbs)s::text[],
    %(entry_actors)s::text[], %(entry_cases)s::bigint[], %(entry_payloads)s::jsonb[], %(entry_hashes)s::text[],
    %(entry_rows)s::jsonb[], %(entry_macs)s::text[]) AS e"""
"""Inserts the entries of `entry_arrays`. May be part of a larger statement that commits together with them.

Where entries bind rows, `INSERT_BINDINGS` belongs into the same statement.
"""
_NOTE = f"SELECT current_setting('{NOTED}', true)"
_INSERT = f"{INSERT_ENTRIES} RETURNING id"
_INSERT_WITH_ROWS = f"WITH bound AS ({INSERT_BINDINGS}) {INSERT_ENTRIES} RETURNING id, set_config('{NOTED}', '', true)"


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


def append(
    verb: str,
    payload: Mapping[str, object],
    *,
    actor: Actor,
    case_id: int | None,
    rows: Sequence[RowName] = (),
    number: int | None = None,
) -> LedgerEntry:
    """Insert an unlinked entry. `payload` holds hashes, numbers and terms only: no content, no personal data.

    The entry commits to all rows that this transaction has added to bound tables (`jaga.records.bound_rows`). `rows`
    names others: parts that are set later, and rows that were bound before and were changed or deleted now. `number`
    is one of `draw_number`.
    """
    content = verb, payload, actor, case_id
    if number is None:
        (row,) = _append([content], rows)
        return row
    noted = ask_prepared(_NOTE, [])[0][0]
    row = _insert([content], [number], Noted.of(noted), rows, followed=False)[0]
    if changes := Noted.of(noted).changes():  # the last entry counts for them, and others may have a higher number
        _append([("note_changes", {}, actor, case_id)], noted=changes)
    return row


def append_changes(*, actor: Actor, case_id: int | None) -> None:
    """Insert an entry for followed columns (`case.now`) that this transaction changed after its last entry, if any."""
    if Noted.of(ask_prepared(_NOTE, [])[0][0]).changed:
        append("note_changes", {}, actor=actor, case_id=case_id)


def append_all(contents: Sequence[EntryContent], *, actor: Actor, case_id: int | None) -> list[LedgerEntry]:
    """Insert several unlinked entries of one actor and case, in this order."""
    return append_many([(verb, payload, actor, case_id) for verb, payload in contents])


def append_many(contents: Sequence[tuple[str, Mapping[str, object], Actor, int | None]]) -> list[LedgerEntry]:
    """Insert several unlinked entries, each with its own actor and case."""
    return _append(contents) if contents else []


def draw_number() -> int:
    """The number of an entry that is appended later in this transaction, for rows that refer to it."""
    return int(ask_prepared(_NUMBER, [])[0][0])


def _append(
    contents: Sequence[_Content], again: Sequence[RowName] = (), *, noted: str | None = None
) -> list[LedgerEntry]:
    # A statement without values is planned once.
    found = ask_prepared(_NUMBER, []) if len(contents) == 1 else ask_prepared(_NUMBERS, [len(contents)])
    return _insert(contents, [number for number, _ in found], Noted.of(noted or found[0][1]), again)


def _insert(
    contents: Sequence[_Content],
    numbers: Sequence[int],
    noted: Noted,
    again: Sequence[RowName],
    *,
    followed: bool = True,
) -> list[LedgerEntry]:
    new = new_rows(noted, followed=followed)
    if again:
        known = {(row.part, row.number) for row in new}
        new += [
            row
            for row in rows_again(name for name in again if name not in known)
            if (row.part, row.number) not in known
        ]
    bound = shared_out(new, [payload for _, payload, _, _ in contents], [case for _, _, _, case in contents])
    ours = macs()
    rows = [unlinked(number, *one, its, ours=ours) for number, one, its in zip(numbers, contents, bound, strict=True)]
    if any(bound):
        bindings = binding_arrays((row.pk, its) for row, its in zip(rows, bound, strict=True))
        ask_prepared(_INSERT_WITH_ROWS, {**entry_arrays(rows), **bindings})
    else:
        ask_prepared(_INSERT, entry_arrays(rows))
    return rows


def unlinked(
    number: int,
    verb: str,
    payload: Mapping[str, object],
    actor: Actor,
    case_id: int | None,
    rows: Sequence[BoundRow] = (),
    *,
    ours: EntryMac | None = None,
) -> LedgerEntry:
    """Build an entry for `INSERT_ENTRIES` that binds these rows.

    `number` comes from the ledger's sequence. `ours` is `macs()`, for many entries. Raises ValueError for an unknown
    verb.
    """
    # By place: by name it takes three times as long.
    row = LedgerEntry(
        number,
        now(),
        verb,
        actor_name(actor),
        case_id,
        dict(payload),
        "",
        None,
        None,
        None,
        [one.hash for one in rows],
        "",
    )
    hashes = ",".join(f'"{one}"' for one in row.rows)
    row.entry_hash = written_hash(written_document(as_entry(row), rfc3339(row.at), f"[{hashes}]"))
    row.mac = (ours or macs()).of(row.entry_hash)
    if verb not in VERBS:
        raise ValueError(f"{verb} is not in jaga.ledger.verbs")
    return row


def entry_arrays(rows: Sequence[LedgerEntry]) -> dict[str, str]:
    """The values of unlinked entries for `INSERT_ENTRIES`."""
    return {
        "entry_ids": as_array(row.pk for row in rows),
        "entry_ats": as_array(row.at for row in rows),
        "entry_verbs": as_array(row.verb for row in rows),
        "entry_actors": as_array(row.actor for row in rows),
        "entry_cases": as_array(row.case_ref for row in rows),
        "entry_payloads": as_array(as_json(row.payload) for row in rows),
        "entry_hashes": as_array(row.entry_hash for row in rows),
        "entry_rows": as_array(as_json(row.rows) for row in rows),
        "entry_macs": as_array(row.mac for row in rows),
    }


def as_entry(row: LedgerEntry) -> Entry:
    """The row as a value of `jaga.ledger`."""
    reference = f"case:{row.case_ref}" if row.case_ref is not None else "installation"
    return Entry(row.pk, row.at, row.verb, row.actor, reference, row.payload, tuple(row.rows))


def as_linked(row: LedgerEntry) -> LedgerRow:
    """A linked row with its chain link. Raises ValueError if it is not linked yet."""
    if row.seq is None or row.previous is None or row.hash is None:
        raise ValueError(f"ledger entry {row.pk} is not linked yet")
    return LedgerRow(ChainLink(row.seq, row.entry_hash, row.previous, row.hash), as_entry(row))
