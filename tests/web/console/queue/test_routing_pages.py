"""Queues, team, hand-over and their part of the case page, over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.casework.queue import assignment, leases, shift_handover
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy.local_time import today
from jaga.records.models import Case, CaseNote, PersonClearance, PersonSkill, SavedView, ShiftHandover

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
    """Not by its number, by any action, or on a card; people with the clearance see texts and no picture."""
    case_id, client = in_review(category="child_protection"), browser_of(staff.by_role[Role.REVIEWER])
    for step in ("", "history/", "sources/", "pictures/1/"):
        assert client.get(address(case_id, step)).status_code == 404
    for step in ("take/", "skip/", "snooze/", "escalate/", "assign/", "notes/", "reroute/", "decide/", "youth-check/"):
        assert client.post(address(case_id, step), {"reason": "x", "note": "x", "hours": "1"}).status_code == 404
    assert client.get(f"/console/cases/?number=K{case_id:06d}").status_code == 404
    assert f"K{case_id:06d}" not in client.get("/console/queue/").content.decode()
    assignment.assign_case(case_id, world.reviewers[0].person_id or 0, actor=world.reviewers[0])
    shift_handover.make_handover("", actor=world.reviewers[0])
    card = client.get("/console/handover/").content.decode()
    assert f"K{case_id:06d}" not in card
    assert "1 more case is for cleared people" in card
    assert browser_of(world.reviewers[0]).get(address(case_id)).status_code == 200


def test_views_are_kept_counted_shared_and_deleted(world: World, browser_of: Browsers) -> None:
    """One's own views; a supervisor's also for the team. An invalid filter is not saved."""
    in_review()
    reviewer, supervisor = browser_of(world.reviewers[0]), browser_of(world.supervisor)
    query = "queue=general&severity=moderate&nonsense=1"
    kept = reviewer.post("/console/queue/views/", {"name": "Berat", "query": query, "shared": "0"})
    assert kept.status_code == 302
    assert "nonsense" not in SavedView.objects.get().query
    page = reviewer.get(kept["Location"]).content.decode()
    assert 'Berat <span class="views__count">1</span>' in page
    assert "Berat" not in supervisor.get("/console/queue/").content.decode()
    assert reviewer.post("/console/queue/views/", {"name": "", "query": query}).status_code == 422
    assert reviewer.post("/console/queue/views/", {"name": "T", "query": query, "shared": "1"}).status_code == 403
    supervisor.post("/console/queue/views/", {"name": "Tim", "query": "overdue=1", "shared": "1"})
    assert "Tim <span" in reviewer.get("/console/queue/").content.decode()
    team_view = SavedView.objects.get(name="Tim").pk
    assert reviewer.post(f"/console/queue/views/{team_view}/delete/").status_code == 403
    assert supervisor.post(f"/console/queue/views/{SavedView.objects.get(name='Berat').pk}/delete/").status_code == 404
    supervisor.post(f"/console/queue/views/{team_view}/delete/")
    assert SavedView.objects.count() == 1


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


def test_a_shift_leaves_a_card_that_the_next_takes_up(world: World, browser_of: Browsers) -> None:
    """Leases end; the card has deadlines and notes, and at most the number of votes; it stays at the top until
    taken.
    """
    (first, second, third), case_id, held = world.reviewers, in_review(), in_review(account="@kedua:localhost")
    voted = in_review(account="@ketiga:localhost")
    vote(voted, DecisionKind.CLOSE, first)
    leases.take_lease(case_id, actor=first)
    assignment.snooze_case(held, now() + timedelta(hours=3), "Menunggu pelapor.", actor=first)
    leaving = browser_of(first)
    assert "names 2 cases" in leaving.get("/console/handover/").content.decode()
    assert leaving.post("/console/handover/", {"text": "x" * 2001}).status_code == 422
    assert leaving.post("/console/handover/", {"text": "Periksa <tautan>."}).status_code == 302
    leases.take_lease(case_id, actor=second)  # it is free
    client = browser_of(second)
    page = client.get("/console/queue/").content.decode()
    assert "Left by the shift before" in page
    assert "Periksa &lt;tautan&gt;." in page
    assert "Menunggu pelapor." in page
    assert "Fewer than three votes" in page
    card = ShiftHandover.objects.get()
    assert {one.case_id for one in card.cases.all()} == {case_id, held}
    take = f"/console/handover/{card.pk}/take/"
    assert leaving.post(take).status_code == 403
    assert client.post(take)["Location"] == "/console/queue/"
    assert browser_of(third).post(take).status_code == 409
    assert client.post("/console/handover/999999/take/").status_code == 404
    assert "Left by the shift before" not in client.get("/console/queue/").content.decode()
    assert "taken up by Bayu" in leaving.get("/console/handover/").content.decode()


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
