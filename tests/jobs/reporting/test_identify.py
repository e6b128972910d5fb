"""The worker asks whose a name is before triage, never waits for a silent platform, and never acts on a name alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.factories import PLATFORM, World, make_world, report, the_action, vote
from tests.jobs.conftest import run_triage
from tests.platforms.fake import FakeAccount, FakePlatform

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts
from jaga.cases.models.cases import Case, Platform, Subject
from jaga.cases.models.decisions import Outcome, Verification
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.cases import CaseState
from jaga.core.locators import DID as DID_PATTERN
from jaga.core.platforms import Account, Capabilities, Capability, PlatformUnreachable
from jaga.core.terms.cases import AccountState, ActionState, DecisionKind, Step
from jaga.operators.models import PlatformHealth
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.reporting import jobs as identify
from jaga.store.kernel.row_verification import accept_row

HANDLE = "rina.test"
A, B = ("did:plc:" + letter * 24 for letter in "ab")


class NamedPlatform(FakePlatform):
    """The fake with handles that its people can pass to one another."""

    stable_id = DID_PATTERN

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), stable_id=self.stable_id)

    def __init__(self) -> None:
        super().__init__()
        self.handles = {HANDLE: A}
        self.silent = False
        for did in (A, B):
            self.accounts[did] = FakeAccount("rahasia", sessions={"session"})

    def identify(self, account: Account) -> Account | None:
        if self.silent:
            raise PlatformUnreachable(why="silent on purpose")
        name = account.account_id
        did = name if name in self.accounts else self.handles.get(name)
        handle = next((handle for handle, owner in self.handles.items() if owner == did), "")
        return Account(account.platform, did, handle) if did else None


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE, settings.HOME = tmp_path / "evidence", tmp_path
    return make_world(Capabilities("atproto_pds", {step: Capability(True) for step in Step}, stable_id=DID_PATTERN))


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> NamedPlatform:
    named = NamedPlatform()
    for place in ("actions", "reporting"):
        monkeypatch.setattr(f"jaga.{place}.jobs.adapter_for", lambda name: named)
    monkeypatch.setattr("jaga.app.tasks.close_old_connections", lambda: None)  # the test's transaction is in it
    return named


def subject_of(case_id: int) -> str:
    return Case.objects.select_related("subject").get(pk=case_id).subject.account_id


def closed_by_two(world: World, case_id: int) -> None:
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    job.carry_out(case_id)


def test_a_reported_name_is_closed_by_its_id(world: World, platform: NamedPlatform) -> None:
    """Looked up before triage; after that a change of the name has no effect: A is closed, and B, who has it now, is
    not.
    """
    case_id = report(account=HANDLE).case_id
    run_triage(case_id)
    assert subject_of(case_id) == A
    platform.handles = {HANDLE: B, "baru.test": A}
    closed_by_two(world, case_id)
    assert platform.accounts[A].state is AccountState.CLOSED
    assert platform.accounts[B].state is AccountState.ACTIVE
    assert Verification.objects.get().result == "confirmed"


def test_an_account_with_a_number_is_closed_by_it_though_people_know_its_name(
    world: World,
    platform: NamedPlatform,
) -> None:
    """The adapter defines what a stable id is; nothing else in Jaga needs to know the platform."""
    able = Capabilities("angka", {step: Capability(True) for step in Step}, stable_id="u[0-9]{7}")
    row = Platform.objects.get(name=PLATFORM)
    register_platform(
        NewPlatform(PLATFORM, row.display_name, row.operator_id, "angka.test", able, practice=True), actor=CLI
    )
    platform.stable_id = able.stable_id
    platform.accounts["u1234567"] = FakeAccount("rahasia", sessions={"session"})
    platform.handles = {"mawar_77": "u1234567"}
    case_id = report(account="mawar_77").case_id
    run_triage(case_id)
    assert subject_of(case_id) == "u1234567"
    closed_by_two(world, case_id)
    assert platform.accounts["u1234567"].state is AccountState.CLOSED
    assert Verification.objects.get().result == "confirmed"


def test_a_silent_platform_holds_no_triage_up(world: World, platform: NamedPlatform) -> None:
    """The case enters the queue without an id; a later round looks it up, and after a long silence nobody asks any
    more.
    """
    platform.silent = True
    case_id = report(account=HANDLE).case_id
    run_triage(case_id)
    assert Case.objects.get(pk=case_id).state == CaseState.IN_REVIEW
    assert subject_of(case_id) == HANDLE
    for _ in range(20):
        assert identify.resolve_pending_handles() == 0
    failures = PlatformHealth.objects.get().failures
    assert identify.resolve_pending_handles() == 0
    assert PlatformHealth.objects.get().failures == failures  # it is left alone
    platform.silent = False
    PlatformHealth.objects.update(open_until=None)
    assert identify.resolve_pending_handles() == 1
    assert subject_of(case_id) == A
    assert identify.resolve_pending_handles() == 0


def test_whoever_has_the_name_when_the_next_report_comes_is_looked_up_anew(
    world: World,
    platform: NamedPlatform,
) -> None:
    """The new owner is not joined to the old account, even if the old case is open and waits for people."""
    first = report(account=HANDLE, source="a")
    run_triage(first.case_id)
    platform.handles = {HANDLE: B}
    second = report(account=HANDLE, source="b")
    run_triage(second.case_id)
    assert subject_of(Report.objects.get(pk=second.report_id).case_id) == B
    assert subject_of(Report.objects.get(pk=first.report_id).case_id) == A
    assert Case.objects.get(pk=first.case_id).reports_count == 1


def test_what_was_decided_on_a_name_alone_is_refused(world: World, platform: NamedPlatform) -> None:
    """As decided before names were looked up: nobody is closed, the console says who has the name now, a person ends
    the action.
    """
    case_id = report(account=A).case_id
    run_triage(case_id)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    with connection.cursor() as cursor:  # today neither the vote nor the database takes it
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE records_subject DISABLE TRIGGER USER")
        cursor.execute("UPDATE records_subject SET account_id = %s WHERE account_id = %s", [HANDLE, A])
        cursor.execute("ALTER TABLE records_subject ENABLE TRIGGER USER")
    accept_row("subject.now", Subject.objects.get(account_id=HANDLE).pk, actor=CLI)  # or the edit itself would refuse
    platform.handles = {HANDLE: B}
    job.carry_out(case_id)
    assert platform.orders == []
    action = the_action(case_id)
    assert action.state == ActionState.STUCK
    outcome = Outcome.objects.get()
    assert outcome.kind == "refused"
    assert outcome.readings == [["that name's account now", B]]
    attempts.end_stuck(action.pk, "Tidak jelas akun mana yang dinilai.", actor=world.supervisor)
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED


def test_an_adapter_that_knows_no_handles_is_not_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The method is optional."""
    monkeypatch.setattr("jaga.reporting.jobs.adapter_for", lambda name: FakePlatform())
    case_id = report(account=HANDLE).case_id
    assert identify.identify_accounts(case_id) == 0
    assert subject_of(case_id) == HANDLE


def test_the_name_of_an_account_that_was_reported_by_its_id_is_learnt(world: World, platform: NamedPlatform) -> None:
    """So a report by its name joins it."""
    case_id = report(account=f"https://bsky.app/profile/{A}").case_id
    run_triage(case_id)
    assert Subject.objects.get().handle == HANDLE
    assert report(account=HANDLE).case_id == case_id
