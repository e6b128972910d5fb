"""Queues, team, hand-over and their part of the case page, over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World, in_review
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.policy.local_time import today
from jaga.queue.models import CaseNote, PersonClearance, PersonSkill
from jaga.queue.verbs import assignment

Browsers = Callable[[Actor], Client]


def address(case_id: int, step: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{step}"


def test_the_case_page_says_where_it_waits_and_why(world: World, browser_of: Browsers) -> None:
    """The rule is given as a sentence; every action has its form and its key."""
    page = browser_of(world.reviewers[0]).get(address(in_review())).content.decode()
    assert "No other rule fits." in page
    for action in ("escalate", "hold", "skip"):
        assert f'data-action="{action}"' in page


def test_a_case_is_set_aside_and_brought_back(world: World, browser_of: Browsers) -> None:
    """A refused form keeps its text; an accepted one leads to the next case."""
    case_id, following = in_review(), in_review(account="@kedua:localhost")
    client = browser_of(world.reviewers[0])
    refused = client.post(address(case_id, "snooze/"), {"hours": "999", "reason": "Menunggu <jawaban>"})
    assert refused.status_code == 422
    assert "Menunggu &lt;jawaban&gt;" in refused.content.decode()
    assert "at least five minutes ahead" in refused.content.decode()
    for until in ("kapan", "2026-13-45T99:00", "9999-12-31T23:59"):
        assert client.post(address(case_id, "snooze/"), {"until": until, "reason": "x"}).status_code == 422
    done = client.post(address(case_id, "snooze/"), {"hours": "2", "reason": "Menunggu."})
    assert done["Location"] == address(following)
    assert "Set aside by Sinta" in client.get(address(case_id)).content.decode()
    client.post(address(case_id, "lift/"))
    assert Case.objects.get(pk=case_id).snoozed_until is None


def test_a_reviewer_asks_a_supervisor_who_hands_it_back(world: World, browser_of: Browsers) -> None:
    """Both messages are shown to the team on the case, and to nobody else."""
    case_id = in_review()
    reviewer, supervisor = browser_of(world.reviewers[0]), browser_of(world.supervisor)
    assert reviewer.post(address(case_id, "escalate/"), {"reason": " "}).status_code == 422
    assert reviewer.post(address(case_id, "escalate/"), {"reason": "Ragu: iklan atau berita?"}).status_code == 302
    assert f"K{case_id:06d}" not in reviewer.get("/console/queue/").content.decode()
    listed = supervisor.get("/console/queue/?escalated=1").content.decode()
    assert f"K{case_id:06d}" in listed
    assert "handed up" in listed
    assert reviewer.post(address(case_id, "escalate/"), {"reason": "Lagi."}).status_code == 409
    assert reviewer.post(address(case_id, "return/"), {"reason": "Bukan saya."}).status_code == 403
    supervisor.post(address(case_id, "return/"), {"reason": "Ini berita."})
    page = reviewer.get(address(case_id)).content.decode()
    assert "Ini berita." in page
    assert "Ragu: iklan atau berita?" in page


def test_a_case_is_assigned_and_given_back(world: World, browser_of: Browsers) -> None:
    """To oneself by a button, to others by a supervisor; an odd number is refused with a message."""
    case_id, (first, second, _) = in_review(), world.reviewers
    browser_of(first).post(address(case_id, "assign/"))
    assert "assigned to you" in browser_of(first).get("/console/queue/").content.decode()
    assert "assigned to Sinta" in browser_of(second).get("/console/queue/").content.decode()
    assert browser_of(second).post(address(case_id, "unassign/")).status_code == 409
    supervisor = browser_of(world.supervisor)
    for odd in ("0", "9" * 30, "x", str(world.officer.person_id)):
        assert supervisor.post(address(case_id, "assign/"), {"person": odd}).status_code == 422
    supervisor.post(address(case_id, "assign/"), {"person": str(second.person_id)})
    assert Case.objects.get(pk=case_id).assigned_to_id == second.person_id
    supervisor.post(address(case_id, "unassign/"))
    assert Case.objects.get(pk=case_id).assigned_to is None


def test_skipping_leads_on_and_costs_nothing(world: World, browser_of: Browsers) -> None:
    """The skipped case is listed at the foot of the person's queue and can be put back."""
    case_id, following = in_review(), in_review(account="@kedua:localhost")
    client = browser_of(world.reviewers[0])
    assert client.post(address(case_id, "skip/"))["Location"] == address(following)
    assert "1 case that you skipped" in client.get("/console/queue/").content.decode()
    client.post(address(case_id, "unskip/"))
    assert "that you skipped" not in client.get("/console/queue/").content.decode()


def test_a_case_is_moved_by_hand_and_noted(world: World, browser_of: Browsers) -> None:
    """An unknown queue is refused; a note is kept word for word."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    assert client.post(address(case_id, "reroute/"), {"queue": "nowhere", "reason": "x"}).status_code == 422
    assert client.post(address(case_id, "reroute/"), {"reason": "x"}).status_code == 422
    client.post(address(case_id, "reroute/"), {"queue": "english", "reason": "Bahasa campuran."})
    assert "A person put it here." in client.get(address(case_id)).content.decode()
    assert client.post(address(case_id, "notes/"), {"note": "x" * 1001}).status_code == 422
    client.post(address(case_id, "notes/"), {"note": "Lihat <b>K000001</b>."})
    assert "Lihat &lt;b&gt;K000001" in client.get(address(case_id)).content.decode()
    assert CaseNote.objects.filter(kind="note").count() == 1


def test_a_closed_case_is_nowhere_for_the_uncleared(world: World, staff: Staff, browser_of: Browsers) -> None:
    """Not by its number, or by any action; people with the clearance see texts and no picture."""
    case_id, client = in_review(category="child_protection"), browser_of(staff.by_role[Role.REVIEWER])
    for step in ("", "history/", "sources/", "pictures/1/"):
        assert client.get(address(case_id, step)).status_code == 404
    for step in ("take/", "skip/", "snooze/", "escalate/", "assign/", "notes/", "reroute/", "decide/", "youth-check/"):
        assert client.post(address(case_id, step), {"reason": "x", "note": "x", "hours": "1"}).status_code == 404
    assert client.get(f"/console/cases/?number=K{case_id:06d}").status_code == 404
    assert f"K{case_id:06d}" not in client.get("/console/queue/").content.decode()
    assignment.assign_case(case_id, world.reviewers[0].person_id or 0, actor=world.reviewers[0])
    assert browser_of(world.reviewers[0]).get(address(case_id)).status_code == 200


def test_a_supervisor_names_skills_and_clears_people(world: World, staff: Staff, browser_of: Browsers) -> None:
    """With a reason and a last day; errors are shown beside their fields, and clearing oneself is refused."""
    person, client = staff.by_role[Role.REVIEWER].person_id, browser_of(world.supervisor)
    client.post(f"/console/team/{person}/skills/", {"skills": ["english"]})
    assert PersonSkill.objects.get().person_id == person
    assert client.post(f"/console/team/{person}/skills/", {"skills": ["flying"]}).status_code == 422
    give, until = f"/console/team/{person}/clearance/", (today() + timedelta(days=30)).isoformat()
    refused = client.post(give, {"reason": "Terlatih <x>", "until": "besok"})
    assert refused.status_code == 422
    assert "Terlatih &lt;x&gt;" in refused.content.decode()
    client.post(give, {"reason": "Terlatih.", "until": until})
    row = PersonClearance.objects.get(person=person)
    assert "cleared" in client.get("/console/team/").content.decode()
    assert client.post(give, {"reason": "Lagi.", "until": until}).status_code == 409
    assert (
        client.post(
            f"/console/team/{world.supervisor.person_id}/clearance/", {"reason": "Saya.", "until": until}
        ).status_code
        == 403
    )
    end = f"/console/team/clearances/{row.pk}/end/"
    assert client.post(end, {"reason": ""}).status_code == 422
    client.post(end, {"reason": "Pindah."})
    assert client.post(end, {"reason": "Pindah."}).status_code == 404
    for odd in ("/console/team/999999/skills/", "/console/team/99999999999999999999/clearance/"):
        assert client.post(odd, {"reason": "x", "until": until}).status_code == 404


def test_a_supervisor_is_told_of_cases_that_nobody_can_see(world: World, browser_of: Browsers) -> None:
    """As a sentence at the top of the queue and of the team's page; reviewers do not see it."""
    in_review(category="child_protection")
    PersonClearance.objects.update(ended_at=now())
    for path in ("/console/queue/", "/console/team/"):
        assert "too few people can see them" in browser_of(world.supervisor).get(path).content.decode()
    assert "too few people" not in browser_of(world.reviewers[0]).get("/console/queue/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "queue=x&severity=awful&language=xx&whose=them&escalated=2",
        "severity=high&whose=mine&queue=general",
        "escalated=1",
        "language=en&answered=1&overdue=1&whose=free",
    ],
)
def test_odd_and_many_filters_answer(query: str, world: World, browser_of: Browsers) -> None:
    """An unknown value filters nothing, and all filters together are one query."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    page = client.get(f"/console/queue/?{query}")
    assert page.status_code == 200
    assert (f"K{case_id:06d}" in page.content.decode()) == ("xx" in query)
