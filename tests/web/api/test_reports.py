"""Reports by key: one, many, followed by their sender and by nobody else."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from tests.factories import vote
from tests.web.api.conftest import Caller, World

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import KeyScope, OrganisationKind, Role
from jaga.core.terms.reports import Channel
from jaga.people.models import Organisation
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.people.verbs.people import NewPerson, create_person
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.verbs.triage import triage_case
from jaga.store.codes import receipt_hash
from jaga.store.kernel.ledger import check_receipt
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry


def a_report(**changes: object) -> dict[str, object]:
    """A report with the required fields and a text."""
    return {
        "platform": "contoh",
        "account": "@iklan:localhost",
        "category": "prostitution_advertising",
        "text": "open BO, nego",
        **changes,
    }


@pytest.fixture
def importer(world: World) -> Caller:
    """A program of the operator that may send and follow reports."""
    host = Organisation.objects.get(kind=OrganisationKind.OPERATOR)
    person = create_person(NewPerson("impor", "Impor", host.pk, (Role.SUPERVISOR,)), actor=CLI)
    key = issue_officer_key(person.pk, KeyTerms(label="importer"), actor=CLI)
    return Caller(person.pk, CLI, key.key_id, key.secret)


def test_a_report_is_acknowledged_with_a_receipt_and_a_promise_that_is_kept(world: World) -> None:
    """The receipt finds the report, and its ledger entry is linked as promised."""
    answer = world.police.post("/reports", a_report(reference="P-1", links=["https://contoh.example/1"]))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert answer["Location"] == f"/api/v1/reports/{body['report_id']}"
    report = Report.objects.get(receipt_hash=receipt_hash(body["receipt"]))
    assert (report.pk, report.channel, report.reference) == (body["report_id"], Channel.POLICE, "P-1")
    assert (report.officer_id, report.organisation_id) == (world.police.person_id, world.police.actor.organisation_id)
    link_entries()
    assert check_receipt(body["ledger_promise"]).seq >= 1


def test_its_sender_follows_it_and_nobody_else(world: World) -> None:
    """From received, before there is a case, to the case's state; a colleague gets 404."""
    number = world.police.post("/reports", a_report(reference="P-2")).json()["report_id"]
    body = world.police.get(f"/reports/{number}").json()
    assert (body["case_reference"], body["state"]["term"], body["outcome"]) == (None, "received", None)
    file_waiting()
    triage_case(Case.objects.get().pk, actor=SYSTEM)
    body = world.police.get(f"/reports/{number}").json()
    assert (body["case_reference"], body["state"]["term"]) == (Case.objects.get().reference, "in_review")
    assert world.colleague.get(f"/reports/{number}").status_code == 404
    assert world.colleague.get("/reports").json()["items"] == []
    assert world.police.get("/requests").json()["items"] == []


def test_pages_hold_every_report_once(world: World) -> None:
    """Newest first, by cursor; new reports in between change nothing; the sender's own number finds its report."""
    world.police.post("/reports/batch", {"reports": [a_report(reference=f"P-{n}") for n in range(5)]})
    seen, cursor = [], ""
    while True:
        page = world.police.get(f"/reports?limit=2{cursor}").json()
        seen += [item["reference"] for item in page["items"]]
        world.police.post("/reports", a_report(reference="new"))
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["P-4", "P-3", "P-2", "P-1", "P-0"]
    assert [one["reference"] for one in world.police.get("/reports?reference=P-3").json()["items"]] == ["P-3"]


def test_a_batch_tells_of_each_report_by_itself(world: World) -> None:
    """Good reports are stored in one commit; bad ones are refused in the caller's language and not stored."""
    answer = world.agency.post(
        "/reports/batch",
        {
            "reports": [
                a_report(),
                a_report(category="unheard"),
                "no object",
                a_report(colour=1),
                a_report(text="\x00"),
                a_report(),
            ]
        },
        **{"Accept-Language": "en"},
    )
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["refused"]) == (200, 2, 4)
    assert [bool(item.get("accepted")) for item in body["items"]] == [True, False, False, False, False, True]
    codes = [item["refused"]["errors"][0] for item in body["items"] if "refused" in item]
    assert [(one["field"], one["code"]) for one in codes] == [
        ("category", "unknown"),
        ("reports", "wrong_type"),
        ("colour", "unknown_field"),
        ("text", "not_text"),
    ]
    assert codes[0]["sentence"] == "Choose what happens from the list."
    assert Report.objects.count() == LedgerEntry.objects.filter(verb="accept_report").count() == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reports": []},
        {"reports": 1},
        {"reports": [1] * 101},
        {"reports": [{}], "a": 1},
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(world: World, body: object) -> None:
    """A batch that is too large, empty or of another form is refused."""
    answer = world.police.post("/reports/batch", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reports")


def test_what_is_missing_is_named_and_nothing_stored(world: World) -> None:
    """All missing fields are named in one answer."""
    answer = world.police.post("/reports", {"platform": "contoh", "conduct_on": "2999-01-01"})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"account", "category", "conduct_on"}
    assert not Report.objects.exists()


def test_our_own_importer_brings_in_reports_of_the_public(importer: Caller) -> None:
    """The operator's own importer needs no registration and cannot send requests."""
    assert importer.post("/reports", a_report()).status_code == 201
    assert Report.objects.get().channel == Channel.PUBLIC
    answer = importer.get("/requests")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_a_key_opens_what_it_was_made_for(world: World) -> None:
    """Reading is not writing; the refusal names the missing right."""
    key = issue_officer_key(world.police.person_id, KeyTerms(frozenset({KeyScope.REPORTS_READ})), actor=CLI)
    reader = Caller(world.police.person_id, world.police.actor, key.key_id, key.secret)
    assert reader.get("/reports").status_code == 200
    answer = reader.post("/reports", a_report())
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "reports:write" in answer.json()["title"]
    assert not Report.objects.exists()


def test_updated_since_gives_what_its_sender_can_see_to_be_new(world: World) -> None:
    """A filed or decided report appears; a sealed vote changes nothing that a sender could see."""
    begun = now() - timedelta(hours=1)

    def new_since(moment: datetime) -> list[str]:
        answer = world.police.get(f"/reports?{urlencode({'updated_since': moment.isoformat()})}")
        assert answer.status_code == 200, answer.content
        return [one["reference"] for one in answer.json()["items"]]

    with frozen(begun):
        world.police.post("/reports", a_report(reference="P-1"))
        file_waiting()
        triage_case(Case.objects.get().pk, actor=SYSTEM)
    voted = begun + timedelta(minutes=10)
    with frozen(voted):
        vote(Case.objects.get().pk, DecisionKind.CLOSE, world.reviewers[0])
    assert (new_since(begun), new_since(voted)) == (["P-1"], [])
    with frozen(voted + timedelta(minutes=10)):
        vote(Case.objects.get().pk, DecisionKind.CLOSE, world.reviewers[1])
    assert new_since(voted) == ["P-1"]
    assert world.police.get(f"/requests?updated_since={begun:%Y-%m-%dT%H:%M:%S} 07:00").json()["items"] == []
    for far in ("0462-05-19T07:58:54-18:11", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        assert world.police.get(f"/requests?{urlencode({'updated_since': far})}").status_code == 200, far
    for wrong in ("yesterday", "2026-01-31", "2026-01-31T09:30:00", "0", "2026-13-31T09:30:00Z"):
        refused = world.police.get(f"/reports?{urlencode({'updated_since': wrong})}")
        assert refused.json()["errors"][0]["field"] == "updated_since", wrong


def test_some_categories_are_reported_by_certain_people_alone(world: World, importer: Caller) -> None:
    """GET /categories names them; a key identifies an authority, and an importer says for whom it reports."""
    items = world.police.get("/categories").json()["items"]
    named = {one["key"]: one["reporters"] for one in items if one["reporters"]}
    assert named == {
        "intimate_pictures": ["authority", "guardian", "pictured"],
        "underage_account": ["authority", "guardian", "parent", "platform"],
    }
    intimate = a_report(category="intimate_pictures")
    assert importer.post("/reports", intimate).json()["errors"][0]["field"] == "capacity"
    assert importer.post("/reports", {**intimate, "capacity": "authority"}).status_code == 422
    assert importer.post("/reports", {**intimate, "capacity": "bystander"}).status_code == 422
    assert importer.post("/reports", {**intimate, "capacity": "pictured"}).status_code == 201
    assert world.police.post("/reports", intimate).status_code == 201
    assert (
        importer.post("/reports", {**intimate, "capacity": "pictured", "device_hashes": ["0" * 64]}).status_code == 422
    )
    refused = importer.post("/reports", a_report(category="underage_account", capacity="parent"))
    assert [error["field"] for error in refused.json()["errors"]] == ["category"]  # this app is not high-risk
