"""What somebody with the database's rights can do to the ledger, and who detects it (docs/threat-model.md).

Each test is a row of the table there: detected by the verifier alone, only with a checkpoint or length kept elsewhere,
or not at all.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.test import Client
from tests.factories import World, report, resolved_closure

from jaga.app.commands.ledger import ledger
from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput
from jaga.core.terms.outside import LedgerFaultReason
from jaga.core.terms.people import OrganisationKind
from jaga.ledger.checkpoints import read_checkpoint
from jaga.ledger.entries import entry_hash
from jaga.ledger.publication import HashChain, Head
from jaga.people.verbs.people import create_organisation
from jaga.store.kernel.ledger import as_entry
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.row_verification import NoSuchFault, acknowledge_fault
from jaga.store.kernel.sequencer import link_entries, newest_checkpoint
from jaga.store.models import LedgerCheckpoint, LedgerEntry, LedgerFault

TABLES = ("records_ledgerentry", "records_ledgercheckpoint", "records_ledgerfault", "records_vote")
FORGED = """
INSERT INTO records_ledgerentry (id, at, verb, actor, case_ref, payload, entry_hash)
VALUES ({number}, {at}, '{verb}', 'system', NULL, {payload}, repeat('0', 64))"""
NEXT = "nextval('records_ledgerentry_id_seq')"


def behind_our_back(*statements: str) -> None:
    """Disable the triggers, change data, enable them again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def forge(verb: str = "decide_case", *, number: str = NEXT, at: str = "now()", payload: str = "'{}'") -> None:
    """An unlinked entry whose hash does not match."""
    behind_our_back(FORGED.format(number=number, at=at, verb=verb, payload=payload))


def sentences() -> list[str]:
    return [problem.english() for problem in verify_ledger().problems]


@pytest.fixture
def linked(world: World) -> int:
    """A ledger with a whole case, and a checkpoint before its last report; the size at that checkpoint."""
    resolved_closure(world)
    link_entries()
    before = LedgerEntry.objects.count()
    report(account="@kenanga:localhost")
    link_entries()
    assert verify_ledger().ok
    return before


# Seen by the verifier alone


def test_an_emptied_ledger_is_not_whole_where_anything_is_left(linked: int) -> None:
    """Reports, votes, decisions, actions and people have no entry, and each kind is named."""
    behind_our_back("DELETE FROM records_ledgerentry", "DELETE FROM records_ledgercheckpoint")
    problems = " ".join(sentences())
    assert all(f"{kind} " in problems for kind in ("reports", "votes", "decisions", "actions", "people"))
    report(account="@melati:localhost")
    link_entries()
    assert any("2 reports have no entry" in sentence for sentence in sentences())


def test_a_tail_cut_off_with_its_checkpoints_leaves_a_report_without_an_entry(linked: int) -> None:
    """The remaining chain ends at a signed place, so only the report reveals it."""
    behind_our_back(
        f"DELETE FROM records_ledgerentry WHERE seq > {linked}",
        f"DELETE FROM records_ledgercheckpoint WHERE size > {linked}",
    )
    (sentence,) = sentences()
    assert sentence.startswith("1 reports have no entry")


def test_a_tail_cut_off_between_two_checkpoints_has_no_signed_head(linked: int) -> None:
    """Without its checkpoints the rest ends at a place that was never signed."""
    behind_our_back(f"DELETE FROM records_ledgerentry WHERE seq > {linked - 2}", "DELETE FROM records_ledgercheckpoint")
    assert any("stand behind the newest checkpoint" in sentence for sentence in sentences())


@pytest.mark.parametrize(
    "condition", ["true", "size = (SELECT max(size) FROM records_ledgercheckpoint)"], ids=["all", "the newest"]
)
def test_dropped_checkpoints_are_missed(linked: int, condition: str) -> None:
    """The head always has a checkpoint of its size, since both are in one transaction."""
    behind_our_back(f"DELETE FROM records_ledgercheckpoint WHERE {condition}")
    (sentence,) = sentences()
    assert "stand behind the newest checkpoint" in sentence


def test_a_ledger_linked_anew_without_the_key_has_no_checkpoints_that_fit(linked: int) -> None:
    """An entry is edited, every later hash recomputed, and contradicting checkpoints removed."""
    rows = list(LedgerEntry.objects.order_by("seq"))
    rows[4].actor = "person:9"
    links = HashChain().append([entry_hash(as_entry(row)) for row in rows])
    behind_our_back(
        "UPDATE records_ledgerentry SET actor = 'person:9' WHERE seq = 5",
        *(
            f"UPDATE records_ledgerentry SET entry_hash = '{link.entry_hash}', previous = '{link.previous}',"
            f" hash = '{link.hash}' WHERE seq = {link.seq}"
            for link in links
        ),
    )
    assert any("rewritten" in sentence for sentence in sentences())
    behind_our_back("DELETE FROM records_ledgercheckpoint")
    missing, without_mac = sorted(sentences())
    assert "Entries 1 to" in missing
    assert "was not written by this installation" in without_mac


def test_a_vote_written_past_the_verbs_has_no_entry(linked: int) -> None:
    """Rows that need an entry are checked one by one, not only counted."""
    columns = "case_id, person_id, kind, legal_basis, ground, facts, rooms, accounts, elements, policy_hash, cast_at"
    behind_our_back(f"INSERT INTO records_vote ({columns}, round) SELECT {columns}, 7 FROM records_vote LIMIT 1")
    (sentence,) = sentences()
    assert sentence.startswith("1 votes have no entry")


@pytest.mark.parametrize(
    "change",
    [
        "at = 'infinity'",
        "payload = repeat('9', 5000)::jsonb",
        "payload = (repeat('[', 3000) || repeat(']', 3000))::jsonb",
        "payload = '[]'",
    ],
)
def test_a_linked_entry_that_nothing_can_read_does_not_end_the_verifier(linked: int, change: str) -> None:
    """The row is named, and all others are read."""
    behind_our_back(f"UPDATE records_ledgerentry SET {change} WHERE seq = 5")
    found = verify_ledger()
    assert [problem.seq for problem in found.problems if problem.seq] == [5]
    assert found.head.size == LedgerEntry.objects.count()


# Unlinked entries are looked at before they are signed


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ({}, LedgerFaultReason.HASH),
        ({"verb": "close_at_once"}, LedgerFaultReason.VERB),
        ({"number": "987654321"}, LedgerFaultReason.NUMBER),
        ({"number": "-1"}, LedgerFaultReason.NUMBER),
        ({"payload": "'{\"score\": 0.5}'"}, LedgerFaultReason.UNREADABLE),
        ({"payload": "'[1]'"}, LedgerFaultReason.UNREADABLE),
        ({"payload": "repeat('9', 5000)::jsonb"}, LedgerFaultReason.UNREADABLE),
        ({"payload": "(repeat('[', 3000) || repeat(']', 3000))::jsonb"}, LedgerFaultReason.UNREADABLE),
        ({"at": "'infinity'"}, LedgerFaultReason.UNREADABLE),
        ({"at": "'0044-03-15 BC'"}, LedgerFaultReason.UNREADABLE),
    ],
    ids=["hash", "verb", "number", "negative", "fraction", "list", "long number", "deep", "infinity", "before Christ"],
)
def test_a_forged_entry_is_set_aside_and_the_others_go_on(
    world: World, client: Client, forged: dict[str, str], reason: LedgerFaultReason
) -> None:
    """It is never linked; health check and verifier report it until it is acknowledged; the ledger records that too."""
    link_entries()
    forge(**forged)
    report()
    waiting = LedgerEntry.objects.filter(seq__isnull=True).count()
    assert link_entries() == waiting - 1
    fault = LedgerFault.objects.get()
    assert (fault.reason, fault.acknowledged_at) == (reason, None)
    assert link_entries() == 1  # that it was set aside
    assert link_entries() == 0
    (entry,) = LedgerEntry.objects.filter(verb="set_aside_entry", seq__isnull=False)
    assert entry.payload == {"entry": fault.entry_ref, "reason": reason}
    assert client.get("/health/ready").json()["faults"] == ["ledger_integrity"]
    (sentence,) = sentences()
    assert f"Entry number {fault.entry_ref} was set aside" in sentence

    with pytest.raises(InvalidInput):
        acknowledge_fault(fault.pk, " ", actor=CLI)
    acknowledge_fault(fault.pk, "Percobaan oleh penguji", actor=CLI)
    assert client.get("/health/ready").status_code == 200
    link_entries()
    assert verify_ledger().ok
    assert not LedgerEntry.objects.filter(pk=fault.entry_ref, seq__isnull=False).exists()
    with pytest.raises(NoSuchFault):
        acknowledge_fault(fault.pk, "Percobaan oleh penguji", actor=CLI)


def test_links_that_somebody_else_made_are_not_signed_unseen(linked: int) -> None:
    """If somebody links entries by hand with correct hashes, the next checkpoint would cover them; the sequencer
    reports it.
    """
    create_organisation("Operator Lain", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    row = LedgerEntry.objects.get(seq__isnull=True)
    last = LedgerEntry.objects.order_by("-seq").filter(seq__isnull=False)[0]
    assert last.seq
    (link,) = HashChain(Head(last.seq, last.hash or "")).append([row.entry_hash])
    behind_our_back(
        f"UPDATE records_ledgerentry SET seq = {link.seq}, previous = '{link.previous}',"
        f" hash = '{link.hash}' WHERE id = {row.pk}"
    )
    report(account="@melati:localhost")
    assert link_entries() > 0
    assert link_entries() == 1
    (sentence,) = sentences()
    assert "did not end at the same place" in sentence
    assert LedgerEntry.objects.filter(verb="note_unsigned_head").count() == 1


def test_a_cut_end_does_not_stop_the_sequencer(linked: int) -> None:
    """New entries take the numbers of the missing ones; the old checkpoint contradicts them."""
    behind_our_back(f"DELETE FROM records_ledgerentry WHERE seq >= {linked}")
    while LedgerEntry.objects.filter(seq__isnull=False).count() <= linked + 4:
        report(account="@melati:localhost")
        assert link_entries() > 0
    assert any("rewritten" in sentence for sentence in sentences())
    assert LedgerFault.objects.get().reason == LedgerFaultReason.UNSIGNED_HEAD


def test_a_fault_is_neither_deleted_nor_edited(world: World) -> None:
    """The database refuses it, as for an entry."""
    forge()
    link_entries()
    for statement in ("DELETE FROM records_ledgerfault", "UPDATE records_ledgerfault SET reason = 'verb'"):
        with pytest.raises(Exception, match="acknowledged once"), transaction.atomic():
            connection.cursor().execute(statement)


# Seen only with what was kept elsewhere


@pytest.fixture
def put_back(linked: int) -> tuple[str, int]:
    """Restore the whole database to an earlier state; returns the checkpoint and the length that somebody kept."""
    before = transaction.savepoint()
    report(account="@melati:localhost")
    link_entries()
    kept = newest_checkpoint(), verify_ledger().head.size
    transaction.savepoint_rollback(before)
    return kept


def test_rows_and_entries_put_back_together_are_seen_with_a_kept_checkpoint(put_back: tuple[str, int]) -> None:
    """Alone the verifier finds nothing, since nothing is contradictory; the checkpoint and the length reveal it."""
    note, size = put_back
    assert verify_ledger().ok
    (cut,) = verify_ledger(kept=[read_checkpoint(note)]).problems
    assert "cut off" in cut.english()
    (short,) = verify_ledger(at_least=size).problems
    assert f"at least {size}" in short.english()


def test_after_new_entries_took_the_place_the_kept_checkpoint_still_contradicts(put_back: tuple[str, int]) -> None:
    """The ledger is as long as before but different, so its length says nothing any more."""
    note, size = put_back
    while verify_ledger().head.size < size:
        report(account="@anggrek:localhost")
        link_entries()
    assert verify_ledger(at_least=size).ok
    (other,) = verify_ledger(kept=[read_checkpoint(note)]).problems
    assert "rewritten" in other.english()


def test_unlinked_and_signed_again_is_seen_with_a_kept_checkpoint_alone(linked: int) -> None:
    """Somebody removes the links, edits entries, and lets our own sequencer link and sign everything again."""
    note = newest_checkpoint()
    row = LedgerEntry.objects.get(seq=5)
    row.actor = "person:9"
    behind_our_back(
        "DELETE FROM records_ledgercheckpoint",
        "UPDATE records_ledgerentry SET seq = NULL, previous = NULL, hash = NULL",
        f"UPDATE records_ledgerentry SET actor = 'person:9', entry_hash = '{entry_hash(as_entry(row))}'"
        f" WHERE id = {row.pk}",
    )
    link_entries()
    assert [problem.seq for problem in verify_ledger().problems] == [0]  # the edited entry was set aside
    assert not verify_ledger(kept=[read_checkpoint(note)]).ok


def test_an_entry_made_up_with_its_right_hash_is_set_aside(linked: int) -> None:
    """Somebody who has only the database cannot make its MAC."""
    forge()
    row = LedgerEntry.objects.get(seq__isnull=True)
    behind_our_back(f"UPDATE records_ledgerentry SET entry_hash = '{entry_hash(as_entry(row))}' WHERE id = {row.pk}")
    link_entries()
    assert LedgerEntry.objects.get(pk=row.pk).seq is None
    assert LedgerFault.objects.get().reason == LedgerFaultReason.MAC


# The commands


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(ledger, words)
    return done.exit_code, done.output


def test_the_commands_keep_and_compare_a_checkpoint(linked: int, tmp_path: Path) -> None:
    """`verify` accepts what `checkpoint` prints, even after a mail program changed the line ends."""
    status, note = run("checkpoint")
    assert (status, note) == (0, newest_checkpoint())
    kept = tmp_path / "kept.txt"
    for text in (note, f"{note}\n", note.replace("\n", "\r\n")):
        kept.write_bytes(text.encode())
        status, output = run("verify", "--checkpoint", str(kept), "--at-least", "10")
        assert status == 0
        assert "1 of 1 kept checkpoints lie within the ledger." in output
    assert run("verify", "--at-least", "100000")[0] == 1
    kept.write_text(note.replace(note.split("\n")[1], "3", 1))
    status, output = run("verify", "--checkpoint", str(kept))
    assert status == 1
    assert "not signed by a known key" in output


def test_the_commands_list_and_acknowledge_a_fault(linked: int) -> None:
    """Listed with its reason as waiting; afterwards with the note."""
    forge()
    link_entries()
    fault = LedgerFault.objects.get()
    assert "hash  waits for a person" in run("faults")[1]
    assert run("verify")[0] == 1
    assert run("acknowledge", str(fault.pk), "--note", "Percobaan oleh penguji")[0] == 0
    assert "acknowledged: Percobaan oleh penguji" in run("faults")[1]
    assert run("verify")[0] == 0


def test_a_checkpoint_of_another_size_than_its_row_is_found(linked: int) -> None:
    """The row's size is not signed; the note's is."""
    newest = LedgerCheckpoint.objects.order_by("-size")[0]
    behind_our_back(f"UPDATE records_ledgercheckpoint SET size = size + 5 WHERE id = {newest.pk}")
    assert any("known key" in sentence for sentence in sentences())
