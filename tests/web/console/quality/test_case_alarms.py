"""The alarm for a case whose people changed: to supervisors, with the time left, and without a word about votes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World, in_review, vote

from jaga.cases.models.cases import Case
from jaga.cases.verbs.case_alarms import call_for_case_alarms
from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance
from jaga.decisions.models import CaseAlarm
from jaga.operators.models import OutgoingMail
from jaga.people.verbs import people
from jaga.quality.verbs.canary_cases import call_me_at
from jaga.queue.models import PersonClearance

BrowserOf = Callable[[Actor], Client]
BANNER = {"en": "The people of a case changed.", "id": "Ada 1 kasus yang berganti orang."}
BACK = {"en": "This case is back in the queue.", "id": "Kasus ini kembali ke antrean."}
LEFT = {"en": "Legal deadline: in 2 h", "id": "Batas waktu hukum: dalam 2 jam"}


@pytest.fixture
def returned(world: World) -> int:
    """A case with two hours left whose first voter was deactivated."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    Case.objects.filter(pk=case_id).update(due_at=now() + timedelta(hours=2, minutes=30))
    people.deactivate_person(world.reviewers[0].person_id or 0, actor=CLI)
    return case_id


def page(client: Client, address: str, language: str = "en") -> str:
    client.cookies["jaga_language"] = language
    return client.get(address, headers={"accept-language": language}).content.decode()


@pytest.mark.parametrize("language", ["en", "id"])
def test_supervisors_are_told_on_every_page_and_see_the_time_left(
    world: World, returned: int, browser_of: BrowserOf, language: str
) -> None:
    """Who changed, which case and how long; nothing about votes, and not to other roles."""
    supervisor = browser_of(world.supervisor)
    assert BANNER[language] in page(supervisor, "/console/queue/", language)
    html = page(supervisor, "/console/alarms/", language)
    for words in (BACK[language], LEFT[language], f"K{returned:06d}", "Sinta"):
        assert words in html
    assert "@mawar" not in html
    assert not any(word in html.lower() for word in ("your vote", "suara tersegel", "a vote"))
    assert BANNER[language] not in page(browser_of(world.reviewers[1]), "/console/queue/", language)


def test_a_supervisor_acknowledges_what_was_shown(world: World, returned: int, browser_of: BrowserOf) -> None:
    """Then the alarm ends; other roles are refused, and invalid input changes nothing."""
    number = CaseAlarm.objects.get().pk
    assert browser_of(world.reviewers[1]).post("/console/alarms/cases/", {"alarm": [number]}).status_code == 403
    supervisor = browser_of(world.supervisor)
    supervisor.post("/console/alarms/cases/", {"alarm": ["x", "²", "9" * 40, number + 1]})
    assert CaseAlarm.objects.get().acknowledged_at is None
    assert supervisor.post("/console/alarms/cases/", {"alarm": [number]}).headers["Location"] == "/console/alarms/"
    assert CaseAlarm.objects.get().acknowledged_by_id == world.supervisor.person_id
    assert f"K{returned:06d}" not in page(supervisor, "/console/alarms/")
    assert BANNER["en"] not in page(supervisor, "/console/queue/")


def test_it_ends_with_the_decision_and_hides_what_is_closed(world: World, returned: int, browser_of: BrowserOf) -> None:
    """Without the clearance neither the case number nor the count is shown."""
    supervisor = browser_of(world.supervisor)
    Case.objects.filter(pk=returned).update(clearance=Clearance.CHILD_SAFETY)
    assert f"K{returned:06d}" in page(supervisor, "/console/alarms/")
    PersonClearance.objects.filter(person_id=world.supervisor.person_id).update(ended_at=now())
    assert f"K{returned:06d}" not in page(supervisor, "/console/alarms/")
    assert BANNER["en"] not in page(supervisor, "/console/queue/")
    Case.objects.filter(pk=returned).update(clearance="")
    vote(returned, DecisionKind.DISMISS, world.reviewers[1])
    assert f"K{returned:06d}" not in page(supervisor, "/console/alarms/")


def test_the_other_voter_reads_why_and_may_vote_again(
    world: World, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If two votes differed: under *My votes* and at the bottom of each page."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    people.deactivate_person(world.reviewers[0].person_id or 0, actor=CLI)
    html = page(browser_of(world.reviewers[1]), "/console/votes/")
    assert html.count("withdrawn: another vote on it no longer counts; please judge the case again") == 2
    assert f"K{case_id:06d}" in page(browser_of(world.reviewers[1]), "/console/queue/")


def test_one_mail_calls_each_supervisor_however_many_cases(world: World, returned: int) -> None:
    """It says that something waits, and nothing more."""
    call_me_at("wulan@example.org", actor=world.supervisor)
    assert (call_for_case_alarms(), call_for_case_alarms()) == (1, 0)
    mail = OutgoingMail.objects.get()
    assert mail.person_id == world.supervisor.person_id
    assert f"K{returned:06d}" not in f"{mail.subject}{mail.body}"
