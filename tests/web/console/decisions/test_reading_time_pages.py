"""A closure with the shipped policy's reading time, on the pages of voters, holder, reporter and supervisor."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.factories import FACTS, World, carry_through, elements_for, in_review, report, vote

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.core.actors import HOLDER, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import undo_window
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

BrowserOf = Callable[[Actor], Client]
ENGLISH = {"jaga_language": "en"}


@pytest.fixture(autouse=True)
def as_the_policy_says(settings: Any) -> None:
    settings.UNDO_WINDOW_SECONDS = None


def english(client: Client) -> Client:
    client.cookies["jaga_language"] = "en"
    return client


def cast(client: Client, case_id: int, **fields: Any) -> Any:
    client.post(f"/console/cases/K{case_id:06d}/take/")
    page = client.get(f"/console/cases/K{case_id:06d}/").content.decode()
    token = page.partition('name="lease" value="')[2].partition('"')[0]
    return client.post(
        f"/console/cases/K{case_id:06d}/decide/",
        {
            "step": "cast",
            "lease": token,
            "last_message": "0",
            "legal_basis": "kuhp_407",
            "facts": FACTS,
            "accounts": str(Case.objects.get(pk=case_id).subject_id),
            **fields,
        },
    )


def test_everybody_reads_restricted_and_when_it_will_be_closed(
    world: World, browser_of: BrowserOf, client: Client
) -> None:
    """On the case page, in the list of pending decisions, on the page of the holder's code, and on the reporter's
    page.
    """
    filed = report()
    case_id = filed.case_id
    triage.triage_case(case_id, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        elements = elements_for("prostitution_advertising", DecisionKind.CLOSE)
        assert cast(browser_of(reviewer), case_id, kind="close", elements=elements).status_code == 302
    carry_through(case_id)
    closes_at = PendingDecision.objects.get().closes_at()
    assert timedelta(hours=24) <= closes_at - now() + timedelta(minutes=5)
    code = appeal_code(Decision.objects.get().pk)
    for page in ("/console/pending/", f"/console/cases/K{case_id:06d}/"):
        assert "will be closed at" in english(browser_of(world.supervisor)).get(page).content.decode()
    holder = english(client).post("/appeal/", {"code": code}).content.decode()
    assert ("will be closed at" in holder, 'value="file"' in holder) == (True, True)
    reporter = english(client).post("/follow/", {"receipt": filed.receipt}, follow=True).content.decode()
    assert ("Will be closed" in reporter, "It is restricted now" in reporter) == (True, True)
    assert (
        english(client)
        .post(
            "/appeal/",
            {"code": code, "step": "file", "text": "Bukan saya yang menulis itu."},
        )
        .status_code
        == 200
    )
    html = english(browser_of(world.supervisor)).get("/console/pending/").content.decode()
    assert "The account holder has appealed" in html
    appeal = english(browser_of(world.reviewers[2])).get("/console/appeals/1/")
    assert appeal.status_code in (200, 404)
    undone = browser_of(world.supervisor).post(f"/console/cases/K{case_id:06d}/undo/", {"reason": "second_thought"})
    assert undone.status_code == 302
    carry_through(case_id)
    holder = english(client).post("/appeal/", {"code": code}).content.decode()
    assert ("was taken back" in holder, 'value="file"' in holder) == (True, False)
    next_voter = english(browser_of(world.reviewers[2])).get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert "restricted before the closure" not in next_voter
    reporter = english(client).post("/follow/", {"receipt": filed.receipt}, follow=True).content.decode()
    assert "Will be closed" not in reporter


def test_a_closed_holder_reads_the_closure_under_the_same_code(world: World, client: Client) -> None:
    """There is one letter and one code, and an appeal filed before continues."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    carry_through(case_id)
    waits, code = PendingDecision.objects.get(), appeal_code(Decision.objects.get().pk)
    appeals.file_appeal(code, "Bukan saya yang menulis itu.", actor=HOLDER)
    with frozen(waits.closes_at()):
        assert undo_window.make_pending_decision(waits.pk, actor=SYSTEM)
        carry_through(case_id)
        page = english(client).post("/appeal/", {"code": code}).content.decode()
    assert ("will be closed at" in page, "Bukan saya yang menulis itu." in page) == (False, True)
    assert "Your account is closed." in page


@pytest.mark.parametrize(
    ("days", "elements", "status"),
    [("7", False, 302), ("30", False, 422), ("", False, 422), ("30", True, 302), ("", True, 302)],
)
def test_a_long_restriction_takes_the_elements_and_a_second_person(
    world: World,
    browser_of: BrowserOf,
    days: str,
    elements: bool,
    status: int,
) -> None:
    """The page says so beside the elements; a complete vote is a first vote, sealed until a second person agrees."""
    case_id = in_review()
    found = elements_for("prostitution_advertising", DecisionKind.CLOSE) if elements else ()
    answer = cast(english(browser_of(world.reviewers[0])), case_id, kind="restrict", restrict_days=days, elements=found)
    assert answer.status_code == status
    if status == 422:
        assert "only where all of them are so and two people say so" in answer.content.decode()
    assert Decision.objects.exists() is (days == "7")
    assert Vote.objects.count() == (1 if status == 302 else 0)


def test_a_supervisor_writes_why_the_disagreement_is_settled_so(world: World, browser_of: BrowserOf) -> None:
    """The field is on the form only in this case; without a text the vote is refused and the form keeps its values."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    assert 'id="why-hint"' not in browser_of(world.reviewers[2]).get(f"/console/cases/K{case_id:06d}/").content.decode()
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    boss = english(browser_of(world.supervisor))
    answer = cast(boss, case_id, kind="dismiss", why="pendek")
    assert (answer.status_code, 'id="why-error"' in answer.content.decode(), "pendek" in answer.content.decode()) == (
        422,
        True,
        True,
    )
    assert cast(boss, case_id, kind="dismiss", why="Nomor itu milik warung lain.").status_code == 302


def test_what_one_person_preserved_is_agreed_to_by_another(world: World, browser_of: BrowserOf) -> None:
    """The list of pending decisions offers it to others; the first person has no button."""
    case_id = in_review()
    vote(case_id, DecisionKind.PRESERVE, world.reviewers[0])
    decision = Decision.objects.get()
    address = f"/console/preservations/{decision.pk}/agree/"
    assert address not in browser_of(world.reviewers[0]).get("/console/pending/").content.decode()
    assert browser_of(world.reviewers[0]).post(address).status_code == 403
    assert address in browser_of(world.reviewers[1]).get("/console/pending/").content.decode()
    assert browser_of(world.reviewers[1]).post(address).status_code == 302
    assert browser_of(world.reviewers[1]).post(address).status_code == 409
    assert browser_of(world.reviewers[1]).post("/console/preservations/999999999999999999999/agree/").status_code == 404
    decision.preservation.refresh_from_db()
    assert decision.preservation.agreed_by_id == world.reviewers[1].person_id
