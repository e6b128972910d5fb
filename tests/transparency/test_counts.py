"""What the statistics count, by the verbs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.factories import elements_for

from jaga.actions.verbs import attempts, verification
from jaga.actions.verbs import verification as expiry
from jaga.appeals.verbs import appeals
from jaga.cases.models.decisions import Action, Decision
from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.platforms import AccountObservation, Capabilities, Capability, StepResult
from jaga.core.terms.cases import AccountState, DecisionKind, OutcomeKind, Step
from jaga.core.terms.people import OrganisationKind, Role
from jaga.decisions.verbs import voting
from jaga.figures.reads.measures import RestorationCounts, Temporary
from jaga.figures.verbs.figures import compute, csv
from jaga.people.models import Organisation
from jaga.people.verbs import people
from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

CATEGORY = "fraud"
START = now() - timedelta(days=3)


@pytest.fixture
def reviewers(db: None, settings: Any, tmp_path: Path) -> tuple[Actor, Actor]:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    operator = create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    steps = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform("contoh", "Contoh", operator.pk, "contoh.test", steps), actor=CLI)
    first, second = (
        people.actor_for(people.create_person(people.NewPerson(name, name, operator.pk, (Role.REVIEWER,)), actor=CLI))
        for name in ("satu", "dua")
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
        cast = voting.Ballot(kind, basis, "Meminta uang lalu hilang.", elements=elements_for(CATEGORY, kind))
        voting.cast_vote(case_id, lease.fence, cast, actor=voter)


def test_times_are_medians_and_hidden_below_three_cases(reviewers: tuple[Actor, Actor]) -> None:
    """Cases decided after one, two and nine hours have a median of two; for only two cases no median is shown."""
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
    """A closure that the platform reports is counted apart from one that Jaga's own check confirmed; a later
    contradiction is counted too.
    """
    case_id = report("akun")
    vote(case_id, DecisionKind.CLOSE, *reviewers)
    (task,) = attempts.open_tasks(case_id)
    attempts.start_attempt(task.action_id, actor=SYSTEM)
    attempts.record_step(task.action_id, Step.CLOSE, StepResult(OutcomeKind.DONE, "closed"), actor=SYSTEM)
    claimed = compute().closures
    assert (claimed.decided, claimed.claimed, claimed.confirmed) == (1, 1, 0)
    verification.record_verification(task.action_id, AccountObservation(AccountState.CLOSED, (), now()), actor=SYSTEM)
    assert compute().closures.confirmed == 1
    verification.record_verification(task.action_id, AccountObservation(AccountState.ACTIVE, (), now()), actor=SYSTEM)
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


def outcome(key: str) -> int | None:
    return {count.key: count.value for count in compute().by_outcome}[key]


def test_what_ended_without_effect_closed_nothing(reviewers: tuple[Actor, Actor]) -> None:
    """A decision counts as a closure until a supervisor ends its action, and then only as ended without effect."""
    case_id = report("akun")
    vote(case_id, DecisionKind.CLOSE, *reviewers)
    (task,) = attempts.open_tasks(case_id)
    attempts.mark_stuck(task.action_id, OutcomeKind.REFUSED, actor=SYSTEM)
    assert (outcome("close"), outcome("ended_without_effect")) == (1, 0)
    attempts.end_stuck(task.action_id, "Akun itu tidak ada lagi.", actor=supervisor())
    assert (outcome("close"), outcome("ended_without_effect")) == (0, 1)
    closures = compute().closures
    assert (closures.decided, closures.claimed, closures.confirmed, closures.ended) == (1, 0, 0, 1)


def supervisor() -> Actor:
    number = Organisation.objects.get(name="Operator Contoh").pk
    return people.actor_for(
        people.create_person(people.NewPerson("tiga", "tiga", number, (Role.SUPERVISOR,)), actor=CLI)
    )


def carried(case_id: int, state: AccountState) -> None:
    for task in attempts.open_tasks(case_id):
        attempts.start_attempt(task.action_id, actor=SYSTEM)
        verification.record_verification(task.action_id, AccountObservation(state, (), now()), actor=SYSTEM)


def test_a_temporary_restriction_is_over_before_it_is_seen_to_be_lifted(reviewers: tuple[Actor, Actor]) -> None:
    """Decided, expired and confirmed as lifted are three numbers; an account whose restriction has expired does not
    count as "open again".
    """
    with frozen(START - timedelta(days=8)):
        case_id = report("akun")
        basis = load_release().legal_bases_for(CATEGORY, START.date())[0].key
        lease = leases.take_lease(case_id, actor=reviewers[0])
        voting.cast_vote(
            case_id,
            lease.fence,
            voting.Ballot(DecisionKind.RESTRICT, basis, "Meminta uang lalu hilang.", restrict_days=7),
            actor=reviewers[0],
        )
        carried(case_id, AccountState.RESTRICTED)
        assert compute().temporary == Temporary(1, 0, 0)
    assert compute().temporary == Temporary(1, 1, 0)
    expiry.end_restriction(Decision.objects.get().pk, actor=SYSTEM)
    carried(case_id, AccountState.ACTIVE)
    figures = compute()
    assert (figures.temporary, figures.reopened) == (Temporary(1, 1, 1), 0)
    assert (figures.restrictions.decided, figures.restrictions.confirmed) == (1, 1)


def closed(reviewers: tuple[Actor, Actor], account: str) -> int:
    case_id = report(account)
    vote(case_id, DecisionKind.CLOSE, *reviewers)
    carried(case_id, AccountState.CLOSED)
    return case_id


def test_an_account_that_came_back_is_counted_once_and_stays_counted(reviewers: tuple[Actor, Actor]) -> None:
    """It stays counted even if a later check finds it closed again; only the last check decides whether the closure is
    contradicted now.
    """
    case_id = closed(reviewers, "akun")
    action = Action.objects.get(decision__case_id=case_id).pk
    assert compute().reopened == 0
    for state in (AccountState.ACTIVE, AccountState.ACTIVE, AccountState.CLOSED):
        verification.record_verification(action, AccountObservation(state, (), now()), actor=SYSTEM)
    figures = compute()
    assert (figures.reopened, figures.closures.confirmed, figures.closures.contradicted) == (1, 1, 0)


@pytest.mark.parametrize(
    ("hours", "expected"), [(47, RestorationCounts(1, 0, 0, 0, 0)), (49, RestorationCounts(0, 1, 0, 0, 0))]
)
def test_a_restoration_is_in_time_when_it_is_seen_within_48_hours(
    reviewers: tuple[Actor, Actor], hours: int, expected: RestorationCounts
) -> None:
    """The time runs from the decision on the appeal to Jaga's own check (MR5 art. 20): pending, in time or overdue."""
    with frozen(START):
        case_id = closed(reviewers, "akun")
        code = appeal_code(Decision.objects.get(case_id=case_id).pk)
        appeal = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=supervisor())
    with frozen(START + timedelta(hours=hours)):
        late = hours > 48
        assert compute().restorations == RestorationCounts(0, 0, int(not late), int(late), 0)
        carried(case_id, AccountState.ACTIVE)
    figures = compute()
    assert (figures.restorations, figures.reopened) == (expected, 0)
    assert b'"restorations","%s",1,"accounts"' % (b"late" if late else b"within") in b"".join(csv(figures))
