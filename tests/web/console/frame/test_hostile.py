"""What a signed-in person could try: bypass a clearance or the second person, or cause a lasting server error."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.casework.operator_world import handed_over, make_operator
from tests.factories import FACTS, World, decided_closure, in_review, new_request, the_action, vote
from tests.web.console.conftest import Staff

from jaga.actions.verbs import attempts
from jaga.appeals.models import Disclosure
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.terms.cases import DecisionKind, OutcomeKind
from jaga.core.terms.people import Clearance, Role
from jaga.people.models import FactorExemption
from jaga.people.verbs.trusted_flaggers import end_clearance
from jaga.queue.models import Draft, PersonClearance
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]
VICTIM, WHY = "@korban:localhost", "Sudah dilihat satu per satu."


def closed(case_id: int) -> int:
    """Turn the case into one for cleared people only."""
    Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    return case_id


def without_clearance(actor: Actor) -> Actor:
    """The same person after the clearance has ended."""
    for number in PersonClearance.objects.filter(person_id=actor.person_id).values_list("pk", flat=True):
        end_clearance(number, "Pindah tugas.", actor=CLI)
    return actor


@pytest.mark.parametrize("days", ["999999999999999999", "3000000", "1000000"])
def test_a_length_that_no_calendar_holds_neither_breaks_the_preview_nor_stays_in_a_draft(
    world: World, browser_of: Open, days: str
) -> None:
    """A draft with such a duration would have broken its owner's case page for a week."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    address = f"/console/cases/K{case_id:06d}/"
    client.post(f"{address}take/")
    sent = {"kind": "restrict", "legal_basis": "kuhp_407", "facts": FACTS, "restrict_days": days}
    assert client.post(f"{address}preview/", sent).status_code == 200
    assert client.post(f"{address}decide/", {**sent, "step": "preview"}).status_code == 200
    assert client.post(f"{address}draft/", sent).status_code == 204
    assert Draft.objects.count() == 1
    assert client.get(address).status_code == 200


def test_a_supervisor_exports_no_case_that_they_may_not_see(world: World, browser_of: Open) -> None:
    """The list does not show the request; sending its number anyway gets 404, and nothing is exported."""
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    closed(filed.case_id)
    number = AuthorityRequest.objects.get(report_id=filed.report_id).pk
    client = browser_of(without_clearance(world.supervisor))
    assert client.post("/console/exports/", {"request": number}).status_code == 404
    assert not Disclosure.objects.exists()


def test_lists_of_work_name_no_account_of_a_victim_first_case(world: World, browser_of: Open) -> None:
    """Stuck actions and appeals give the case number; the case page names the account and records the read."""
    case_id = in_review(account=VICTIM)
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer)
    made = Decision.objects.get(case_id=case_id)
    appeals.file_appeal(appeal_code(made.pk), "Itu bukan saya.", actor=HOLDER)
    attempts.mark_stuck(the_action(case_id).pk, OutcomeKind.REFUSED, actor=SYSTEM)
    client, name = browser_of(world.supervisor), VICTIM.encode()
    for address in ("/console/stuck/", "/console/appeals/"):
        page = client.get(address).content
        assert f"K{case_id:06d}".encode() in page, address
        assert name not in page, address


def test_notices_to_operators_are_listed_without_a_victims_account(world: World, browser_of: Open) -> None:
    """Jaga's own list hides the account; the operator's contacts need it and see only their own notices."""
    operator = make_operator()
    case_id = in_review(platform=operator.platform, account="korban-77")
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer)
    number = handed_over(the_action(case_id).pk).number
    page = browser_of(world.supervisor).get("/console/operator-notices/").content.decode()
    assert (number in page, "korban-77" in page) == (True, False)
    assert "korban-77" in browser_of(operator.contact).get("/console/notices/").content.decode()


def test_own_votes_on_cases_that_were_closed_since_are_not_listed(world: World, browser_of: Open) -> None:
    """When a clearance ends, the person's votes on those cases are hidden too."""
    case_id = in_review(account="@tertutup:localhost")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    client = browser_of(without_clearance(world.reviewers[0]))
    assert "@tertutup:localhost" in client.get("/console/votes/").content.decode()
    closed(case_id)
    assert "@tertutup:localhost" not in client.get("/console/votes/").content.decode()


def test_whoever_took_part_in_an_earlier_round_does_not_undo_what_others_agreed_on(
    world: World, browser_of: Open, settings: Any
) -> None:
    """A withdrawn vote gives no right to undo; otherwise one person could delay a closure for ever."""
    settings.UNDO_WINDOW_SECONDS = None
    case_id, first = decided_closure(world), browser_of(world.reviewers[0])
    address = f"/console/cases/K{case_id:06d}/undo/"
    assert first.post(address, {"reason": "mistake"}).status_code == 302
    for actor in (world.reviewers[1], world.reviewers[2]):
        vote(case_id, DecisionKind.CLOSE, actor)
    assert first.post(address, {"reason": "mistake"}).status_code == 403
    assert Case.objects.get(pk=case_id).state == CaseState.COMMITTING


def test_signing_in_twice_goes_round_in_no_circle(world: World, browser_of: Open) -> None:
    """The sign-in page as `next` does not cause a redirect loop for a signed-in person."""
    answer = browser_of(world.reviewers[0]).get("/console/sign-in/?next=/console/sign-in/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/queue/")


def test_an_unknown_act_on_a_colleague_demands_nothing(world: World, staff: Staff, browser_of: Open) -> None:
    """An unknown value is refused and does not count as one of the three actions."""
    address = f"/console/roster/own/{world.reviewers[0].person_id}/"
    client = browser_of(staff.by_role[Role.ADMINISTRATOR])
    for sent in ({}, {"act": "x"}, {"act": "\x00"}):
        assert client.post(address, sent).status_code == 404
    assert not FactorExemption.objects.filter(person_id=world.reviewers[0].person_id).exists()
    assert client.post(address, {"act": "leave"}).status_code == 302


def test_an_alarm_address_that_no_column_holds_is_refused_beside_its_field(world: World, browser_of: Open) -> None:
    """Valid in form, but longer than an address may be (RFC 5321: 254 characters)."""
    long = "a@" + ".".join(["b" * 60] * 5) + ".id"
    client = browser_of(world.supervisor)
    assert client.post("/console/alarms/address/", {"email": long}).status_code == 422
