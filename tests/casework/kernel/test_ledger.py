"""The ledger: every verb's entry is in one chain, and tampering is detected."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from tests.factories import World, in_review, report, resolved_closure, vote

from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.canonical import NotCanonical
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.ledger.checkpoints import check_promise, read_promise, write_promise
from jaga.ledger.entries import entry_hash
from jaga.ledger.keys import BadSignature
from jaga.ledger.publication import HashChain
from jaga.queue.verbs import leases
from jaga.store.kernel.ledger import PromiseBroken, append, as_entry, check_receipt, promise_note, signing_key
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import head, link_entries
from jaga.store.models import LedgerCheckpoint, LedgerEntry


def behind_our_back(*statements: str) -> None:
    """What somebody with the rights of the database's owner can do: disable triggers, change data, enable them
    again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("records_ledgerentry", "records_ledgercheckpoint"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("records_ledgerentry", "records_ledgercheckpoint"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def linked(world: World) -> int:
    """A ledger with a whole case, linked in two rounds; the number of its entries."""
    resolved_closure(world)
    link_entries()
    report(account="@kenanga:localhost")
    link_entries()
    assert verify_ledger().ok
    return LedgerEntry.objects.count()


def test_every_verbs_entry_stands_in_the_one_chain_once(world: World, linked: int) -> None:
    """No gap, no fork, nothing unlinked; linking again links nothing."""
    seqs = list(LedgerEntry.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, linked + 1))
    assert link_entries() == 0
    assert LedgerCheckpoint.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records_ledgerentry SET verb = 'dismiss' WHERE seq = 5",
        "UPDATE records_ledgerentry SET actor = 'person:1' WHERE seq = 5",
        "UPDATE records_ledgerentry SET at = at + interval '1 microsecond' WHERE seq = 5",
        "UPDATE records_ledgerentry SET case_ref = 999 WHERE seq = 5",
        """UPDATE records_ledgerentry SET payload = payload || '{"x": 1}' WHERE seq = 5""",
        "UPDATE records_ledgerentry SET entry_hash = repeat('0', 64) WHERE seq = 5",
        "UPDATE records_ledgerentry SET hash = repeat('0', 64) WHERE seq = 5",
        "UPDATE records_ledgerentry SET previous = repeat('0', 64) WHERE seq = 5",
        "DELETE FROM records_ledgerentry WHERE seq = 5",
        "DELETE FROM records_ledgerentry WHERE seq = 1",
        "UPDATE records_ledgerentry SET payload = '1.5' WHERE seq = 5",
    ],
    ids=[
        "verb",
        "actor",
        "moment",
        "case",
        "payload",
        "entry hash",
        "link hash",
        "previous",
        "deleted",
        "first deleted",
        "unhashable",
    ],
)
def test_one_changed_or_deleted_entry_is_found(linked: int, change: str) -> None:
    """Verification reports any change of a linked entry, with its position."""
    behind_our_back(change)
    found = verify_ledger()
    assert not found.ok
    assert min(problem.seq for problem in found.problems if problem.seq) in (1, 5)


def test_reordered_entries_are_found(linked: int) -> None:
    """Two swapped entries no longer follow each other."""
    behind_our_back(
        "UPDATE records_ledgerentry SET seq = -1 WHERE seq = 4",
        "UPDATE records_ledgerentry SET seq = 4 WHERE seq = 5",
        "UPDATE records_ledgerentry SET seq = 5 WHERE seq = -1",
    )
    assert {problem.seq for problem in verify_ledger().problems} >= {4, 5}


def test_contents_that_changed_places_are_found(linked: int) -> None:
    """If contents are swapped and links unchanged, the hashes do not match."""
    behind_our_back("""UPDATE records_ledgerentry a SET verb = b.verb, payload = b.payload, actor = b.actor
                       FROM records_ledgerentry b WHERE (a.seq, b.seq) IN ((4, 5), (5, 4))""")
    assert not verify_ledger().ok


def test_a_tail_that_was_cut_off_contradicts_the_last_checkpoint(linked: int) -> None:
    """The remaining chain is valid, but shorter than what was signed."""
    behind_our_back(f"DELETE FROM records_ledgerentry WHERE seq > {linked - 2}")
    assert any("cut off" in problem.sentence for problem in verify_ledger().problems)


def test_a_chain_that_was_recomputed_contradicts_its_checkpoints(linked: int) -> None:
    """If somebody edits an entry and recomputes all later hashes without the key, the checkpoints show it."""
    rows = list(LedgerEntry.objects.order_by("seq"))
    rows[4].verb = "forged"
    hashes = [entry_hash(as_entry(row)) for row in rows]
    assert head().size == linked
    behind_our_back(
        f"UPDATE records_ledgerentry SET verb = 'forged' WHERE seq = {rows[4].seq}",
        *(
            f"UPDATE records_ledgerentry SET entry_hash = '{link.entry_hash}', previous = '{link.previous}',"
            f" hash = '{link.hash}' WHERE seq = {link.seq}"
            for link in HashChain().append(hashes)
        ),
    )
    found = verify_ledger()
    assert found.problems
    assert all(
        "checkpoint" in problem.sentence or "MAC" in problem.sentence for problem in found.problems if problem.seq
    )


def test_a_forged_checkpoint_is_found(linked: int) -> None:
    """A checkpoint's text cannot be changed without the key."""
    note = LedgerCheckpoint.objects.order_by("size")[0].note
    changed = note.replace("\n", "\n", 1).replace(note.split("\n")[2], "A" * 43 + "=", 1)
    assert changed != note
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE records_ledgercheckpoint DISABLE TRIGGER USER")
        cursor.execute("UPDATE records_ledgercheckpoint SET note = %s WHERE note = %s", [changed, note])
    assert not verify_ledger().ok


@pytest.mark.parametrize(
    "act",
    [
        lambda world: report(),
        lambda world: vote(in_review(), DecisionKind.CLOSE, world.reviewers[0]),
    ],
)
def test_an_entry_waits_unlinked_until_the_sequencer_comes(world: World, act: Callable[[World], object]) -> None:
    """Verbs only insert; verification before linking covers only the linked entries."""
    act(world)
    waiting = LedgerEntry.objects.filter(seq__isnull=True).count()
    assert waiting
    assert verify_ledger().ok
    assert link_entries() == waiting
    assert verify_ledger().head.size == waiting


def test_a_receipts_promise_is_kept(world: World) -> None:
    """The signed promise names exactly the entry that is later in the chain."""
    filed = report()
    promise = read_promise(filed.ledger_promise)
    check_promise(promise, signing_key().public)
    link_entries()
    entry = LedgerEntry.objects.get(entry_hash=promise.entry_hash)
    assert (entry.verb, entry.case_ref, entry.seq is not None) == ("file_report", filed.case_id, True)
    assert promise_note(entry) == filed.ledger_promise


def test_the_ledger_names_people_by_number(world: World) -> None:
    """No actor is a person's name or username."""
    resolved_closure(world)
    actors = set(LedgerEntry.objects.values_list("actor", flat=True))
    assert actors <= {"public", "system", "cli"} | {f"person:{actor.person_id}" for actor in world.everyone}


def test_a_payload_that_has_no_single_spelling_is_refused(world: World) -> None:
    """A fraction could be printed differently elsewhere, so it is not hashed."""
    before = LedgerEntry.objects.count()
    with pytest.raises(NotCanonical):
        append("x", {"score": 0.5}, actor=SYSTEM, case_id=None)
    assert LedgerEntry.objects.count() == before


def test_holding_a_case_is_no_deed(world: World) -> None:
    """Leases have no entries; votes cast under them have."""
    case_id, before = in_review(), now()
    leases.take_lease(case_id, actor=world.reviewers[0])
    leases.release_lease(case_id, actor=world.reviewers[0])
    assert not LedgerEntry.objects.filter(at__gt=before).exists()
    assert PUBLIC.person_id is None


def test_a_receipt_is_checked_against_the_ledger(world: World) -> None:
    """A stored promise names its link; before the sequencer runs it is broken; a changed promise is refused."""
    note = report(account="@melati:localhost").ledger_promise
    with pytest.raises(PromiseBroken):
        check_receipt(note)
    link_entries()
    assert check_receipt(note).seq == head().size
    with pytest.raises(BadSignature):
        check_receipt(write_promise(replace(read_promise(note), entry_id=1)))
