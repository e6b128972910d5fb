"""The stored ledger: verbs insert entries as the last step of their transaction, by `append`.

They are linked and signed by `store.kernel.sequencer`, and verified by `store.kernel.ledger_verification`.

Group commit: threads of one process that want the same kind of work share one transaction.

A thread that arrives while another works waits and is included in the next batch. Each thread needs its own database
connection: a waiting thread may hold one while the working thread needs another.

Promises: the signed statement of a receipt that an entry will be in the ledger, and whether it was kept.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Generic, TypeVar

from django.conf import settings
from django.db import DataError, IntegrityError, connection

from jaga.core.actors import Actor
from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.ledger.checkpoints import (
    BadNote,
    check_checkpoint,
    check_promise,
    read_checkpoint,
    read_promise,
    sign_promise,
    write_promise,
)
from jaga.ledger.entries import ChainLink, Entry, EntryMac, entry_hash, entry_mac, written_document, written_hash
from jaga.ledger.keys import BadSignature, LedgerSigningKey
from jaga.ledger.verbs import VERBS
from jaga.ledger.verify import LedgerRow
from jaga.store.bound_rows import NOTED
from jaga.store.bulk import as_array, as_json, ask_prepared
from jaga.store.kernel.row_bindings import (
    INSERT_BINDINGS,
    BoundRow,
    Noted,
    RowName,
    binding_arrays,
    new_rows,
    rows_again,
    shared_out,
)
from jaga.store.models import LedgerCheckpoint, LedgerEntry
from jaga.store.reads import lost_by_number

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Waiting(Generic[Item, Answer]):
    """One thread's item and its result."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.done = False

    def outcome(self) -> Answer | BaseException:
        """The answer, or what the item failed with."""
        if self.failure is not None:
            return self.failure
        assert self.answer is not None
        return self.answer


class GroupCommit(Generic[Item, Answer]):
    """Runs `work` on items of several threads (at most `most`) in one call, which is one transaction."""

    def __init__(self, work: Callable[[Sequence[Item]], list[Answer]], most: int = 64) -> None:
        self._work, self._most = work, most
        self._turn, self._queue_lock = Lock(), Lock()
        self._queue: list[_Waiting[Item, Answer]] = []

    def do(self, item: Item) -> Answer:
        """Process `item` and return its answer after the commit. An item that is refused does not fail the others."""
        if connection.in_atomic_block:  # inside a larger transaction the commit cannot be shared
            return self._work([item])[0]
        mine: _Waiting[Item, Answer] = _Waiting(item)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            while not mine.done:  # otherwise the previous holder of the lock has processed it
                self._do_next()
        if mine.failure is not None:
            raise mine.failure
        assert mine.answer is not None
        return mine.answer

    def do_all(self, items: Sequence[Item]) -> list[Answer | BaseException]:
        """Process several items of one thread; returns their answers, or what each failed with, after the commit."""
        if connection.in_atomic_block:
            return list(self._work(items))
        mine: list[_Waiting[Item, Answer]] = [_Waiting(item) for item in items]
        with self._queue_lock:
            self._queue.extend(mine)
        with self._turn:
            while not all(one.done for one in mine):
                self._do_next()
        return [one.outcome() for one in mine]

    def _do_next(self) -> None:
        """Those who wait longest. If others than the caller's own fail, that is no reason to leave the queue."""
        with self._queue_lock:
            taken, self._queue = self._queue[: self._most], self._queue[self._most :]
        with suppress(Exception):  # each of them has it as its `failure`
            self._do(taken)

    def _do(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        try:
            answers = self._work([one.item for one in taken])
            for one, answer in zip(taken, answers, strict=True):
                one.answer = answer
        except (DataError, IntegrityError) as refused:
            if len(taken) == 1:
                taken[0].failure = refused
            else:  # one item cannot be stored: process them singly, so that only that one fails
                self._one_by_one(taken)
        except BaseException as failure:
            self._fail(taken, failure)
            raise
        for one in taken:
            one.done = True

    def _one_by_one(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        for place, one in enumerate(taken):
            try:
                self._do([one])
            except BaseException as failure:  # release the remaining threads, which would wait forever
                self._fail(taken[place:], failure)
                raise

    def _fail(self, taken: Sequence[_Waiting[Item, Answer]], failure: BaseException) -> None:
        for one in taken:
            one.failure, one.done = failure, True


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

    The entry commits to all rows that this transaction has added to bound tables (`jaga.store.bound_rows`). `rows`
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


def check_receipt(note: str) -> ChainLink:
    """The chain link of the entry that a receipt's signed promise names.

    Raises BadNote or BadSignature if the promise is not ours, PromiseBroken if the entry is missing or differs,
    PromiseLost if it was lost in a restoration.
    """
    promise = read_promise(note)
    check_promise(promise, signing_key().public)
    row = LedgerEntry.objects.filter(pk=promise.entry_id, entry_hash=promise.entry_hash, seq__isnull=False).first()
    if row is None or entry_hash(as_entry(row)) != promise.entry_hash:
        lost = (
            None
            if row or LedgerEntry.objects.filter(pk=promise.entry_id).exists()
            else lost_by_number("ledgerentry", promise.entry_id)
        )
        raise PromiseLost(day=f"{lost.restored_at:%Y-%m-%d}") if lost else PromiseBroken
    return as_linked(row).link
