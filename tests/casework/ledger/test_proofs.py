"""Proofs from the published log: of a receipt and of an export, checked by programs that share no code with Jaga."""

import importlib.util
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from tests.casework.authorities.test_disclosures import full_case
from tests.casework.ledger.conftest import Hour
from tests.docs.pages import ROOT
from tests.factories import World, report
from tests.ledger.tlog.go_programs import FOLDER, go_program
from tests.ledger.tlog.published import WITNESSES

from jaga.app.commands.export import verify as verify_export
from jaga.app.commands.receipt import verify as verify_receipt
from jaga.authorities.verbs import disclosures
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import NotFound
from jaga.ledger.checkpoints import MERGE_DELAY, read_promise
from jaga.ledger.receipt import ReceiptResult, check_receipt
from jaga.ledger.tlog.notes import DamagedTile
from jaga.ledger.tlog.policy import parse_policy
from jaga.ledger.tlog.tree import check_opened_proof, parse_proof
from jaga.proofs.verbs import publishing as proofs
from jaga.proofs.verbs.publishing import log_signer, policy_file, take_head, write_files
from jaga.reporting.verbs import intake as receipts
from jaga.store.kernel.ledger import append, signing_key
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry, PublishedLog


def program() -> Any:
    """The program for outsiders."""
    spec = importlib.util.spec_from_file_location("verify_proof", ROOT / "tools" / "verify_proof.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_receipt_is_proved_after_the_hour_by_three_programs(
    world: World, client: Client, tmp_path: Path, hour: Hour, pytestconfig: pytest.Config
) -> None:
    """A promise with its merge delay at once; then a proof that opens its own leaf, and no other."""
    hour()
    sent = report()
    link_entries()
    assert read_promise(sent.ledger_promise).delay == MERGE_DELAY.total_seconds()
    client.post("/follow/", {"receipt": sent.receipt})
    page = client.get("/follow/report/").content.decode()
    assert "receipt.tlog-proof" not in page
    assert client.get("/follow/report/receipt.tlog-proof")["Location"] == "/follow/report/"
    with pytest.raises(proofs.NotPublishedYet):
        receipts.receipt_proof(sent.report_id)
    by_program = Client(enforce_csrf_checks=True)
    waiting = by_program.post("/follow/proof.tlog-proof", {"receipt": sent.receipt})
    assert (waiting.status_code, waiting["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "belum siap" in waiting.content.decode()
    promise = client.get("/follow/report/receipt.txt").content
    assert check_receipt(promise, signing_key().public).verdict is ReceiptResult.PROMISED
    hour()
    assert "receipt.tlog-proof" in client.get("/follow/report/").content.decode()
    answer = client.get("/follow/report/receipt.tlog-proof")
    assert answer["Content-Disposition"] == 'attachment; filename="jaga-receipt.tlog-proof"'
    proof, policy = answer.content, client.get("/key/jaga-policy.txt").content
    assert policy == policy_file()
    assert by_program.post("/follow/proof.tlog-proof", {"receipt": sent.receipt}).content == proof
    wrong = [by_program.post("/follow/proof.tlog-proof", {"receipt": one}).status_code for one in ("1" * 16, "2", "")]
    assert wrong == [404] * 3
    assert by_program.get("/follow/proof.tlog-proof").status_code == 405
    entry = json.loads(parse_proof(proof).extra[32:])  # type: ignore[index]
    assert (entry["id"], entry["payload"]["report"]) == (read_promise(sent.ledger_promise).entry_id, sent.report_id)
    assert check_opened_proof(parse_proof(proof), parse_policy(policy)).head.size == 512

    foreign = program()
    lines = foreign.verify(proof, foreign.Policy(policy))
    assert f'"report":{sent.report_id}' in lines[-1]
    verifier = log_signer(PublishedLog.objects.get().origin).verifier.vkey
    go = go_program("verify_proof", pytestconfig)
    done = subprocess.run([go, verifier], input=proof, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, entry), done.stderr
    assert len((FOLDER / "verify_proof.go").read_text().splitlines()) < 60
    at = proof.index(b"\nindex ") - 30
    forged = proof[:at] + (b"A" if proof[at : at + 1] != b"A" else b"B") + proof[at + 1 :]
    assert subprocess.run([go, verifier], input=forged, capture_output=True, check=False).returncode == 1

    (tmp_path / "a.tlog-proof").write_bytes(proof)
    (tmp_path / "policy").write_bytes(policy)
    found = CliRunner().invoke(verify_receipt, [str(tmp_path / "a.tlog-proof"), "--policy", str(tmp_path / "policy")])
    assert (found.exit_code, found.output[:6]) == (0, "valid:")
    (tmp_path / "a.tlog-proof").write_bytes(forged)
    found = CliRunner().invoke(verify_receipt, [str(tmp_path / "a.tlog-proof"), "--policy", str(tmp_path / "policy")])
    assert (found.exit_code, found.output[:8]) == (5, "changed:")
    assert CliRunner().invoke(verify_receipt, [str(tmp_path / "a.tlog-proof")]).exit_code == 2


def test_every_position_is_computed_again(world: World, folder: Path, hour: Hour) -> None:
    """Each entry of several hours has a proof; one from before the log has none, and a damaged file makes none."""
    report()
    link_entries()
    before = LedgerEntry.objects.count()
    hour()
    for count in (3, 0, 300):
        for _ in range(count):
            append("record_keys", {"names": []}, actor=SYSTEM, case_id=None)
        link_entries()
        hour()
    policy, indexes = parse_policy(policy_file()), []
    entries = LedgerEntry.objects.order_by("seq")
    for row in [*entries[: before + 8], *entries[before + 250 :]]:
        if (row.seq or 0) <= before:
            with pytest.raises(proofs.NotPublishedYet):
                proofs.proof_of(row)
        else:
            proof = parse_proof(proofs.proof_of(row))
            assert json.loads((proof.extra or b"")[32:])["id"] == row.pk
            check_opened_proof(proof, policy)
            indexes.append(proof.index)
    assert indexes[:4] == [0, 256, 257, 258]
    assert len(indexes) == len(set(indexes)) > 50
    (folder / "1/tile/0/001").write_bytes(bytes(8192))
    proofs._readers.clear()  # as a process that starts: another one has the tile in memory, and makes right proofs
    with pytest.raises(DamagedTile):
        proofs.proof_of(entries[before + 1])
    with pytest.raises(NotFound):
        receipts.receipt_proof(10**12)


def test_between_the_signed_head_and_its_files_nothing_is_proved_or_missing(
    world: World, client: Client, folder: Path, hour: Hour
) -> None:
    """The worker signs a head, then writes its files: meanwhile a proof is not ready, and no page names lost files."""
    hour()
    sent = report()
    link_entries()
    with frozen(now() + timedelta(hours=1)):
        assert take_head() is not None
        with pytest.raises(proofs.NotPublishedYet):
            receipts.receipt_proof(sent.report_id)
        client.post("/follow/", {"receipt": sent.receipt})
        assert "receipt.tlog-proof" not in client.get("/follow/report/").content.decode()
        assert write_files() == 1
        assert receipts.receipt_proof(sent.report_id)


def test_an_export_has_proofs_of_what_is_published(world: World, tmp_path: Path, hour: Hour, settings: Any) -> None:
    """With the policy; `jaga export verify` checks each, and a changed one is found."""
    settings.HOME = tmp_path
    hour()
    request = full_case(world)
    hour()
    made = disclosures.make_export(request, actor=world.supervisor)
    files = sorted((made.folder / "proofs").iterdir())
    published = {entry["entry"]["id"] for entry in json.loads((made.folder / "ledger.json").read_bytes())["entries"]}
    assert {int(file.stem) for file in files} == published - {LedgerEntry.objects.get(verb="begin_export").pk}
    assert (made.folder / "ledger-policy.txt").read_bytes() == policy_file()
    foreign = program()
    policy = foreign.Policy(policy_file())
    assert all(foreign.verify(file.read_bytes(), policy) for file in files)
    (tmp_path / "key.pem").write_bytes(signing_key().public_pem())
    found = CliRunner().invoke(verify_export, [str(made.folder), "--key", str(tmp_path / "key.pem")])
    assert (found.exit_code, found.output.splitlines()[0]) == (0, f"{len(files)} entries are in the published log.")
    witness = b"witness w " + WITNESSES[0].verifier.vkey.encode()
    (tmp_path / "other").write_bytes(policy_file().replace(b"quorum none", witness + b"\nquorum w"))
    found = CliRunner().invoke(verify_export, [str(made.folder), "--policy", str(tmp_path / "other")])
    assert found.exit_code == 1
    assert "Too few witnesses" in found.output
