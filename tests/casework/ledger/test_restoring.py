"""After a restore a new log begins, whose first leaf is the head that was published last (ADR 0069, ADR 0091)."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.casework.ledger.conftest import Hour, by_the_owner
from tests.casework.ledger.witness_servers import own_witness
from tests.factories import World, report

from jaga.app.commands.ledger import lost as lost_command
from jaga.core.actors import CLI, Actor
from jaga.core.terms.people import HostKind, Role
from jaga.ledger.checkpoints import read_promise
from jaga.ledger.tlog.policy import parse_policy
from jaga.ledger.tlog.tree import check_opened_proof, parse_proof
from jaga.people.verbs import people
from jaga.people.verbs.people import claim_installation, create_organisation
from jaga.proofs import jobs as ledger_witnesses
from jaga.proofs.jobs import ask_witnesses
from jaga.proofs.reads import see_published_ledger
from jaga.proofs.verbs.publishing import FolderAhead, log_signer, policy_file, proof_of, publish
from jaga.proofs.verbs.verification import verify_published
from jaga.reporting.verbs import intake as receipts
from jaga.store.kernel import epochs
from jaga.store.kernel.ledger import PromiseLost, check_receipt
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry, PublishedHead, PublishedLog
from jaga.store.reads import lost_promises

pytestmark = pytest.mark.usefixtures("numbers_go_back")


def test_a_restore_begins_a_log_that_names_the_last_published_head(
    world: World, settings: Any, folder: Path, hour: Hour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is signed before it is declared; the old log and its receipts stay, promises between are lost."""
    monkeypatch.setattr(ledger_witnesses, "_LEDGER_WITNESSES_FIRST_PAUSE", 0.0)
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    operator = create_organisation("Operator Kedua", people.OrganisationKind.OPERATOR, actor=CLI)
    people.create_person(people.NewPerson("sari", "Sari", operator.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    kept = report()
    link_entries()
    epochs.adopt_mark()
    with own_witness() as witness:
        Path(settings.JAGA_LEDGER_WITNESSES).write_text(f"witness w {witness.key.vkey} {witness.url}\nquorum w\n")
        hour()
        first = PublishedHead.objects.get()
        witness.add_log(log_signer(first.log.origin).verifier)
        ask_witnesses()
        lost = report(account="@kenanga:localhost")
        hour()
        assert ask_witnesses() == 1
        lost_proof, published = receipts.receipt_proof(lost.report_id), (folder / "1/checkpoint").read_bytes()

        # The database is set back to the first head, as an old dump would.
        by_the_owner(
            f"DELETE FROM records_headcosignature WHERE head_id <> {first.pk}",
            f"DELETE FROM records_publishedhead WHERE id <> {first.pk}",
            f"DELETE FROM records_ledgercheckpoint WHERE size > {first.last_seq}",
            f"DELETE FROM records_ledgerentry WHERE seq > {first.last_seq} OR seq IS NULL",
        )
        with pytest.raises(FolderAhead):
            publish()
        assert ask_witnesses() == 0  # the witness has seen more
        assert [problem.english() for problem in verify_published()] != []
        assert verify_published([published]) != []

        epochs.begin_epoch("sari", "Cakram rusak.", actor=CLI)
        assert publish() == 1
        log = PublishedLog.objects.get(number=2)
        assert log.origin.endswith("/ledger/2")
        begun = LedgerEntry.objects.get(seq=log.first_seq)
        assert begun.payload["previous"] == published.decode()
        assert parse_proof(proof_of(begun)).index == 0
        assert (folder / "1/checkpoint").read_bytes() == published
        witness.add_log(log_signer(log.origin).verifier)
        assert ask_witnesses() == 1
    assert verify_published() == []
    assert verify_published([published, (folder / "2/checkpoint").read_bytes()]) == []
    with pytest.raises(PromiseLost):
        check_receipt(lost.ledger_promise)
    (gone,) = lost_promises()
    # Here the numbers were not set back with the rows, as they are in a dump.
    assert read_promise(lost.ledger_promise).entry_id < gone.entry_numbers[0] < gone.entry_numbers[1]
    assert gone.entries > 0
    assert f"numbers from {gone.entry_numbers[0]} to" in CliRunner().invoke(lost_command).output
    assert see_published_ledger(actor=Actor("person:1", 1, roles=frozenset({Role.AUDITOR}))).lost == (gone,)
    policy = parse_policy(policy_file())
    assert check_opened_proof(parse_proof(lost_proof), policy).head.origin.endswith("/ledger/1")
    assert check_receipt(kept.ledger_promise)
