"""Pending decisions in the console: visible to their voters, undone with one press, and hidden from others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.factories import World, in_review, report, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import ReportRoute
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import undo_window
from jaga.signals.verbs import triage

BrowserOf = Callable[[Actor], Client]


@pytest.fixture
def waiting(world: World, settings: Any) -> int:
    """A case that two reviewers agree to close."""
    settings.UNDO_WINDOW_SECONDS = 600
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    return case_id


def address(case_id: int) -> str:
    return f"/console/cases/K{case_id:06d}/undo/"


@pytest.mark.parametrize("language", ["en", "id"])
def test_voters_and_supervisors_see_what_waits_and_others_nothing(
    world: World, waiting: int, browser_of: BrowserOf, language: str
) -> None:
    """The list names the case, the measure and its time, and no account."""
    for actor, sees in ((world.reviewers[0], True), (world.reviewers[2], False), (world.supervisor, True)):
        client = browser_of(actor)
        client.cookies["jaga_language"] = language
        answer = client.get("/console/pending/", headers={"accept-language": language})
        assert answer.status_code == 200
        assert (f"K{waiting:06d}" in answer.content.decode()) is sees
        assert "@mawar" not in answer.content.decode()


def test_the_bar_stands_at_the_bottom_of_every_page_and_undoes(
    world: World, waiting: int, browser_of: BrowserOf
) -> None:
    """The person's own pending decision; one press without JavaScript puts the case back into review, and the bar says
    so.
    """
    client = browser_of(world.reviewers[0])
    for page in ("/console/queue/", "/console/votes/", f"/console/cases/K{waiting:06d}/"):
        html = client.get(page).content.decode()
        assert html.count('data-action="undo"') == 1
        assert html.count(f'action="{address(waiting)}"') == 1
    assert "undo-bar" not in browser_of(world.reviewers[2]).get("/console/queue/").content.decode()
    assert client.post(address(waiting), {"reason": "mistake"}).headers["Location"] == f"/console/cases/K{waiting:06d}/"
    assert Case.objects.get(pk=waiting).state == CaseState.IN_REVIEW
    html = client.get("/console/queue/").content.decode()
    assert ("undo-bar" in html, address(waiting) in html) == (True, False)


def test_a_reason_of_ones_own_needs_words(world: World, waiting: int, browser_of: BrowserOf) -> None:
    """It is refused and keeps the choice and the words; an unknown reason counts as a mistake."""
    client = browser_of(world.supervisor)
    answer = client.post(address(waiting), {"reason": "other", "note": " "})
    assert (answer.status_code, 'value="other" selected' in answer.content.decode()) == (422, True)
    assert client.post(address(waiting), {"reason": "nonsense", "note": "x"}).status_code == 302
    assert PendingDecision.objects.get().reason == "mistake"


def test_too_late_or_not_ones_own_is_said(world: World, waiting: int, browser_of: BrowserOf) -> None:
    """No server error, and nothing changes."""
    assert browser_of(world.reviewers[2]).post(address(waiting)).status_code == 403
    with frozen(PendingDecision.objects.get().undo_until):
        undo_window.make_pending_decision(PendingDecision.objects.get().pk, actor=SYSTEM)
    answer = browser_of(world.reviewers[0]).post(address(waiting))
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (409, True)
    assert browser_of(world.reviewers[0]).post(address(10**9)).status_code == 404
    assert Case.objects.get(pk=waiting).state == CaseState.ACTING


def test_what_waits_for_a_supervisor_is_read_and_let_go_on_there(
    world: World, waiting: int, browser_of: BrowserOf
) -> None:
    """The text is shown above the field for the reasons; voters see that it waits, and no form."""
    for network in ("n1", "n2"):
        report(route=ReportRoute.VICTIM, source=network, network=network, text=f"Tolong saya <{network}>")
        if network == "n1":
            triage.triage_case(waiting, actor=SYSTEM)
            for reviewer in world.reviewers[:2]:
                vote(waiting, DecisionKind.CLOSE, reviewer)
    go_on, boss = f"/console/cases/K{waiting:06d}/resume/", browser_of(world.supervisor)
    page = browser_of(world.reviewers[0]).get("/console/pending/").content.decode()
    assert ("waits until a supervisor" in page, go_on in page, "Tolong saya" in page) == (True, False, False)
    page = boss.get("/console/pending/").content.decode()
    assert (go_on in page, "Tolong saya &lt;n2&gt;" in page) == (True, True)
    answer = boss.post(go_on, {"shown": "1", "why": "ya"})
    assert (answer.status_code, "Say in at least 15 characters" in answer.content.decode()) == (422, True)
    assert boss.post(go_on, {"shown": "x", "why": "Laporan itu tentang akun lain."}).status_code == 409
    assert boss.post(go_on, {"shown": "1", "why": "Laporan itu tentang akun lain."}).status_code == 302
    assert boss.post(go_on, {"shown": "1", "why": "Laporan itu tentang akun lain."}).status_code == 409
    assert browser_of(world.reviewers[0]).post(go_on, {"shown": "1", "why": "Laporan itu."}).status_code == 403
