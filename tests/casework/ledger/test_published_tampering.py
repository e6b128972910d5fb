"""Every kind of tampering with the published log, and who finds it: the table of docs/threat-model.md.

Three look: `jaga ledger verify` alone; somebody with a receipt, who reads what is published; a witness, who is asked
for its cosignature of the next head.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from tests.casework.ledger.conftest import Hour, by_the_owner
from tests.docs.pages import ROOT
from tests.factories import World, report
from tests.ledger.tlog.published import WITNESSES

from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import check_consistency, check_inclusion, leaf_hash
from jaga.ledger.tlog.policy import TreeHead, parse_policy, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader, check_opened_proof, leaf_of, parse_proof
from jaga.ledger.tlog.witness import WitnessState, format_request
from jaga.proofs.verbs.publishing import checkpoint_of, log_signer, policy_file, proof_of
from jaga.proofs.verbs.verification import verify_published
from jaga.store.kernel.ledger import PromiseBroken, append, check_receipt, promise_note
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry, PublishedHead

NOW = int(time.time())
Finders = set[str]


@dataclass
class Published:
    """Two published hours and an entry after them; what a holder and a witness keep, and copies of the folder."""

    folder: Path
    first: PublishedHead
    newest: PublishedHead
    proof: bytes
    policy: bytes
    promise: str
    entry: int
    witness: WitnessState
    hour: Hour
    passing: Callable[[timedelta], None]
    copies: Path

    def set_back(self) -> None:
        """Put database and folder back to the first hour, as a snapshot of everything would."""
        seq = self.first.last_seq
        by_the_owner(
            f"DELETE FROM records_publishedhead WHERE id <> {self.first.pk}",
            f"DELETE FROM records_ledgercheckpoint WHERE size > {seq}",
            f"DELETE FROM records_ledgerentry WHERE seq > {seq} OR seq IS NULL",
        )
        self.use("first")

    def use(self, copy: str) -> None:
        """Put a copy of the folder in its place."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.copies / copy, self.folder)


@pytest.fixture
def published(
    world: World, folder: Path, hour: Hour, passing: Callable[[timedelta], None], tmp_path: Path
) -> Published:
    """An honest beginning, which all three find whole."""
    say()
    hour()
    first = PublishedHead.objects.get()
    shutil.copytree(folder, tmp_path / "copies/first")
    entries = [say() for _ in range(4)]
    hour()
    newest = PublishedHead.objects.order_by("-size")[0]
    shutil.copytree(folder, tmp_path / "copies/newest")
    (tmp_path / "witness").mkdir()
    witness = WitnessState(tmp_path / "witness", WITNESSES[0])
    witness.add_log(log_signer(first.log.origin).verifier)
    last = say()
    made = Published(
        folder,
        first,
        newest,
        proof_of(entries[1]),
        policy_file(),
        promise_note(last),
        entries[1].seq or 0,
        witness,
        hour,
        passing,
        tmp_path / "copies",
    )
    for head, old in ((first, 0), (newest, first.size)):
        answer = witness.add_checkpoint(request(folder, head.size, old, checkpoint_of(head)), NOW)
        assert answer.status == 200, answer
    return made


def say() -> LedgerEntry:
    row = append("record_keys", {"names": []}, actor=SYSTEM, case_id=None)
    link_entries()
    row.refresh_from_db()
    return row


def request(folder: Path, size: int, old: int, checkpoint: bytes) -> bytes:
    tree = TreeReader(size, LogFolder(folder / "1").read)
    return format_request(old, tree.consistency_proof(old) if old <= size else (), checkpoint)


def finders(at: Published) -> Finders:
    """Who finds that something is wrong, after the operator's own worker went on for an hour if it could."""
    found: Finders = set()
    for go_on in (lambda: 0, at.hour):
        try:
            go_on()
        except JagaError:
            found.add("verifier")  # the worker stops and raises the alarm
        if verify_published() or not verify_ledger().ok:
            found.add("verifier")
    if holder_finds(at):
        found.add("receipt")
    if witness_finds(at):
        found.add("witness")
    return found


def holder_finds(at: Published) -> bool:
    """The holder compares proof and promise with what is published now."""
    proof = parse_proof(at.proof)
    kept = check_opened_proof(proof, parse_policy(at.policy)).head
    try:
        log = LogFolder(at.folder / "1")
        head = parse_policy(at.policy).check(log.read("checkpoint") or b"").head
        tree = TreeReader(head.size, log.read, head.root)
        check_consistency(kept.size, kept.root, head.size, head.root, tree.consistency_proof(kept.size))
        check_inclusion(
            leaf_hash(leaf_of(proof.extra or b"")), proof.index, head.size, tree.inclusion_proof(proof.index), head.root
        )
        check_receipt(at.promise)
    except (JagaError, IndexError):
        return True
    return False


def witness_finds(at: Published) -> bool:
    """The witness is asked for the published head, by whoever runs the log."""
    try:
        log = LogFolder(at.folder / "1")
        head = parse_policy(at.policy).check(log.read("checkpoint") or b"").head
        old = at.witness.logs()[0][1]
        body = request(at.folder, head.size, old, log.read("checkpoint") or b"")
        return at.witness.add_checkpoint(body, NOW).status != 200
    except (JagaError, IndexError):
        return False  # nothing that could be cosigned is shown to it


def fork(at: Published) -> None:
    at.set_back()
    for _ in range(5):
        say()


def rewrite(at: Published) -> None:
    """An entry that waits for its head is removed, and all after it is linked and signed again with the key."""
    seq = at.newest.last_seq
    by_the_owner(
        f"DELETE FROM records_ledgercheckpoint WHERE size > {seq}", f"DELETE FROM records_ledgerentry WHERE seq > {seq}"
    )
    say()


def other_head(at: Published) -> None:
    """A head of invented leaves, signed with the key, in database and folder alike."""
    shutil.rmtree(at.folder)
    log = LogFolder(at.folder / "1")
    log.append(0, [bytes([place % 256]) * 32 for place in range(at.newest.size)])
    signer = log_signer(at.newest.log.origin)
    tree = TreeReader(at.newest.size, log.read)
    log.publish(sign_checkpoint(TreeHead(signer.name, at.newest.size, tree.root), signer), signer.verifier)


def damage(path: str) -> Callable[[Published], None]:
    def change(at: Published) -> None:
        file = at.folder / path
        file.write_bytes(file.read_bytes()[:-1] + b"\x00")

    return change


def sql(*statements: str) -> Callable[[Published], None]:
    return lambda at: by_the_owner(
        *(one.format(seq=at.entry, head=at.newest.pk, last=at.newest.last_seq) for one in statements)
    )


EVERYTHING = (
    "DELETE FROM records_headcosignature",
    "DELETE FROM records_publishedhead",
    "DELETE FROM records_publishedlog",
    "DELETE FROM records_ledgercheckpoint",
    "DELETE FROM records_ledgerentry",
)
CASES: dict[str, tuple[Callable[[Published], None], Finders]] = {
    "nothing": (lambda at: None, set()),
    "a published entry edited": (
        sql("UPDATE records_ledgerentry SET payload = '{{}}' WHERE seq = {seq}"),
        {"verifier"},
    ),
    "a published entry deleted": (sql("DELETE FROM records_ledgerentry WHERE seq = {seq}"), {"verifier"}),
    "two published entries swapped": (
        sql(
            "UPDATE records_ledgerentry SET seq = -1 WHERE seq = {seq}",
            "UPDATE records_ledgerentry SET seq = {seq} WHERE seq = {seq} + 1",
            "UPDATE records_ledgerentry SET seq = {seq} + 1 WHERE seq = -1",
        ),
        {"verifier"},
    ),
    "the newest head dropped": (sql("DELETE FROM records_publishedhead WHERE id = {head}"), {"verifier"}),
    "a head's root edited": (
        sql("UPDATE records_publishedhead SET root = repeat('0', 64) WHERE id = {head}"),
        {"verifier"},
    ),
    "a head's note exchanged": (
        sql(
            "UPDATE records_publishedhead SET note = (SELECT note FROM records_publishedhead WHERE id <> {head}"
            " LIMIT 1) WHERE id = {head}"
        ),
        {"verifier"},
    ),
    "the end cut off, the folder left": (
        sql(
            "DELETE FROM records_publishedhead WHERE id = {head}",
            "DELETE FROM records_ledgercheckpoint WHERE size >= {seq}",
            "DELETE FROM records_ledgerentry WHERE seq >= {seq}",
        ),
        {"verifier", "receipt"},
    ),
    "the ledger emptied, the folder left": (sql(*EVERYTHING), {"verifier", "receipt"}),
    "a published leaf changed": (damage("1/tile/entries/001"), {"verifier"}),
    "a published tile changed": (damage("1/tile/0/001"), {"verifier", "receipt"}),
    "the folder set back": (lambda at: at.use("first"), set()),  # the worker writes it again from the database
    "a head of other leaves in the folder, signed with the key": (other_head, {"verifier", "receipt", "witness"}),
    "everything set back together": (Published.set_back, {"receipt", "witness"}),
    "forked: set back, and gone on otherwise": (fork, {"receipt", "witness"}),
    "an entry of the present hour replaced, linked and signed again with the key": (rewrite, {"receipt"}),
}


def test_every_tampering_is_found_by_somebody(published: Published) -> None:
    """Nothing is left that nobody finds, and the table says who does."""
    found: dict[str, Finders] = {}
    witness_before = shutil.copytree(published.copies.parent / "witness", published.copies / "witness")
    for name, (tamper, _) in CASES.items():
        with transaction.atomic():
            tamper(published)
            found[name] = finders(published)
            transaction.set_rollback(True)
        published.passing(timedelta(hours=-1))
        published.use("newest")
        shutil.rmtree(published.copies.parent / "witness")
        shutil.copytree(witness_before, published.copies.parent / "witness")
    assert found == {name: who for name, (_, who) in CASES.items()}


def test_the_threat_model_has_the_table() -> None:
    """One line for each case, with the same three answers."""
    text = (ROOT / "docs" / "threat-model.md").read_text()
    for name, (_, who) in CASES.items():
        if name != "nothing":
            answers = [("found" if one in who else "–") for one in ("verifier", "receipt", "witness")]
            assert f"| {name} | {' | '.join(answers)} |" in text, name


def test_a_promise_of_an_entry_that_is_gone_is_broken(published: Published) -> None:
    """The receipt alone shows it."""
    rewrite(published)
    with pytest.raises(PromiseBroken):
        check_receipt(published.promise)
    assert report().report_id
