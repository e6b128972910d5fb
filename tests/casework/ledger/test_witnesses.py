"""Witnesses cosign the heads: `jaga witness` whole, Debian's litewitness as far as its build goes."""

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from django.test import Client
from tests.casework.ledger.conftest import Hour, by_the_owner
from tests.casework.ledger.test_proofs import program
from tests.casework.ledger.witness_servers import RunningWitness, litewitness, own_witness
from tests.factories import World, report
from tests.ledger.tlog.published import LOG

from jaga.app.commands.witness import witness as witness_command
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.notes import NoteSigner
from jaga.ledger.tlog.policy import TreeHead, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader
from jaga.ledger.tlog.witness import format_request
from jaga.proofs import jobs as ledger_witnesses
from jaga.proofs.jobs import ask_witnesses
from jaga.proofs.reads import see_published_ledger
from jaga.proofs.verbs.publishing import current_log, log_signer, policy_file
from jaga.proofs.verbs.verification import verify_published
from jaga.reporting.verbs import intake as receipts
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import HeadCosignature, PublishedHead
from jaga.store.reads import is_witnessing_late


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_witnesses, "_LEDGER_WITNESSES_FIRST_PAUSE", 0.0)
    ledger_witnesses._PAUSES.clear()


@pytest.fixture
def witness() -> Iterator[RunningWitness]:
    """A running witness that does not know the log yet."""
    with own_witness() as running:
        yield running


def trust(settings: Any, witness: RunningWitness, quorum: str = "w") -> None:
    """Let the installation ask this witness."""
    lines = f"witness w {witness.key.vkey} {witness.url}/\nquorum {quorum}\n"
    Path(settings.JAGA_LEDGER_WITNESSES).write_text(lines)


def head_row() -> PublishedHead:
    """The newest head."""
    return PublishedHead.objects.order_by("-size")[0]


def test_heads_are_cosigned_and_a_fork_never_is(
    world: World,
    client: Client,
    folder: Path,
    settings: Any,
    hour: Hour,
    witness: RunningWitness,
    passing: Callable[[timedelta], None],
) -> None:
    """Witnessed after the quorum, also when heads were missed; a rollback, a fork and a wrong proof are refused."""
    trust(settings, witness)
    hour()
    assert ask_witnesses() == 0  # it does not know this log
    assert head_row().witnessed_at is None
    passing(timedelta(minutes=31))
    assert is_witnessing_late()
    assert client.get("/health/ready").json()["late_witnesses"]
    log = current_log()
    assert log is not None
    signer = log_signer(log.origin)
    witness.add_log(signer.verifier)
    assert ask_witnesses() == 1
    assert ask_witnesses() == 0  # nothing new
    assert not is_witnessing_late()
    sent = report()
    link_entries()
    hour()
    hour()
    assert ask_witnesses() == 1
    assert HeadCosignature.objects.count() == 2
    newest = head_row()
    assert newest.witnessed_at is not None
    assert (folder / "1/checkpoint").read_bytes().count("— ".encode()) == 2
    foreign = program()
    lines = foreign.verify(receipts.receipt_proof(sent.report_id), foreign.Policy(policy_file()))
    assert lines[1].startswith("cosigned by w at ")
    size, root = newest.size, bytes.fromhex(newest.root)

    def post(head: TreeHead, old: int, *proof: bytes) -> tuple[int, bytes]:
        body = format_request(old, proof, sign_checkpoint(head, signer))
        answer = httpx.post(f"{witness.url}/add-checkpoint", content=body)
        return answer.status_code, answer.content.strip()

    fork = TreeHead(log.origin, size, bytes(32))
    assert post(fork, size)[0] in (409, 422)
    assert post(TreeHead(log.origin, size + 256, bytes(32)), size, bytes(32))[0] == 422
    assert post(TreeHead(log.origin, 256, bytes(32)), 256) == (409, str(size).encode())
    assert post(TreeHead(log.origin, 512, bytes(32)), 0) == (409, str(size).encode())
    assert post(TreeHead(log.origin, size, root), size)[0] == 200  # the same head again
    assert httpx.post(f"{witness.url}/add-checkpoint", content=b"old 0\n").status_code == 400
    assert httpx.get(f"{witness.url}/add-checkpoint").status_code == 405
    for length in ("99999999999", "000000000099999999999"):  # the second begins like a small number
        lying = HTTPConnection(witness.url.removeprefix("http://"), timeout=5)
        lying.request("POST", "/add-checkpoint", b"x", {"Content-Length": length})
        assert lying.getresponse().status == 413
        lying.close()

    auditor = Actor("person:1", 1, roles=frozenset({Role.AUDITOR}))
    seen = see_published_ledger(actor=auditor)
    assert (seen.witnessed_size, seen.quorum, seen.needed, seen.members) == (size, "w", 1, 1)
    assert [(one.name, one.size) for one in seen.witnesses] == [(witness.key.name, size)]
    assert not verify_published()
    by_the_owner("DELETE FROM records_headcosignature")  # the heads still count as witnessed
    assert {"cosignatures are missing" in problem.english() for problem in verify_published()} == {True}

    # The database loses the cosignatures: the witness names its size, and the proof begins there.
    by_the_owner("UPDATE records_publishedhead SET witnessed_at = NULL")
    assert ask_witnesses() == 1
    assert head_row().witnessed_at is not None


def test_debians_litewitness_reads_our_requests_and_checks_our_proofs(
    world: World, folder: Path, settings: Any, hour: Hour
) -> None:
    """It knows the log by its key, names its size, refuses a wrong proof, and finds nothing wrong with ours.

    Debian's build of 0.4.3 crashes where it would store the head that it has checked
    (`reflect.Value.Bytes of unaddressable byte array`), so it never cosigns. That it comes so far is what is tested:
    the connection ends without an answer, and only then.
    """
    with litewitness() as witness:
        trust(settings, witness)
        hour()
        hour()
        earlier, newest = PublishedHead.objects.order_by("size")
        log = current_log()
        assert log is not None
        signer = log_signer(log.origin)
        tree = TreeReader(newest.size, LogFolder(folder / "1").read)
        proof, good = tree.consistency_proof(earlier.size), TreeHead(log.origin, newest.size, tree.root)

        def post(head: TreeHead, old: int, proof: tuple[bytes, ...], key: NoteSigner = signer) -> int | bytes:
            body = format_request(old, proof, sign_checkpoint(head, key))
            answer = httpx.post(f"{witness.url}/add-checkpoint", content=body)
            return answer.content.strip() if answer.status_code == 409 else answer.status_code

        assert post(good, 0, ()) == 403
        witness.add_log(signer.verifier)
        assert post(good, 0, (), replace(signer, seed=bytes(32))) == 403
        assert post(good, earlier.size, proof) == b"0"
        with closing(sqlite3.connect(witness.folder / "witness.db")) as database, database:
            database.execute(
                "UPDATE log SET tree_size = ?, tree_hash = ?",
                (earlier.size, b64encode(bytes.fromhex(earlier.root)).decode()),
            )
        assert post(good, 0, ()) == str(earlier.size).encode()
        assert post(good, earlier.size, (bytes(32), *proof[1:])) == 422
        assert post(replace(good, root=bytes(32)), earlier.size, proof) == 422
        with pytest.raises(httpx.RemoteProtocolError):
            post(good, earlier.size, proof)
        assert ask_witnesses() == 0


def test_an_answer_that_is_no_cosignature_counts_for_nothing(
    world: World, settings: Any, hour: Hour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature by another key, of another text, a page of a proxy, a redirect, or silence."""
    with own_witness() as witness:
        trust(settings, witness)
        hour()
        line = f"— {witness.key.name} {b64encode(witness.key.key_id + bytes(72)).decode()}\n".encode()
        answers = [
            (200, "text/plain", line),
            (200, "text/html", b"<p>hello"),
            (200, "text/plain", b""),
            (302, "", b""),
            (409, "text/x.tlog.size", b"9" * 40),
            (409, "text/x.tlog.size", b"512"),
            (500, "", b""),
        ]
        for answer in answers:
            monkeypatch.setattr(ledger_witnesses, "_post_of_ledger_witnesses", lambda url, body, answer=answer: answer)
            ledger_witnesses._PAUSES.clear()
            assert ask_witnesses() == 0
        monkeypatch.undo()
    assert not HeadCosignature.objects.exists()


def test_the_command_makes_a_witness_in_a_folder(tmp_path: Path) -> None:
    """Once; a second key would be another witness. A folder without one and a wrong key are refused."""

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(witness_command, [*words, "--folder", str(tmp_path / "w")])
        return done.exit_code, done.output or type(done.exception).__name__

    assert run("key") == (1, "NoWitness")
    status, key = run("create", "witness.example/w")
    assert (status, key[:18]) == (0, "witness.example/w+")
    assert run("create", "witness.example/w") == (1, "WitnessExists")
    assert run("key") == (0, key)
    assert run("add-log", key.strip()) == (1, "BadKey")
    assert run("add-log", LOG.verifier.vkey)[0] == 0
    assert run("add-log", LOG.verifier.vkey)[0] == 0
    assert run("logs")[1].split() == ["0", LOG.verifier.vkey]
    assert (tmp_path / "w/key").stat().st_mode & 0o777 == 0o600
