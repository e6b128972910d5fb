"""What the figures count, through the verbs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jaga.casework import act, decide, intake, leases, people, triage
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.platforms import AccountObservation, Capabilities, Capability, StepResult
from jaga.core.terms import AccountState, DecisionKind, OrganisationKind, OutcomeKind, Role, Step
from jaga.policy import load_release
from jaga.transparency.figures import compute

CATEGORY = "fraud"
START = now() - timedelta(days=3)


@pytest.fixture
def reviewers(db: None, settings: Any, tmp_path: Path) -> tuple[Actor, Actor]:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    operator = people.create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    steps = Capabilities("synapse", {step: Capability(True) for step in Step})
    people.register_platform(people.NewPlatform("contoh", "Contoh", operator.pk, "contoh.test", steps), actor=CLI)
    first, second = (
        people.actor_for(people.create_person(
            people.NewPerson(name, name, operator.pk, (Role.REVIEWER,)), actor=CLI)) for name in ("satu", "dua")
    )
    return first, second


def report(account: str) -> int:
    new = intake.NewReport("contoh", f"@{account}:contoh.test", CATEGORY, "network:192.0.2.0/24", text="contoh")
    filed = intake.file_report(new, actor=PUBLIC)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    return filed.case_id


def vote(case_id: int, kind: DecisionKind, *voters: Actor) -> None:
    basis = load_release().legal_bases_for(CATEGORY, START.date())[0].key
    for voter in voters:
        lease = leases.take_lease(case_id, actor=voter)
        decide.cast_vote(case_id, lease.fence, decide.Ballot(kind, basis, "Meminta uang lalu hilang."), actor=voter)


def test_times_are_medians_and_hidden_below_three_cases(reviewers: tuple[Actor, Actor]) -> None:
    """Cases decided after one, two and nine hours have a median of two; two cases would have none that is shown."""
    for number, hours in enumerate((1, 2, 9)):
        with frozen(START):
            case_id = report(f"akun{number}")
        with frozen(START + timedelta(hours=hours)):
            vote(case_id, DecisionKind.DISMISS, reviewers[0])
        shown = compute().to_decision
        assert (shown.median is None) == (number < 2)
    assert shown.median == timedelta(hours=2)
    assert shown.p90 is not None
    assert timedelta(hours=2) < shown.p90 < timedelta(hours=9)


def test_a_claimed_closure_is_not_a_confirmed_one(reviewers: tuple[Actor, Actor]) -> None:
    """The platform's answer is counted apart from our own look, and a later contradiction is seen."""
    case_id = report("akun")
    vote(case_id, DecisionKind.CLOSE, *reviewers)
    (task,) = act.open_tasks(case_id)
    act.start_attempt(task.action_id, actor=SYSTEM)
    act.record_step(task.action_id, Step.CLOSE, StepResult(OutcomeKind.DONE, "closed"), actor=SYSTEM)
    claimed = compute().closures
    assert (claimed.decided, claimed.claimed, claimed.confirmed) == (1, 1, 0)
    act.record_verification(task.action_id, AccountObservation(AccountState.CLOSED, (), now()), actor=SYSTEM)
    assert compute().closures.confirmed == 1
    act.record_verification(task.action_id, AccountObservation(AccountState.ACTIVE, (), now()), actor=SYSTEM)
    later = compute().closures
    assert (later.confirmed, later.contradicted) == (0, 1)


def test_open_overdue_and_outcomes_follow_the_cases(reviewers: tuple[Actor, Actor]) -> None:
    """A case past its deadline is overdue until it is decided; its outcome is counted once."""
    with frozen(START):
        case_id = report("akun")
        assert (compute().open, compute().overdue) == (1, 0)
    assert compute().overdue == 1
    vote(case_id, DecisionKind.DISMISS, reviewers[0])
    figures = compute()
    assert (figures.cases, figures.open, figures.overdue) == (1, 0, 0)
    assert {count.key: count.value for count in figures.by_outcome}["dismiss"] == 1
