"""Possible victims on the pages: the question in the vote, the supervisor's review, and reasons given in person."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from tests.factories import FACTS, World, ballot, in_review, vote

from jaga.appeals.models import HolderCheck
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.core.actors import Actor
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind, VictimSay
from jaga.decisions.models import CaseAlarm

Open = Callable[[Actor], Client]
SIGN = "open BO. Katanya paspor ditahan."
NEW = "Dia bilang tidak boleh keluar mess."
TOLD = "Akun dibatasi karena dipakai menawarkan orang lain."


def address(case_id: int, step: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{step}"


def fields(client: Client, case_id: int, kind: str, **changes: str) -> dict[str, Any]:
    client.post(address(case_id, "take/"))
    token = client.get(address(case_id)).context["form"].token
    whole = ballot(case_id, DecisionKind.CLOSE)
    return {
        "lease": token,
        "kind": kind,
        "legal_basis": whole.legal_basis,
        "facts": FACTS,
        "step": "cast",
        "elements": list(whole.elements),
        "accounts": str(Case.objects.get(pk=case_id).subject_id),
        **changes,
    }


def test_the_form_asks_and_a_closure_lifts(world: World, browser_of: Open) -> None:
    """Neither answer is preselected; a closure without lifting the mark is refused and keeps the text."""
    case_id, first, second = in_review(text=SIGN), *map(browser_of, world.reviewers[:2])
    entered = fields(first, case_id, "close")
    page = first.get(address(case_id)).content.decode()
    assert "possible victim: proposed" in page
    assert 'name="victim" value="lift">' in page
    assert "Only together with: nobody here is a victim." in page
    refused = first.post(address(case_id, "decide/"), entered)
    assert refused.status_code == 422
    assert FACTS in refused.content.decode()
    missing = first.post(address(case_id, "decide/"), {**entered, "kind": "restrict", "restrict_days": "7"})
    assert "Say whether somebody here may be a victim." in missing.content.decode()
    endless = first.post(address(case_id, "decide/"), {**entered, "kind": "restrict", "victim": "confirm"})
    assert "a restriction ends, after 30 days at most" in endless.content.decode()
    assert not Vote.objects.exists()
    first.post(address(case_id, "decide/"), {**entered, "victim": "lift"})
    assert "possible victim: proposed" in second.get(address(case_id)).content.decode()  # the first vote is sealed
    second.post(address(case_id, "decide/"), fields(second, case_id, "close", victim="lift"))
    assert Decision.objects.get().kind == DecisionKind.CLOSE
    assert "possible victim: lifted" in second.get(address(case_id)).content.decode()


def test_the_second_lifting_is_read_by_a_supervisor(world: World, browser_of: Open) -> None:
    """The page of pending decisions shows the new reasons, to a supervisor without a vote only."""
    case_id = in_review(text=SIGN)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, victim=VictimSay.LIFT)
    again = in_review(text=NEW, category="gambling")
    for reviewer in world.reviewers[:2]:
        vote(again, DecisionKind.CLOSE, reviewer, victim=VictimSay.LIFT)
    voter, supervisor = browser_of(world.reviewers[0]), browser_of(world.supervisor)
    assert NEW not in voter.get("/console/pending/").content.decode()
    page = supervisor.get("/console/pending/").content.decode()
    assert NEW in page
    assert "judged before" in page
    let_on = address(again, "resume/")
    assert supervisor.post(let_on, {"shown": "1", "why": "ya"}).status_code == 422
    assert Case.objects.get(pk=again).victim_first
    supervisor.post(let_on, {"shown": "1", "why": "Sudah dibaca, itu salinan iklan lama."})
    assert Case.objects.get(pk=again).victim_state in ("proposed", "lifted")  # lifted with its commit


def test_reasons_in_person_from_the_check_to_the_sheet(world: World, browser_of: Open) -> None:
    """Checked by one person, released by a supervisor, opened once by the first."""
    case_id = in_review(text=SIGN)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM)
    decision = Decision.objects.get()
    here = address(case_id, f"decisions/{decision.pk}/in-person/")
    checker, supervisor = browser_of(world.reviewers[2]), browser_of(world.supervisor)
    assert here in checker.get(address(case_id)).content.decode()
    wrong = checker.post(here, {"kind": "in_person", "how": "KTP", "explanation": SIGN})
    assert wrong.status_code == 422
    assert "comes from a report" in wrong.content.decode()
    assert SIGN in wrong.content.decode()
    assert checker.post(here, {"how": "x"}).status_code == 422
    made = checker.post(here, {"kind": "in_person", "how": "Bertemu sendirian, KTP dilihat.", "explanation": TOLD})
    assert made.status_code == 302
    check = HolderCheck.objects.get()
    assert here in supervisor.get("/console/appeals/").content.decode()
    assert checker.post(f"{here}{check.pk}/release/").status_code == 403
    assert supervisor.post(f"{here}{check.pk}/hand-over/").status_code == 403
    assert supervisor.post(f"{here}{check.pk}/release/", {"step": "release"}).status_code == 302
    sheet = checker.post(f"{here}{check.pk}/hand-over/")
    assert TOLD in sheet.content.decode()
    assert "no-store" in sheet["Cache-Control"]
    assert "paspor" not in sheet.content.decode()
    assert checker.post(f"{here}{check.pk}/hand-over/").status_code == 409


def test_the_review_of_a_restriction_stands_among_the_alarms(world: World, browser_of: Open) -> None:
    """It is acknowledged like the other alarms."""
    case_id = in_review(text=SIGN)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM)
    alarm = CaseAlarm.objects.create(
        case_id=case_id, kind=CaseAlarmKind.RESTRICTION_REVIEW, at=Decision.objects.get().decided_at
    )
    supervisor = browser_of(world.supervisor)
    assert "Half of a restriction's time is over" in supervisor.get("/console/alarms/").content.decode()
    supervisor.post("/console/alarms/cases/", {"alarm": str(alarm.pk)})
    assert "Half of a restriction" not in supervisor.get("/console/alarms/").content.decode()
