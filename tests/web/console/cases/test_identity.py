"""The case page for an account reported by its handle, and for a case whose reports were moved."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.factories import PLATFORM, World, decided_closure, make_world, report

from jaga.actions.verbs import attempts
from jaga.cases.models.decisions import Decision
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.locators import DID as DID_PATTERN
from jaga.core.platforms import Account, Capabilities, Capability, RouteObservation, StepResult
from jaga.core.terms.cases import OutcomeKind, Step
from jaga.reporting.verbs import handle_resolution
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

HANDLE, DID = "rina.test", "did:plc:" + "a" * 24
Open = Callable[[Actor], Client]


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE, settings.HOME = tmp_path / "evidence", tmp_path
    able = {step: Capability(step is not Step.DELIVER) for step in Step}
    return make_world(Capabilities("atproto_pds", able, stable_id=DID_PATTERN))


def page(client: Client, case_id: int, language: str = "en") -> str:
    client.cookies["jaga_language"] = language
    answer = client.get(f"/console/cases/K{case_id:06d}/")
    assert answer.status_code == 200
    return answer.content.decode()


def looked_up(case_id: int, did: str | None) -> None:
    for asked in handle_resolution.names_to_look_up(case_id):
        found = Account(PLATFORM, did, HANDLE) if did else None
        handle_resolution.record_identity(case_id, asked, found, actor=SYSTEM)


def test_name_and_stable_id_are_shown_in_both_languages(world: World, browser_of: Open) -> None:
    """Before the lookup it says so and offers no closure; afterwards both are shown."""
    case_id, client = report(account=HANDLE).case_id, browser_of(world.reviewers[0])
    triage.triage_case(case_id, actor=SYSTEM)
    client.post(f"/console/cases/K{case_id:06d}/take/")
    waits = page(client, case_id)
    assert "has not answered yet whose name this is" in waits
    assert 'value="close"' not in waits
    looked_up(case_id, DID)
    known = page(client, case_id)
    assert "has not answered yet" not in known
    assert f"<code>{DID}</code>" in known
    assert HANDLE in known
    assert 'value="close"' in known
    assert "ID tetap" in page(client, case_id, "id")


def test_a_name_of_nobody_is_said_to_be_nobodys(world: World, browser_of: Open) -> None:
    """Only a dismissal or a referral is possible for a handle without an account."""
    case_id = report(account=HANDLE).case_id
    looked_up(case_id, None)
    triage.triage_case(case_id, actor=SYSTEM)
    assert "Nobody has this name on the platform" in page(browser_of(world.reviewers[0]), case_id)


def test_a_late_look_is_warned_of(world: World, browser_of: Open) -> None:
    """The handle may have passed to another account between report and lookup."""
    with frozen(now() - timedelta(hours=2)):
        case_id = report(account=HANDLE).case_id
    looked_up(case_id, DID)
    triage.triage_case(case_id, actor=SYSTEM)
    assert "compare the profile" in page(browser_of(world.reviewers[0]), case_id)


def test_the_name_of_today_is_shown_beside_the_reported_one(world: World, browser_of: Open) -> None:
    """The handle as the last check for an action found it."""
    case_id = decided_closure(world, account=DID)
    action = attempts.open_tasks(case_id)[0].action_id
    attempts.start_attempt(action, actor=SYSTEM)
    seen = (RouteObservation("admin", "active"), RouteObservation("handle", "baru.test"))
    attempts.record_step(action, Step.OBSERVE, StepResult(OutcomeKind.DONE, "seen", seen), actor=SYSTEM)
    shown = page(browser_of(world.reviewers[2]), case_id)
    assert "Name when last seen" in shown
    assert "baru.test" in shown


def test_a_case_whose_reports_went_elsewhere_says_where(world: World, browser_of: Open) -> None:
    """A person closes it; the other case has the reports and their originals."""
    waits, by_id = report(account=HANDLE, source="a"), report(account=DID, source="b")
    for case_id in (waits.case_id, by_id.case_id):
        triage.triage_case(case_id, actor=SYSTEM)
    looked_up(waits.case_id, DID)
    client = browser_of(world.reviewers[0])
    assert f"account of case {by_id.case_reference}" in page(client, waits.case_id)
    assert HANDLE in page(client, by_id.case_id)


def test_only_a_supervisor_is_offered_the_letter(world: World, browser_of: Open) -> None:
    """The supervisor reads the letter with its code; the answer is not cached."""
    case_id = decided_closure(world, account=DID)
    assert "send it to the holder" not in page(browser_of(world.reviewers[0]), case_id)
    client = browser_of(world.supervisor)
    shown = page(client, case_id)
    assert "Open the letter to send it to the holder" in shown
    address = next(part.partition('"')[0] for part in shown.split('action="') if "/letter/" in part.partition('"')[0])
    answer = client.post(address)
    assert appeal_code(Decision.objects.get().pk) in answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
