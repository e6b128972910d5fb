"""Filing a request and following it."""

from base64 import b64encode
from datetime import date, timedelta

import pytest
from tests.factories import elements_for
from tests.web.api.conftest import PDF, PNG, Caller, World, complete, fitting_basis

from jaga.actions.verbs.attempts import open_tasks, start_attempt
from jaga.actions.verbs.verification import record_verification
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import AuthorityRequest, Evidence, Report
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.platforms import AccountObservation, RouteObservation
from jaga.core.terms.cases import AccountState, DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Danger
from jaga.decisions.verbs.voting import Ballot, cast_vote
from jaga.people.models import Person
from jaga.queue.verbs.leases import take_lease
from jaga.referrals.models import Referral
from jaga.referrals.verbs.referrals import NewReferral, address_referral
from jaga.referrals.verbs.replies import send_referral
from jaga.signals.verbs.triage import triage_case
from jaga.store.models import LedgerEntry

REQUIRED = ["letter_number", "letter_date", "legal_basis", "legal_analysis", "locator", "screenshots", "letter"]


def _refused(answer: object) -> dict[str, str]:
    assert answer.status_code == 422, answer.content  # type: ignore[attr-defined]
    return {error["field"]: error["code"] for error in answer.json()["errors"]}  # type: ignore[attr-defined]


def test_a_complete_request_is_acknowledged(world: World) -> None:
    """The request, its sealed originals, the ledger entry and the promise exist, and the answer says where to follow
    it.
    """
    answer = world.police.post("/requests", complete())
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["form"] == "request"
    assert len(body["receipt"]) == 16
    assert body["ledger_promise"]
    assert answer["Cache-Control"] == "no-store"
    assert answer["Location"] == f"/api/v1/requests/{body['report_id']}"
    assert {row.size for row in Evidence.objects.all()} == {len(PNG), len(PDF)}
    assert LedgerEntry.objects.filter(verb="file_request").count() == 1
    assert world.police.get(f"/requests/{body['report_id']}").json()["letter_number"] == "B/17/2026"


def test_the_ministrys_request_is_an_order(world: World) -> None:
    """MR5 art. 15(4), 16(5): the minister gives orders."""
    basis = fitting_basis(OrganisationKind.MINISTRY)
    assert world.ministry.post("/requests", complete(legal_basis=basis)).json()["form"] == "order"


def test_practice_organisations_are_marked(world: World) -> None:
    """An invented authority's request must not be taken for a real one."""
    body = world.police.post("/requests", complete()).json()
    assert body["organisation"] == {"name": "Latihan police", "practice": True}
    assert world.police.get("/requests").json()["items"][0]["organisation"]["practice"] is True
    assert world.police.get("/platforms").json()["items"][0]["practice"] is True


def test_a_police_request_without_legal_analysis_is_refused(world: World) -> None:
    """Journey (c), MR5 art. 16(4): the refusal names the field in the officer's language, and nothing is stored."""
    body = complete()
    del body["legal_analysis"]
    answer = world.police.post("/requests", body)
    assert _refused(answer) == {"legal_analysis": "missing"}
    assert answer["Content-Language"] == "id"
    assert not Report.objects.exists()
    assert world.police.post("/requests", complete()).status_code == 201


@pytest.mark.parametrize("absent", ["left out", None, "empty"])
@pytest.mark.parametrize("field", REQUIRED)
def test_each_required_field_is_refused_by_name(world: World, field: str, absent: str | None) -> None:
    """A missing, null or empty field gets the same refusal."""
    body = complete()
    if absent == "left out":
        del body[field]
    else:
        empty = [] if field == "screenshots" else None if field in ("letter_date", "letter") else "  "
        body[field] = None if absent is None else empty
    assert _refused(world.police.post("/requests", body)) == {field: "missing"}
    assert not AuthorityRequest.objects.exists()


def test_all_missing_fields_stand_in_one_answer(world: World) -> None:
    """An officer corrects a letter once, not nine times."""
    refused = _refused(world.police.post("/requests", {}))
    assert set(refused) == {*REQUIRED, "platform", "category"}


def test_unreadable_and_missing_fields_stand_in_one_answer(world: World) -> None:
    """Unreadable and missing fields are named in the same answer."""
    body = complete(text=5, letter_date="1/2/2026", screenshots=["?"], colour="red", urgent="yes")
    del body["locator"], body["legal_analysis"]
    assert _refused(world.police.post("/requests", body)) == {
        "text": "wrong_type",
        "letter_date": "not_a_day",
        "screenshots": "not_base64",
        "colour": "unknown_field",
        "urgent": "wrong_type",
        "locator": "missing",
        "legal_analysis": "missing",
    }


def test_the_legal_basis_is_chosen_by_the_day_of_the_conduct(world: World) -> None:
    """UU ITE 27(1) until 1 January 2026, KUHP 407 from the next day."""
    last, first = date(2026, 1, 1), date(2026, 1, 2)
    for basis, day, fits in [
        ("uu_ite_27_1", last, True),
        ("uu_ite_27_1", first, False),
        ("kuhp_407", last, False),
        ("kuhp_407", first, True),
    ]:
        body = complete(legal_basis=basis, conduct_on=day.isoformat(), letter_number=f"B/{basis}/{day}")
        answer = world.police.post("/requests", body)
        assert answer.status_code == (201 if fits else 422)
        if not fits:
            assert _refused(answer) == {"legal_basis": "does_not_fit"}
        listed = world.police.get(f"/legal-bases?category=prostitution_advertising&on={day}").json()["items"]
        assert (basis in {known["key"] for known in listed}) is fits


def test_a_letters_number_is_used_once(world: World) -> None:
    """A repeat gets a conflict and stores nothing twice."""
    assert world.police.post("/requests", complete()).status_code == 201
    answer = world.police.post("/requests", complete())
    assert (answer.status_code, answer.json()["code"]) == (409, "request_repeated")
    assert Report.objects.count() == 1


def test_urgent_needs_the_law_and_a_reason(world: World) -> None:
    """Marking a request urgent needs a legal basis and a reason."""
    refused = _refused(world.police.post("/requests", complete(urgent=True)))
    assert refused["urgent_reason"] == "missing"


def test_another_officers_request_does_not_exist(world: World) -> None:
    """Also for a colleague of the same police; numbers reveal nothing."""
    number = world.police.post("/requests", complete()).json()["report_id"]
    assert world.police.get(f"/requests/{number}").status_code == 200
    for other in (world.colleague, world.ministry):
        assert other.get(f"/requests/{number}").json() == other.get("/requests/999999").json()
        assert other.get(f"/requests/{number}").status_code == 404
        assert other.get("/requests").json()["items"] == []


def test_the_list_goes_page_by_page(world: World) -> None:
    """Every request is shown once, newest first, also when new ones arrive in between."""
    numbers = [world.police.post("/requests", complete(letter_number=f"B/{n}")).json()["report_id"] for n in range(5)]
    seen: list[int] = []
    following: str | None = ""
    while following is not None:
        page = world.police.get(f"/requests?limit=2{f'&cursor={following}' if following else ''}").json()
        seen += [request["report_id"] for request in page["items"]]
        following = page["next"]
        world.police.post("/requests", complete(letter_number=f"B/later/{len(seen)}"))
    assert seen == numbers[::-1]


def _vote(world: World, case_id: int, kind: DecisionKind, people: int) -> None:
    ballot = Ballot(
        kind,
        fitting_basis(),
        "Iklan jasa terlihat di ruang umum.",
        elements=elements_for(Case.objects.get(pk=case_id).category, kind),
    )
    for reviewer in world.reviewers[:people]:
        lease = take_lease(case_id, actor=reviewer)
        cast_vote(case_id, lease.fence, ballot, actor=reviewer)


def _state(caller: Caller, number: int) -> tuple[str, object]:
    body = caller.get(f"/requests/{number}").json()
    return body["state"]["term"], body["outcome"]


def test_an_officer_follows_a_request_to_its_verified_outcome(world: World) -> None:
    """State by state; a sealed first vote stays hidden; "closed" is not called verified before a check confirmed it."""
    number = world.police.post("/requests", complete()).json()["report_id"]
    case = Case.objects.get()
    assert _state(world.police, number) == ("received", None)
    triage_case(case.pk, actor=SYSTEM)
    assert _state(world.police, number) == ("in_review", None)
    _vote(world, case.pk, DecisionKind.CLOSE, 1)
    assert Case.objects.get().state == "second_vote"
    assert _state(world.police, number) == ("in_review", None)
    lease = take_lease(case.pk, actor=world.reviewers[1])
    found = elements_for(case.category, DecisionKind.CLOSE)
    cast_vote(
        case.pk,
        lease.fence,
        Ballot(DecisionKind.CLOSE, fitting_basis(), "Iklan jasa di ruang umum.", elements=found),
        actor=world.reviewers[1],
    )
    state, outcome = _state(world.police, number)
    assert (state, outcome["decision"], outcome["verified"]) == ("acting", "close", False)  # type: ignore[index]
    (task,) = open_tasks(case.pk)
    start_attempt(task.action_id, actor=SYSTEM)
    closed = AccountObservation(AccountState.CLOSED, (RouteObservation("admin", "deactivated"),), now())
    record_verification(task.action_id, closed, actor=SYSTEM)
    body = world.police.get(f"/requests/{number}").json()
    assert body["state"]["term"] == "resolved"
    assert body["outcome"]["verified"] is True
    assert body["outcome"]["words"] == {"id": "akun ditutup", "en": "account closed"}
    assert [letter["key"] for letter in body["letters"]] == ["officer_decision"]


def test_a_dismissal_has_nothing_to_verify(world: World) -> None:
    """A rejection is an outcome without a verification."""
    number = world.police.post("/requests", complete()).json()["report_id"]
    case = Case.objects.get()
    triage_case(case.pk, actor=SYSTEM)
    _vote(world, case.pk, DecisionKind.DISMISS, 1)
    state, outcome = _state(world.police, number)
    assert (state, outcome["decision"], outcome["verified"]) == ("resolved", "dismiss", None)  # type: ignore[index]


def test_referrals_hold_no_content(world: World) -> None:
    """The receiver learns that something waits in the console, without account or text; no other authority learns of
    it.
    """
    body = complete(category="child_protection", legal_basis="uu_35_2014")
    assert world.police.post("/requests", body).status_code == 201
    case = Case.objects.get()
    triage_case(case.pk, actor=SYSTEM)
    assert world.police.get("/referrals").json()["items"] == []
    ballot = Ballot(DecisionKind.REFER, "uu_35_2014", "Ada tanda bahaya yang perlu ditangani.")
    for reviewer in world.reviewers:
        if Case.objects.get().state in ("in_review", "second_vote"):
            cast_vote(case.pk, take_lease(case.pk, actor=reviewer).fence, ballot, actor=reviewer)
    assert world.police.get("/referrals").json()["items"] == []  # nobody has chosen a receiver
    number, office = Referral.objects.get().pk, Person.objects.get(pk=world.police.person_id).organisation_id
    address_referral(
        number,
        NewReferral(f"police_officers.{office}", Danger.CHILD, "Ada tanda bahaya bagi anak."),
        actor=world.reviewers[0],
    )
    send_referral(number, actor=SYSTEM)
    (referral,) = world.police.get("/referrals").json()["items"]
    assert set(referral) == {"number", "category", "label", "urgent", "state", "referred_at", "due_at"}
    assert (referral["number"], referral["state"]) == (f"R{number:06d}", "sent")
    assert case.reference not in str(referral)
    assert "iklan" not in str(referral)
    assert world.ministry.get("/referrals").json()["items"] == []


def test_a_late_request_is_called_overdue(world: World) -> None:
    """The answer has the deadline; passing it acts on nothing."""
    number = world.police.post("/requests", complete()).json()["report_id"]
    assert world.police.get(f"/requests/{number}").json()["overdue"] is False
    Report.objects.update(due_at=now() - timedelta(minutes=1))
    assert world.police.get(f"/requests/{number}").json()["overdue"] is True
    assert Case.objects.get().state == "received"


def test_the_largest_files_are_taken(world: World) -> None:
    """Three screenshots and a letter of nearly 5 MB each fit into one body; a file of 5 MB and a byte does not."""
    most = 5 * 1024 * 1024
    whole = b64encode(PNG.ljust(most, b"x")).decode()
    body = complete(screenshots=[b64encode(PNG.ljust(most - n, b"x")).decode() for n in range(3)], letter=whole)
    assert world.police.post("/requests", body).status_code == 201
    larger = complete(letter_number="B/18", letter=b64encode(PNG.ljust(most + 1, b"x")).decode())
    assert _refused(world.police.post("/requests", larger)) == {"letter": "too_large"}
