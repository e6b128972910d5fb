"""Sealed exports for the police: only on a formal request, only what the law allows, never who reported."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.factories import FACTS, PNG, World, decided_closure, in_review, new_request, report, rows, vote

from jaga.actions.verbs import attempts
from jaga.appeals.models import Disclosure
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.clock import now
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.platforms import Material
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.exchange.package import verify_package
from jaga.ledger.extract import check_extract
from jaga.privacy.verbs.erasure import carry_out_erasures, erase
from jaga.store.bound_rows import hash_in_sql
from jaga.store.kernel.ledger import signing_key
from jaga.store.kernel.row_verification import RowsDiffer, differing
from jaga.store.models import LedgerEntry, RowBinding

CANARY = "kenari-7731"


def asked(world: World, **changes: Any) -> int:
    filed = requests.file_request(new_request(wants_export=True, **changes), actor=world.officer)
    return AuthorityRequest.objects.get(report_id=filed.report_id).pk


def full_case(world: World, **changes: Any) -> int:
    """A decided case with a named reporter and preserved material, for which the police sent a request."""
    report(
        name=f"Ani {CANARY}",
        contact=f"{CANARY}@example.invalid",
        source=f"{CANARY}@example.invalid",
        screenshots=(Upload(PNG + b"of the reporter"),),
        good_faith=True,
    )
    case_id = decided_closure(world)
    task = attempts.open_tasks(case_id)[0]
    attempts.record_material(
        task.action_id,
        (
            Material("profile.json", "application/json", b'{"name":"Mawar"}'),
            Material("messages.json", "application/json", b'{"messages":["open BO"]}'),
        ),
        actor=SYSTEM,
    )
    return asked(world, **changes)


def content(folder: Path) -> bytes:
    """Everything in a folder, names included."""
    return b"\n".join(
        str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def problems(folder: Path) -> list[object]:
    return list(verify_package(folder, trusted_pem=signing_key().public_pem(), check_ledger=check_extract))


def test_an_export_verifies_and_stands_in_the_ledger(world: World) -> None:
    """The folder is complete and signed; its manifest's hash is the recorded one."""
    made = disclosures.make_export(full_case(world), actor=world.supervisor)
    assert problems(made.folder) == []
    row = Disclosure.objects.get()
    manifest = hashlib.sha256((made.folder / "manifest.json").read_bytes()).hexdigest()
    assert manifest == row.manifest_sha256 == made.manifest_sha256
    assert LedgerEntry.objects.get(verb="make_export").payload["manifest"] == manifest
    assert row.made_by_id == world.supervisor.person_id


def test_nothing_is_exported_that_was_changed_past_jaga(world: World) -> None:
    """Also where the entry was changed to fit: then its MAC is missing."""
    request = full_case(world)
    vote = Vote.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE records_vote DISABLE TRIGGER USER;"
            f" UPDATE records_vote SET policy_hash = repeat('0', 64) WHERE id = {vote.pk}"
        )
        with pytest.raises(RowsDiffer, match=f"row {vote.pk} of vote"):
            disclosures.make_export(request, actor=world.supervisor)
        binding = RowBinding.objects.get(part="vote", number=vote.pk)
        cursor.execute(
            "ALTER TABLE records_ledgerentry DISABLE TRIGGER USER;"
            f" UPDATE records_ledgerentry SET rows = jsonb_set(rows, ARRAY['{binding.place}'], to_jsonb(("
            f" SELECT {hash_in_sql('vote', 'v', 'b.salt')} FROM records_vote v JOIN records_rowbinding b"
            f" ON b.part = 'vote' AND b.number = v.id WHERE v.id = {vote.pk}))) WHERE id = {binding.entry}"
        )
    assert differing([("vote", vote.pk)]) == []
    with pytest.raises(RowsDiffer, match=f"row {vote.pk} of vote"):
        disclosures.make_export(request, actor=world.supervisor)


def test_one_changed_byte_is_found(world: World) -> None:
    """In every file of the folder."""
    folder = disclosures.make_export(full_case(world, court_order="12/Pen.Pid/2026"), actor=world.supervisor).folder
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert problems(folder), path.name
        path.write_bytes(whole)
    assert problems(folder) == []


def test_without_a_court_order_content_stays_here(world: World) -> None:
    """The manifest lists it by hash, with the article that requires the order (MR5 art. 36(4)-(5))."""
    made = disclosures.make_export(full_case(world), actor=world.supervisor)
    inside = content(made.folder)
    assert b"open BO" not in inside
    assert PNG not in inside
    assert made.withheld == 4  # the reporter's picture, the request's, profile, messages
    assert hashlib.sha256(b'{"name":"Mawar"}').hexdigest().encode() in inside
    assert b"36(4)" in inside


def test_with_a_court_order_content_goes_out(world: World) -> None:
    """The folder then contains the sealed originals, byte for byte."""
    made = disclosures.make_export(full_case(world, court_order="12/Pen.Pid/2026"), actor=world.supervisor)
    inside = content(made.folder)
    assert b'{"messages":["open BO"]}' in inside
    assert made.withheld == 0
    assert problems(made.folder) == []


def test_of_a_victim_first_case_nothing_but_hashes_goes_out(world: World) -> None:
    """Even with a court order, and the letter too."""
    case_id = in_review(category="trafficking")
    vote(case_id, DecisionKind.PRESERVE, world.reviewers[0])
    vote(case_id, DecisionKind.PRESERVE, world.reviewers[1])
    attempts.record_material(
        attempts.open_tasks(case_id)[0].action_id,
        (Material("profile.json", "application/json", b'{"name":"Rani"}'),),
        actor=SYSTEM,
    )
    request = asked(
        world,
        category="trafficking",
        legal_basis="kuhp_455",
        court_order="12/Pen.Pid/2026",
        letter=Upload(b"%PDF-1.7 surat"),
    )
    made = disclosures.make_export(request, actor=world.supervisor)
    inside = content(made.folder)
    assert b"Rani" not in inside
    assert b"surat" not in inside
    assert FACTS.encode() not in inside
    assert PNG not in inside
    assert made.withheld == 3
    assert problems(made.folder) == []


def test_what_was_erased_is_said_with_its_day_and_the_export_still_verifies(own_store: Path, world: World) -> None:
    """Also between the record of an erasure and the destruction of the key. Hashes stay, as in the ledger; no word."""
    request = full_case(world, court_order="12/Pen.Pid/2026")
    asking = AuthorityRequest.objects.get(pk=request).report
    first = Report.objects.order_by("pk")[0]
    case = first.in_case
    erase(reports=[first.pk, asking.pk], rule="request", actor=SYSTEM)
    for carry_out in (lambda: 0, carry_out_erasures):
        carry_out()
        made = disclosures.make_export(request, actor=world.supervisor)
        assert problems(made.folder) == []
        assert made.withheld == 3  # the reporter's picture, the request's, its letter
        inside, today = content(made.folder), f"{now():%Y-%m-%d}"
        assert PNG not in inside
        assert FACTS.encode() in inside
        assert inside.count(f"erased: hash only ({today})".encode()) == 3
    erase(cases=[case.pk], rule="request", actor=SYSTEM)
    carry_out_erasures()
    made = disclosures.make_export(request, actor=world.supervisor)
    assert problems(made.folder) == []
    assert FACTS.encode() not in content(made.folder)
    said = json.loads((made.folder / "evidence" / "cases.json").read_bytes())
    assert [one["facts"] for one in said["cases"][0]["decisions"]] == [None]
    assert [{**one, "at": one["at"][:10]} for one in said["erased"]] == [
        {"what": "case", "case": case.reference, "at": today},
        {"what": "appeal", "case": case.reference, "at": today},
        *({"what": "report", "case": one.in_case.reference, "report": one.pk, "at": today} for one in (first, asking)),
    ]


@pytest.mark.parametrize("court_order", ["", "12/Pen.Pid/2026"])
def test_who_reported_is_nowhere_in_it(world: World, court_order: str) -> None:
    """Neither name nor contact is in any file or file name."""
    made = disclosures.make_export(full_case(world, court_order=court_order), actor=world.supervisor)
    assert CANARY.encode() not in content(made.folder)


def test_only_a_formal_request_of_the_police_opens_a_case(world: World) -> None:
    """The ministry's order, and a request that does not ask for an export, are refused without a trace."""
    plain = requests.file_request(new_request(), actor=world.officer)
    order = requests.file_request(new_request(OrganisationKind.MINISTRY), actor=world.minister)
    AuthorityRequest.objects.filter(report_id=order.report_id).update(wants_export=True)  # filed before it was refused
    before = rows()
    for filed in (plain, order):
        with pytest.raises(disclosures.NothingAsked):
            disclosures.make_export(AuthorityRequest.objects.get(report_id=filed.report_id).pk, actor=world.supervisor)
    with pytest.raises(NotFound):
        disclosures.make_export(10**9, actor=world.supervisor)
    assert rows() == before


def test_a_sealed_vote_stays_sealed_in_an_export(world: World) -> None:
    """While a case waits for votes, neither the police nor the person who makes the export learns of a first vote."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    request = asked(world)
    made = disclosures.make_export(request, actor=world.supervisor)
    assert b"cast_vote" not in content(made.folder)
    assert problems(made.folder) == []
    vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    assert b"cast_vote" in content(disclosures.make_export(request, actor=world.supervisor).folder)


def test_only_a_supervisor_makes_an_export(world: World) -> None:
    """The officer who asked, a reviewer and a program are refused."""
    request = asked(world)
    before = rows()
    for actor in (world.officer, *world.reviewers, PUBLIC, SYSTEM, CLI):
        with pytest.raises(NotPermitted):
            disclosures.make_export(request, actor=actor)
    assert rows() == before
    disclosures.make_export(request, actor=world.supervisor)


def test_two_exports_lie_side_by_side(world: World) -> None:
    """Nothing that was handed over is overwritten, and both are recorded."""
    request = asked(world)
    folders = {disclosures.make_export(request, actor=world.supervisor).folder for _ in range(2)}
    assert len(folders) == 2
    assert Disclosure.objects.count() == 2
