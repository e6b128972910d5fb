"""Held requests: a release needs a call-back; before it an emergency can only preserve evidence."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from tests.factories import ACCOUNT, CATEGORY, World, ballot, elements_for, new_request, report, rows, vote, wait_for

from jaga.authorities.models import EmergencyHold, HeldRequest, Order
from jaga.authorities.verbs import held_requests
from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.held_requests import Arrived
from jaga.authorities.verbs.validation import NewOrder
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import HeldReason, HeldState
from jaga.core.terms.people import OrganisationKind
from jaga.people.verbs.api_keys import KeyInUse, register_key_by_call_back, register_signing_key
from jaga.queue.verbs.leases import release_lease
from jaga.reporting.verbs import mailbox
from jaga.signals.verbs import triage

CALL = "Kantor pusat, nomor dari buku alamat resmi: mereka membenarkan."


def asks(**changes: Any) -> NewOrder:
    return requests.as_order(new_request(**changes))


def held(world: World, reason: HeldReason = HeldReason.NOT_SIGNED, officer: Actor | None = None) -> int:
    body = json.dumps({"letter_number": "B/17/2026"}).encode()
    arrived = Arrived("requests", body, claimed={"letter_number": "B/17/2026"}, network="192.0.2.0/24")
    who = officer or world.officer
    number = held_requests.hold_request(arrived, reason, officer_id=who.person_id, actor=who)
    return int(number[1:])


def test_only_supervisors_decide_and_only_after_a_call(world: World) -> None:
    """Without a call there is no release; a reviewer and the officer are refused; a refusal stores nothing."""
    number = held(world)
    before = rows()
    for actor in (world.reviewers[0], world.officer, SYSTEM):
        with pytest.raises(NotPermitted):
            held_requests.record_held_call(number, CALL, actor=actor)
        with pytest.raises(NotPermitted):
            held_requests.release(number, asks(), "budi", actor=actor)
        with pytest.raises(NotPermitted):
            held_requests.reject(number, "Palsu.", actor=actor)
    with pytest.raises(held_requests.NotCalledBack):
        held_requests.release(number, asks(), "budi", actor=world.supervisor)
    with pytest.raises(InvalidInput):
        held_requests.record_held_call(number, "  ", actor=world.supervisor)
    assert rows() == before
    held_requests.record_held_call(number, CALL, actor=world.supervisor)
    for name in ("nobody", "sinta", "dewi"):  # unknown, no officer, of another authority
        with pytest.raises(held_requests.NotInForce):
            held_requests.release(number, asks(), name, actor=world.supervisor)
    filed = held_requests.release(number, asks(), "budi", actor=world.supervisor)
    assert Order.objects.get(pk=filed.order_id).held_id == number
    with pytest.raises(held_requests.HeldDecided):
        held_requests.reject(number, "Palsu.", actor=world.supervisor)


def test_the_database_knows_that_a_release_rests_on_a_call(world: World) -> None:
    """The database enforces it: without the call no release, and a held request never changes."""
    number = held(world)
    for changes in (
        {"state": "released", "decided_by_id": world.supervisor.person_id, "decided_at": now()},
        {"reason": "stale_signature"},
        {"body_sha256": "0" * 64},
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            HeldRequest.objects.filter(pk=number).update(**changes)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        HeldRequest.objects.filter(pk=number).delete()


def test_a_replayed_number_can_be_released_as_a_second_letter(world: World) -> None:
    """The authority confirms both letters by telephone; their numbers stay distinguishable."""
    requests.file_request(new_request(), actor=world.officer)
    number = held(world, HeldReason.REPLAYED_NUMBER)
    held_requests.record_held_call(number, CALL, actor=world.supervisor)
    filed = held_requests.release(number, asks(letter=Upload(b"%PDF-1.4 corrected")), "budi", actor=world.supervisor)
    assert list(Order.objects.order_by("pk").values_list("copy", flat=True)) == [1, 2]
    assert Order.objects.get(pk=filed.order_id).letter_number == "B/17/2026"


def test_nobody_fills_the_disk_with_a_stolen_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes held for one officer are limited; others are not affected."""
    monkeypatch.setattr(held_requests, "MOST_BYTES_OF_AN_OFFICER", 1000)
    for number in range(10):
        held_requests.hold_request(
            Arrived("requests", b"%100d" % number),
            HeldReason.NOT_SIGNED,
            officer_id=world.officer.person_id,
            actor=world.officer,
        )
    with pytest.raises(held_requests.TooMuchHeld):
        held(world)
    assert held(world, officer=world.minister)


def test_a_basis_of_another_authority_is_never_released(world: World) -> None:
    """A call does not change the law, so it stays held."""
    number = held(world, HeldReason.WRONG_AGENCY, world.minister)
    held_requests.record_held_call(number, CALL, actor=world.supervisor)
    with pytest.raises(InvalidInput):
        held_requests.release(number, asks(legal_basis="kuhp_426_427"), "dewi", actor=world.supervisor)
    assert HeldRequest.objects.get().state == HeldState.HELD


def emergency(world: World) -> tuple[int, int]:
    number = held(world)
    case_id = held_requests.preserve_only(
        number, 1, asks(), "Akun bisa dihapus sebelum kami menelepon.", actor=world.supervisor
    )
    triage.triage_case(case_id, actor=SYSTEM)
    return number, case_id


def refused_kinds(world: World, case_id: int) -> None:
    for kind in (DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.REFER):
        with pytest.raises(InvalidInput) as refusal:
            vote(case_id, kind, world.reviewers[0])
        assert "kind" in {error.field for error in refusal.value.errors}
        release_lease(case_id, actor=world.reviewers[0])


def close_past_the_verb(world: World, case_id: int) -> None:
    voters = [one.person_id for one in world.reviewers[:2]]
    cast = {
        "kind": "close",
        "legal_basis": "kuhp_407",
        "ground": "illegal_content",
        "facts": "x" * 20,
        "policy_hash": "x",
    }
    subject = Case.objects.get(pk=case_id).subject
    for person in voters:
        Vote.objects.create(
            case_id=case_id,
            person_id=person,
            accounts=[subject.pk],
            cast_at=now(),
            elements=list(elements_for(CATEGORY, DecisionKind.CLOSE)),
            **cast,
        )
    wait_for(case_id)
    Decision.objects.create(
        case_id=case_id,
        subject=subject,
        decided_by_id=voters[0],
        seconded_by_id=voters[1],
        automated_detection=False,
        decided_at=now(),
        **cast,
    )


def test_an_emergency_can_only_preserve(world: World) -> None:
    """Enforced by the verb and the database; after the release the case is an ordinary one."""
    number, case_id = emergency(world)
    refused_kinds(world, case_id)
    with pytest.raises((IntegrityError, InternalError), match="only preserve"), transaction.atomic():
        close_past_the_verb(world, case_id)
    held_requests.record_held_call(number, CALL, actor=world.supervisor)
    filed = held_requests.release(number, asks(), "budi", actor=world.supervisor)
    assert filed.reports[0].case_id == case_id
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    assert set(Decision.objects.values_list("kind", flat=True)) == {"close"}


def test_an_emergency_can_preserve(world: World) -> None:
    """Existing content is preserved, by the votes of people as usual."""
    _, case_id = emergency(world)
    voted = vote(case_id, DecisionKind.PRESERVE, world.reviewers[0])
    if not voted.decision_ids:
        voted = vote(case_id, DecisionKind.PRESERVE, world.reviewers[1])
    assert set(Decision.objects.values_list("kind", flat=True)) == {"preserve"}


def test_the_limit_stays_where_nothing_else_supports_the_case(world: World) -> None:
    """After a rejection the case can only be dismissed; with a report of the public it is that report's case."""
    number, case_id = emergency(world)
    held_requests.reject(number, "Kantor tidak mengenal surat ini.", actor=world.supervisor)
    refused_kinds(world, case_id)
    taken_back = report(source="192.0.2.7", network="192.0.2.7")
    mailbox.withdraw_report(taken_back.report_id, "Keliru.", actor=PUBLIC)  # what was taken back supports nothing
    assert taken_back.case_id == case_id
    refused_kinds(world, case_id)
    with pytest.raises((IntegrityError, InternalError), match="only preserve"), transaction.atomic():
        close_past_the_verb(world, case_id)
    assert report().case_id == case_id
    assert ballot(case_id, DecisionKind.CLOSE)
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    assert Case.objects.get(pk=case_id).state == "second_vote"


def test_an_honest_case_is_never_limited(world: World) -> None:
    """If a case is already open, a forged letter cannot slow it down."""
    case_id = report().case_id
    with pytest.raises(held_requests.CaseThere):
        held_requests.preserve_only(held(world), 1, asks(), "Mendesak.", actor=world.supervisor)
    assert not EmergencyHold.objects.exists()
    assert Report.objects.get().case_id == case_id
    assert (Case.objects.get().subject.account_id, Case.objects.get().category) == (ACCOUNT, CATEGORY)


def test_where_the_policy_keeps_nothing_there_is_no_emergency(world: World) -> None:
    """A label allows no measure, even in an emergency."""
    with pytest.raises(held_requests.NothingToPreserve):
        held_requests.preserve_only(held(world), 1, asks(category="defamation"), "Mendesak.", actor=world.supervisor)


def test_a_signing_key_is_one_officers_public_half(world: World) -> None:
    """A private key is refused without repeating it, and so is somebody else's key; the administrator's way needs a
    call.
    """
    key = PrivateKey.generate()
    for text in ("", "whpk_", key.text(), "whsec_" + "A" * 32):
        with pytest.raises(InvalidInput) as refusal:
            register_signing_key(text, actor=world.officer)
        assert key.text() not in refusal.value.english()
    register_signing_key(key.public.text(), actor=world.officer)
    with pytest.raises(KeyInUse):
        register_signing_key(key.public.text(), actor=world.minister)
    for actor in (world.supervisor, world.reviewers[0], SYSTEM):
        with pytest.raises(NotPermitted):
            register_signing_key(PrivateKey.generate().public.text(), actor=actor)
    assert world.officer.person_id
    with pytest.raises(InvalidInput):
        register_key_by_call_back(world.officer.person_id, PrivateKey.generate().public.text(), " ", actor=CLI)
    assert register_key_by_call_back(world.officer.person_id, PrivateKey.generate().public.text(), CALL, actor=CLI)


def test_the_ministrys_basis_counts_by_kind(world: World) -> None:
    """Each kind of authority has its own bases; the ministry's letter becomes an order."""
    filed = requests.file_request(new_request(OrganisationKind.MINISTRY), actor=world.minister)
    assert Order.objects.get(requests__report_id=filed.report_id).form == "order"
